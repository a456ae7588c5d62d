"""Progress notices: whoever was promised word by a certain time gets it, or their handler is reminded (R35, R64)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.conversation.canned_reply import find_for
from documents.conversation.message import MessageKind
from documents.deadlines.deadline_record import HasDeadlines
from documents.deadlines.escalation_recipients import digest_closed_before
from documents.tickets.replies import Repliable
from documents.work.notification import NotificationKind, digest_notification, notification, send
from jobs.job import Batch
from language.languages import Language
from records.declaration.actions import ActionRefused
from records.declaration.registry import registered
from security.permissions import Role

RULE = "Word of progress was promised by now"


def progress_notices(now: datetime) -> Iterator[Batch]:
    """Write to those to whom word of progress is due before `now`, once for each time it is promised."""
    for kind in registered():
        if issubclass(kind, HasDeadlines) and issubclass(kind, Repliable):
            due = {"closed_at": None, "progress_due_at": {"$lt": now}}
            yield Batch(kind, due, RULE, change=partial(_write, now=now))


def _write(tickets: list[Any], now: datetime) -> int:
    """Send the ready-made notice; where there is none, or no address, remind the handler to call.

    Either way the next word is due anew, so that nobody is reminded every minute.
    """
    ready = find_for(MessageKind.PROGRESS)
    for ticket in tickets:
        language = Language.of(ticket.region)
        try:
            if ready is None:
                raise ActionRefused(RULE)
            ticket.write(ready.rendered(ticket, language), language, now, MessageKind.PROGRESS)
        except ActionRefused:
            _remind(ticket, now)
            ticket.record_progress_update(now)
            ticket.save(now=now, reason=RULE)
    return len(tickets)


def _remind(ticket: Any, now: datetime) -> None:
    """A line in the next digest of the handler, or of the supervisors where it is nobody's, so that many at
    once after a standstill are one notice."""
    key = f"progress:{ticket.collection_name()}:{ticket.pk}:{ticket.progress_due_at.isoformat()}"
    line = notification(
        key, NotificationKind.PROGRESS_DUE, ticket.collection_name(), ticket.pk, ticket.number, now, ()
    )  # fmt: skip
    due, role = digest_closed_before(now), None if ticket.assignee else Role.SUPERVISOR.value
    whose = f"progress:{ticket.assignee or role}:{due:%Y-%m-%dT%H:%M}"
    send([digest_notification(whose, ticket.assignee, line, now, due, to_role=role)])
