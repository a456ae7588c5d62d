"""Flag what has passed its promised time, once, and tell those who have to act."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from documents.work.notification import NotificationKind, notification, send
from jobs.job import Batch, label
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage import writer
from security.permissions import Role

REASON = "Past its due time"


def flag_overdue(now: datetime) -> Iterator[Batch]:
    """Flag the open records of every kind with deadlines whose stored due time lies before `now`.

    What is due exactly now is not overdue. Safe to repeat: a flagged record is not found again.
    """
    for kind in registered():
        if kind.policy.deadlines:
            late = {"closed_at": None, "overdue_at": None, "due_at": {"$lt": now}}
            yield Batch(kind, late, REASON, change=partial(_flag, now=now))


def _flag(records: list[Governed], now: datetime) -> int:
    for record in records:
        record.overdue_at = now
    # Where the ladder watches over a promise, it tells more people, and each once (jobs/escalate.py).
    send([_notice(record, now) for record in records if not getattr(record, "promise", None)])
    return writer.save(*records, reason=REASON, now=now)


def _notice(record: Governed, now: datetime) -> dict:
    collection = record.collection_name()
    assignee = getattr(record, "assignee", None)
    return notification(
        key=f"overdue:{collection}:{record.pk}",
        occasion=NotificationKind.OVERDUE,
        collection=collection,
        record=record.pk,
        label=label(record),
        now=now,
        to=[assignee] if assignee else [],
        to_role=Role.SUPERVISOR.value,
    )
