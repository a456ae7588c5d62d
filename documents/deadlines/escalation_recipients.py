"""Who is told of a rung of the ladder, and when: deputies, quiet hours, and digests (R51, R56)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from bson import ObjectId

from documents.deadlines.escalation import Audience, EscalationLevel
from documents.staff.absence import deputies_for
from documents.staff.staff import Staff
from documents.work.notification import digest_notification, notification
from records.storage.database import database, session
from security.permissions import Role
from working_time.calendars import CALENDARS, Calendar
from working_time.quiet_hours import after_quiet, next_morning

MISSED_AFTER = timedelta(hours=6)
"""A rung that lies so far behind was missed while nobody ran the jobs: it is told in one digest with
all others, not with a notice of its own."""
DIGEST_WINDOW = timedelta(minutes=10)
"""How long a digest is still added to, at least, before it may be told."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFICE = CALENDARS["CN"].zone
"""Where the calendar has no place of its own."""
MOST = 200

Row = dict[str, Any]


@dataclass(frozen=True)
class RecipientLookup:
    """Everybody who may have to be told of some tickets, as they are at one moment."""

    accounts: dict[ObjectId, Row]
    supervisors: list[ObjectId]
    standing: dict[ObjectId, ObjectId | None]
    daily: frozenset[ObjectId]

    @classmethod
    def read(cls, tickets: Sequence[Any], now: datetime) -> Self:
        """In a handful of queries, however many tickets."""
        assignees = {ticket.assignee for ticket in tickets if getattr(ticket, "assignee", None)}
        accounts = {row["_id"]: row for row in _staff({"_id": {"$in": list(assignees)}})}
        supervisors = [row["_id"] for row in _staff({"roles": Role.SUPERVISOR.value, "active": True})]
        named = {
            row[name]
            for row in accounts.values()
            for name in ("deputy", "supervisor", "head")
            if row.get(name)
        }
        standing = deputies_for({*accounts, *named, *supervisors}, now)
        here = [person for person in standing.values() if person]
        daily = frozenset(row["_id"] for row in _staff({"_id": {"$in": here}, "daily_digest": True}))
        return cls(accounts, supervisors, standing, daily)

    def recipients(self, ticket: Any, rung: EscalationLevel) -> list[ObjectId]:
        """Who is told, each once: who is away is stood in for, and the supervisors for whom nobody is."""
        meant = [person for audience in rung.to for person in self._meant(ticket, audience)]
        here = [self.standing.get(person) for person in meant]
        if not all(here):
            here += [self.standing.get(person) for person in self.supervisors]
        return list(dict.fromkeys(person for person in here if person))

    def _meant(self, ticket: Any, audience: Audience) -> list[ObjectId]:
        assignee = self.accounts.get(getattr(ticket, "assignee", None) or ObjectId(), {})
        match audience:
            case Audience.ASSIGNEE:
                return [assignee["_id"]] if assignee else self.supervisors
            case Audience.DEPUTY:
                return [assignee["deputy"]] if assignee.get("deputy") else []
            case _:
                named = assignee.get(audience.value)
                return [named] if named else self.supervisors


def escalation_notifications(
    desk: RecipientLookup, ticket: Any, label: str, rung: EscalationLevel, name: str, reached: datetime, calendar: Calendar, now: datetime
) -> Iterator[Row]:  # fmt: skip
    """What goes into the outbox because `ticket` has climbed `rung`: one notice to all who are told at
    once, and a line in the digest of each who is told later. The same every time it is asked."""
    zone = OFFICE if calendar.zone == ZoneInfo("UTC") else calendar.zone
    urgent = getattr(ticket, "priority", None) == "urgent"
    people = desk.recipients(ticket, rung)
    key = f"ladder:{ticket.collection_name()}:{ticket.pk}:{name}"
    one = notification(
        key, rung.occasion, ticket.collection_name(), ticket.pk, label, now, (),
        not_before=None if urgent else after_quiet(now, zone), urgent=urgent,
    )  # fmt: skip
    if now - reached > MISSED_AFTER:
        later, kind, due = set(people), "catch-up", after_quiet(digest_closed_before(now), zone)
    else:
        later = set() if urgent else set(people) & desk.daily
        kind, due = "daily", next_morning(digest_closed_before(now), zone)
    for person in sorted(later):
        yield digest_notification(f"{kind}:{person}:{due:%Y-%m-%dT%H:%M}", person, one, now, due)
    at_once = [person for person in people if person not in later]
    if at_once or not people:
        # Nobody is there at all: then it waits for whoever is made a supervisor.
        yield {**one, "to": at_once, "to_role": None if people else Role.SUPERVISOR.value}


def digest_closed_before(now: datetime) -> datetime:
    """When a digest that is begun or added to at `now` is told: by then nothing is added to it any more."""
    return now - (now - EPOCH) % DIGEST_WINDOW + 2 * DIGEST_WINDOW


def _staff(where: Row) -> list[Row]:
    fields = dict.fromkeys(("deputy", "supervisor", "head"), 1)
    return list(database()[Staff.collection_name()].find(where, fields, session=session()).limit(MOST))
