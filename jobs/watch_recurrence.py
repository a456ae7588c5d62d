"""Look whether a new ticket tells of the same trouble as an earlier one of the same person (R55, R67)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.declaration.registry import governed
from documents.storage import writing
from documents.tickets.recurrence import WITHIN, link_recurrences
from documents.tickets.ticket import Ticket
from jobs.job import Part

RULE = "Looked for earlier tickets about the same"


def watch_recurrence(now: datetime) -> Iterator[Part]:
    """Link each new ticket of a known person with those of the same kind before it, both ways.

    Safe to repeat: a ticket is looked at once, and a link is made once.
    """
    for kind in governed():
        if issubclass(kind, Ticket):
            unseen = {
                "watched_at": None,
                "created_at": {"$gte": now - WITHIN, "$lte": now},
                "user": {"$ne": None},
                "source": None,
                "anonymised_at": None,
            }
            yield Part(kind, unseen, RULE, change=partial(_watch, now=now))


def _watch(tickets: list[Any], now: datetime) -> int:
    others = link_recurrences(tickets, now)
    for ticket in tickets:
        ticket.watched_at = now
    writing.save(*tickets, *others, reason=RULE, now=now)
    return len(tickets)
