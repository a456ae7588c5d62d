"""Tell what is to be looked at again: holds, agreements, assessments, recalls without an answer, and
whatever else declares by when somebody has to act."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from documents.privacy.data_recall import DataRecall, RecallState
from documents.privacy.third_party import ThirdParty
from documents.work.notification import NotificationKind, notification, send
from jobs.job import Batch
from records.declaration.policy import Remind
from records.declaration.registry import registered
from records.legal_hold import HoldState, LegalHold
from records.storage import writer
from security.permissions import Role

AHEAD = timedelta(days=30)
AGAIN = timedelta(days=30)
"""Who does not move the date is told again after so long."""


def remind_reviews(now: datetime) -> Iterator[Batch]:
    """Tell of each that is due at `now`: a hold's reviewer, else the compliance officers. Agreements and
    assessments are told a month ahead. Safe to repeat."""
    fresh = {"$or": [{"reminded_at": None}, {"reminded_at": {"$lte": now - AGAIN}}]}
    held = {"state": HoldState.IN_FORCE.value, "review_at": {"$lte": now}, **fresh}
    yield Batch(
        LegalHold,
        held,
        "a hold is to be reviewed",
        change=partial(_tell, NotificationKind.REVIEW_DUE, now=now),
    )
    ends = [
        {"review_at": {"$lte": now}},
        {"agreement_until": {"$lte": now + AHEAD}},
        {"next_assessment_at": {"$lte": now + AHEAD}},
    ]
    party = {"$and": [fresh, {"$or": ends}]}
    why = "an agreement or assessment ends"
    yield Batch(ThirdParty, party, why, change=partial(_tell, NotificationKind.REVIEW_DUE, now=now))
    late = {"state": {"$ne": RecallState.ACKNOWLEDGED.value}, "answer_by": {"$lt": now}, **fresh}
    yield Batch(
        DataRecall,
        late,
        "nobody has answered",
        change=partial(_tell, NotificationKind.RECALL_OVERDUE, now=now),
    )
    for kind in registered():
        if rule := kind.policy.remind:
            tell = partial(_tell, NotificationKind(rule.says), now=now, who=rule.who, role=rule.role)
            yield Batch(kind, _due(rule, now), "somebody has to act", change=tell)


def _due(rule: Remind, now: datetime) -> dict[str, Any]:
    """What its declaration has somebody reminded of at `now`."""
    fresh = {"$or": [{"reminded_at": None}, {"reminded_at": {"$lte": now - rule.again}}]}
    return {"state": rule.state, rule.at: {"$lt": now + rule.ahead}, **fresh}


def _tell(
    occasion: NotificationKind, records: list[Any], now: datetime, who: str | None = "reviewer",
    role: Role = Role.COMPLIANCE,
) -> int:  # fmt: skip
    outgoing = []
    for record in records:
        record.reminded_at = now
        reviewer = getattr(record, who, None) if who else None
        key = f"{occasion.value}:{record.collection_name()}:{record.pk}:{now:%Y-%m-%d}"
        outgoing.append(
            notification(
                key,
                occasion,
                record.collection_name(),
                record.pk,
                str(record),
                now,
                [reviewer] if reviewer else [],
                to_role=None if reviewer else role.value,
            )
        )
    send(outgoing)
    return writer.save(*records, now=now)
