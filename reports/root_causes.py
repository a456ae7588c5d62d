"""Why people complain, and what is done so that they no longer need to (R69)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pymongo

from documents.service.corrective_action import CorrectiveAction, MeasureState
from documents.tickets.complaint import Complaint
from records.storage.database import database

SECONDS = 20
MANY = 3
"""So many complaints of one cause are no accident: something is to be done better."""


@dataclass(frozen=True)
class CauseLine:
    """One root cause in a stretch of time: its complaints, how they went, and the measures against it."""

    cause: str
    complaints: int = 0
    came_back: int = 0
    late: int = 0
    open: int = 0
    overdue: int = 0
    done: int = 0

    @property
    def is_neglected(self) -> bool:
        """Many complaints, and nobody does anything about what lies at their root."""
        return self.complaints >= MANY and not (self.open or self.done)


def root_causes(since: datetime, now: datetime) -> list[CauseLine]:
    """Return each root cause found in complaints that came in from `since` on, the most frequent first,
    with the measures against it entered from then on. Both moments are aware, UTC. Two aggregations."""
    known = {"created_at": {"$gte": since, "$lte": now}, "cause": {"$ne": None}}
    complaints: dict[str, Any] = {
        "complaints": {"$sum": 1},
        "came_back": _counted({"$gt": ["$cycle", 1]}),
        "late": _counted({"$ne": [{"$ifNull": ["$overdue_at", None]}, None]}),
    }
    is_open = {"$eq": ["$state", MeasureState.OPEN.value]}
    measures: dict[str, Any] = {
        "open": _counted(is_open),
        "overdue": _counted({"$and": [is_open, {"$lt": ["$due_at", now]}]}),
        "done": _counted({"$eq": ["$state", MeasureState.DONE.value]}),
    }
    found: dict[str, dict[str, int]] = {}
    with pymongo.timeout(SECONDS):
        for kind, counts in ((Complaint, complaints), (CorrectiveAction, measures)):
            steps = [{"$match": known}, {"$group": {"_id": "$cause", **counts}}]
            for row in database()[kind.collection_name()].aggregate(steps):
                found.setdefault(row.pop("_id"), {}).update(row)
    lines = [CauseLine(cause, **counts) for cause, counts in found.items()]
    return sorted(lines, key=lambda line: (-line.complaints, line.cause))


def _counted(when: dict[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [when, 1, 0]}}
