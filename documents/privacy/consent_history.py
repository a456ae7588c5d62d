"""What a person had consented to, at any moment: read off the events, which are only ever added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.privacy.consent import IN_FORCE, MOST, Consent, ConsentState
from records.declaration.purpose import Purpose
from records.storage.database import database, session


@dataclass(frozen=True)
class ConsentStatus:
    """The word of a person that counted at a moment: since when it stands, and until when it lasts."""

    consent: Consent
    state: ConsentState
    since: datetime
    until: datetime | None

    @property
    def holds(self) -> bool:
        return self.state in IN_FORCE


def status_at(user: ObjectId, moment: datetime) -> list[ConsentStatus]:
    """What counted at `moment` (aware) for each purpose and third party a person was asked about, in the
    order of the purposes. One query."""
    latest: dict[tuple[str, ObjectId | None], ConsentStatus] = {}
    for said in _all(_of(user, {}), moment):
        place = said.consent.purpose, said.consent.third_party
        if place not in latest or latest[place].since <= said.since:
            latest[place] = said
    order = list(Purpose)
    return sorted(latest.values(), key=lambda said: (order.index(said.consent.purpose), said.since))


def latest_decision(
    user: ObjectId, purpose: Purpose, moment: datetime, recipient: ObjectId | None = None
) -> ConsentStatus | None:
    """What the person said last about a purpose before or at `moment`; None where they were never asked.

    For sharing, a word about the `recipient` and one about all recipients count alike: the later one.
    """
    asked: dict[str, Any] = {"purpose": purpose.value, "third_party": {"$in": [None, recipient]}}
    return max(_all(_of(user, asked), moment), key=lambda said: said.since, default=None)


def consenting_users(users: Iterable[ObjectId], purpose: Purpose, moment: datetime) -> set[ObjectId]:
    """Those of `users` whose last word about a purpose, before or at `moment`, allows it. One query."""
    return {user for user, word in _last_words(users, purpose, moment).items() if word.holds}


def refusing_users(users: Iterable[ObjectId], purpose: Purpose, moment: datetime) -> set[ObjectId]:
    """Those of `users` whose last word about a purpose was no: refused, or taken back. One query."""
    no = {ConsentState.REFUSED, ConsentState.WITHDRAWN}
    return {user for user, word in _last_words(users, purpose, moment).items() if word.state in no}


def _last_words(
    users: Iterable[ObjectId], purpose: Purpose, moment: datetime
) -> dict[ObjectId, ConsentStatus]:
    people = list(users)
    wanted = {"user": {"$in": people}, "purpose": purpose.value}
    rows = (
        database()[Consent.collection_name()].find(wanted, session=session()).limit(MOST * len(people) or 1)
    )
    latest: dict[ObjectId, ConsentStatus] = {}
    for word in _all((Consent._from_son(row) for row in rows), moment):
        user = word.consent.user
        if user not in latest or latest[user].since <= word.since:
            latest[user] = word
    return latest


def status_of(consent: Consent, moment: datetime) -> ConsentStatus | None:
    """What one consent said at `moment`; None before it was asked for. At the end of its time it is over."""
    events = [event for event in consent.events if event.at <= moment]
    words = [event for event in events if event.state != ConsentState.EXPIRED]
    if not words:
        return None
    word = words[-1]
    state, until = ConsentState(word.state), word.until
    if until is None and word is _last_word(consent):
        until = consent.expires_at
    lapsed = events[-1].state == ConsentState.EXPIRED or (until is not None and until <= moment)
    if state in IN_FORCE and lapsed:
        state = ConsentState.EXPIRED
    return ConsentStatus(consent, state, word.at, until if word.state in IN_FORCE else None)


def _last_word(consent: Consent) -> object:
    return [event for event in consent.events if event.state != ConsentState.EXPIRED][-1]


def _all(consents: Iterable[Consent], moment: datetime) -> list[ConsentStatus]:
    return [word for consent in consents if (word := status_of(consent, moment))]


def _of(user: ObjectId, where: dict[str, Any]) -> list[Consent]:
    """A person's consents, the oldest first."""
    rows = database()[Consent.collection_name()].find({"user": user, **where}, session=session())
    return [Consent._from_son(row) for row in rows.sort("created_at", 1).limit(MOST)]
