"""Note consents whose time is over, and tell whom to ask for a renewal before it is (R17)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from documents.people.user import User
from documents.privacy.consent import IN_FORCE, Consent
from documents.work.notification import NotificationKind, notification, send
from jobs.job import Batch
from records.lists import reference_labels
from records.storage import writer
from records.storage.database import database, session
from security.permissions import Role

AHEAD = timedelta(days=30)
"""How long before the end a renewal is thought of."""


def expire_consents(now: datetime) -> Iterator[Batch]:
    """First what has lapsed at `now`, then what lapses within a month: the account manager is told once
    for each time the consent was given, the supervisors where a person has none. Safe to repeat."""
    in_force = {"state": {"$in": [state.value for state in IN_FORCE]}}
    over = {**in_force, "expires_at": {"$lte": now}}
    yield Batch(Consent, over, "their time is over", change=partial(_expire, now=now))
    soon = {**in_force, "expires_at": {"$gt": now, "$lte": now + AHEAD}, "reminded_at": None}
    yield Batch(Consent, soon, "they lapse within a month", change=partial(_remind, now=now))


def _expire(consents: list[Any], now: datetime) -> int:
    for consent in consents:
        consent.expire(now)
    return writer.save(*consents, reason="lapsed", now=now)


def _remind(consents: list[Any], now: datetime) -> int:
    people = {consent.user for consent in consents}
    rows = database()[User.collection_name()].find(
        {"_id": {"$in": list(people)}}, {"account_manager": 1}, session=session()
    )
    managers = {row["_id"]: row.get("account_manager") for row in rows}
    numbers = reference_labels.labels({User.collection_name(): people})
    outgoing = []
    for consent in consents:
        consent.reminded_at = now
        manager = managers.get(consent.user)
        number = numbers.get((User.collection_name(), consent.user), str(consent.user))
        outgoing.append(
            notification(
                f"consent-expiring:{consent.pk}:{consent.expires_at:%Y-%m-%dT%H:%M}",
                NotificationKind.CONSENT_EXPIRING,
                Consent.collection_name(),
                consent.pk,
                f"{number}, {consent.purpose}",
                now,
                [manager] if manager else [],
                to_role=None if manager else Role.SUPERVISOR.value,
            )
        )
    send(outgoing)
    return writer.save(*consents, now=now)
