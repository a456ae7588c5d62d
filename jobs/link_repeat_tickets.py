"""Look at each new ticket once: whether it tells of the same trouble as an earlier one of the same person
(R55, R67), and whose customer complains (R66)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.tickets.assignment import managers
from documents.tickets.complaint import Complaint
from documents.tickets.repeat_detection import WITHIN, link_recurrences
from documents.tickets.ticket import Priority, Ticket
from documents.work.notification import NotificationKind, notification, send
from jobs.job import Batch
from records.declaration.registry import registered
from records.storage import writer

RULE = "Looked for earlier tickets about the same"


def watch_recurrence(now: datetime) -> Iterator[Batch]:
    """Link each new ticket of a known person with those of the same kind before it, both ways; tell the
    account manager of whoever complains.

    Safe to repeat: a ticket is looked at once, and a link is made once.
    """
    for kind in registered():
        if issubclass(kind, Ticket):
            unseen = {
                "watched_at": None,
                "created_at": {"$gte": now - WITHIN, "$lte": now},
                "user": {"$ne": None},
                "source": None,
                "anonymised_at": None,
            }
            yield Batch(kind, unseen, RULE, change=partial(_watch, now=now))


def _watch(tickets: list[Any], now: datetime) -> int:
    others = link_recurrences(tickets, now)
    for ticket in tickets:
        ticket.watched_at = now
    writer.save(*tickets, *others, reason=RULE, now=now)
    send(list(_to_managers([one for one in tickets if isinstance(one, Complaint)], now)))
    return len(tickets)


def _to_managers(complaints: list[Complaint], now: datetime) -> Iterator[dict[str, Any]]:
    """Who manages the account hears of the complaint at once, to ask for the cause and arrange a solution."""
    found = managers(complaints)
    for one in complaints:
        if (manager := found.get(one.pk)) and manager != one.assignee:
            yield notification(
                f"customers:{one.pk}", NotificationKind.CUSTOMERS, one.collection_name(), one.pk, one.number, now,
                [manager], urgent=one.priority == Priority.URGENT,
            )  # fmt: skip
