"""Plan a follow-up visit for every ticket that has been closed for some days (R54, R67)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.declaration.registry import governed
from documents.follow_up import AFTER, OLDEST, FollowUp
from documents.storage import writing
from documents.tickets.states import State
from documents.tickets.ticket import Ticket
from jobs.job import Part

RULE = "Closed some days ago"


def plan_follow_ups(now: datetime) -> Iterator[Part]:
    """Plan one visit for each closing by us that lies `AFTER` behind, of a person we know.

    What lived elsewhere was followed up there; what was closed longer ago than `OLDEST` is asked about
    no more. Safe to repeat: the ticket and its visit are stored together.
    """
    for kind in governed():
        if issubclass(kind, Ticket):
            closed = {
                "state": State.CLOSED.value,
                "follow_up_at": None,
                "closed_at": {"$lt": now - AFTER, "$gte": now - OLDEST},
                "user": {"$ne": None},
                "source": None,
                "anonymised_at": None,
            }
            yield Part(kind, closed, RULE, change=partial(_plan, now=now))


def _plan(tickets: list[Any], now: datetime) -> int:
    visits = [FollowUp.planned(ticket, now) for ticket in tickets]
    for ticket, visit in zip(tickets, visits, strict=True):
        ticket.follow_up_at = visit.due_at
    writing.save(*tickets, *visits, reason=RULE, now=now)
    return len(tickets)
