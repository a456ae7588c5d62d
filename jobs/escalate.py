"""Climb the escalation ladder: tell the right people when a promised time passes, each rung once."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.deadlines import escalation
from documents.deadlines.calendar_override import Almanac
from documents.deadlines.deadline_record import Due
from documents.deadlines.escalation_recipients import Desk, notices
from documents.work.notification import post
from jobs.job import Part, label
from records.declaration.registry import governed
from records.storage import writer

RULE = "A rung of the escalation ladder is reached"


def escalate(now: datetime) -> Iterator[Part]:
    """Tell of the rungs that lie before `now`, on every open record with a promise.

    A rung and the word that it was climbed are stored together with its notices, so that a restart at
    any point tells nobody twice and leaves nobody out.
    """
    for kind in governed():
        if kind.policy.deadlines and issubclass(kind, Due):
            reached = {"closed_at": None, "next_rung_at": {"$lt": now}}
            yield Part(kind, reached, RULE, change=partial(_climb, now=now))


def _climb(tickets: list[Any], now: datetime) -> int:
    almanac, desk = Almanac.read(), Desk.read(tickets, now)
    outgoing: list[dict[str, Any]] = []
    for ticket in tickets:
        calendar = almanac.calendar(ticket.promise.calendar, ticket.promise.as_of)
        steps = escalation.climbed(ticket, calendar, now)
        ticket.rungs = [*ticket.rungs, *(name for _at, _rung, name in steps)]
        ticket.next_rung_at = escalation.next_at(ticket, calendar)
        # Of several rungs missed on one clock, the highest says all that the lower ones would.
        highest = {(rung.clock, rung.share > 0): (at, rung, name) for at, rung, name in steps}
        for at, rung, name in highest.values():
            outgoing += notices(desk, ticket, label(ticket), rung, name, at, calendar, now)
    post(outgoing)
    return writer.save(*tickets, reason=RULE, now=now)
