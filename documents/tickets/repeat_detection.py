"""The same trouble again: tickets of one person and one kind, soon after each other (R55, R67)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from documents.tickets.related_tickets import LinkReason, link
from documents.tickets.states import State
from records.storage.database import database, session

WITHIN = timedelta(days=30)
"""How soon after an earlier ticket was settled, or while it is open, a new one counts as the same trouble."""
MOST = 2_000
NO_TROUBLE = frozenset({State.MERGED, State.DROPPED})
"""What goes on elsewhere, or was nothing of ours, is not the same trouble again."""


def link_recurrences(tickets: Sequence[Any], now: datetime) -> list[Any]:
    """Link new tickets of one register with those before them, in memory; return the older ones that
    now know of it and are not among `tickets`. Safe to repeat."""
    ours = {ticket.pk for ticket in tickets}
    of_person: dict[Any, list[Any]] = {}
    for one in (*_before(tickets), *tickets):
        of_person.setdefault(one.user, []).append(one)
    changed: dict[Any, Any] = {}
    for ticket in tickets:
        for other in of_person[ticket.user]:
            if _is_before(other, ticket):
                link(ticket, other, LinkReason.RECURRENCE, now)
                changed[other.pk] = other
    return [one for pk, one in changed.items() if pk not in ours]


def _before(tickets: Sequence[Any]) -> list[Any]:
    """The tickets of the same persons that may lie before one of these, in one query."""
    kind = type(tickets[0])
    first = min(ticket.created_at for ticket in tickets) - WITHIN
    rows = (
        database()[kind.collection_name()]
        .find(
            {
                "user": {"$in": list({ticket.user for ticket in tickets})},
                "_id": {"$nin": [ticket.pk for ticket in tickets]},
                "$or": [{"closed_at": None}, {"closed_at": {"$gte": first}}],
            },
            session=session(),
        )
        .limit(MOST)
    )
    return [kind._from_son(row) for row in rows]


def _is_before(other: Any, ticket: Any) -> bool:
    if other.pk == ticket.pk or other.user != ticket.user or other.kind != ticket.kind:
        return False
    if {State(other.state), State(ticket.state)} & NO_TROUBLE:
        return False
    if (other.created_at, other.pk) >= (ticket.created_at, ticket.pk):
        return False
    return other.closed_at is None or other.closed_at >= ticket.created_at - WITHIN
