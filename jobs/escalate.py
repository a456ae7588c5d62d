"""Climb the escalation ladder: tell the right people when a promised time passes, each rung once."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.deadlines import escalation
from documents.deadlines.calendar_override import CalendarOverrides
from documents.deadlines.deadline_record import HasDeadlines
from documents.deadlines.escalation_recipients import RecipientLookup, escalation_notifications
from documents.work.notification import send
from jobs.job import Batch, label
from records.declaration.registry import registered
from records.storage import writer

RULE = "A rung of the escalation ladder is reached"


def escalate(now: datetime) -> Iterator[Batch]:
    """Tell of the rungs that lie before `now`, on every open record with a promise.

    A rung and the word that it was climbed are stored together with its notices, so that a restart at
    any point tells nobody twice and leaves nobody out.
    """
    for kind in registered():
        if kind.policy.deadlines and issubclass(kind, HasDeadlines):
            reached = {"closed_at": None, "next_rung_at": {"$lt": now}}
            yield Batch(kind, reached, RULE, change=partial(_climb, now=now))


def _climb(tickets: list[Any], now: datetime) -> int:
    almanac, desk = CalendarOverrides.read(), RecipientLookup.read(tickets, now)
    outgoing: list[dict[str, Any]] = []
    for ticket in tickets:
        calendar = almanac.calendar(ticket.promise.calendar, ticket.promise.as_of)
        steps = escalation.reached_levels(ticket, calendar, now)
        ticket.rungs = [*ticket.rungs, *(name for _at, _rung, name in steps)]
        ticket.next_rung_at = escalation.next_level_at(ticket, calendar)
        # Of several rungs missed on one clock, the highest says all that the lower ones would.
        highest = {(rung.clock, rung.share > 0): (at, rung, name) for at, rung, name in steps}
        for at, rung, name in highest.values():
            outgoing += escalation_notifications(desk, ticket, label(ticket), rung, name, at, calendar, now)
    send(outgoing)
    return writer.save(*tickets, reason=RULE, now=now)
