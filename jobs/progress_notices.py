"""Progress notices: whoever was promised word by a certain time gets it, or their handler is reminded (R35, R64)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.conversation.canned_reply import ready_made
from documents.conversation.message import Language, Use
from documents.deadlines.deadline_record import Due
from documents.deadlines.escalation_recipients import grown
from documents.tickets.replies import Correspondence
from documents.work.notification import Occasion, digest, notice, post
from jobs.job import Part
from records.declaration.actions import Refused
from records.declaration.registry import governed
from security.permissions import Role

RULE = "Word of progress was promised by now"


def progress_notices(now: datetime) -> Iterator[Part]:
    """Write to those to whom word of progress is due before `now`, once for each time it is promised."""
    for kind in governed():
        if issubclass(kind, Due) and issubclass(kind, Correspondence):
            due = {"closed_at": None, "progress_due_at": {"$lt": now}}
            yield Part(kind, due, RULE, change=partial(_write, now=now))


def _write(tickets: list[Any], now: datetime) -> int:
    """Send the ready-made notice; where there is none, or no address, remind the handler to call.

    Either way the next word is due anew, so that nobody is reminded every minute.
    """
    ready = ready_made(Use.PROGRESS)
    for ticket in tickets:
        language = Language.of(ticket.region)
        try:
            if ready is None:
                raise Refused(RULE)
            ticket.write(ready.filled(ticket, language), language, now, Use.PROGRESS)
        except Refused:
            _remind(ticket, now)
            ticket.progress_given(now)
            ticket.save(now=now, reason=RULE)
    return len(tickets)


def _remind(ticket: Any, now: datetime) -> None:
    """A line in the next digest of the handler, or of the supervisors where it is nobody's, so that many at
    once after a standstill are one notice."""
    key = f"progress:{ticket.collection_name()}:{ticket.pk}:{ticket.progress_due_at.isoformat()}"
    line = notice(
        key, Occasion.PROGRESS_DUE, ticket.collection_name(), ticket.pk, ticket.number, now, ()
    )  # fmt: skip
    due, role = grown(now), None if ticket.assignee else Role.SUPERVISOR.value
    whose = f"progress:{ticket.assignee or role}:{due:%Y-%m-%dT%H:%M}"
    post([digest(whose, ticket.assignee, line, now, due, to_role=role)])
