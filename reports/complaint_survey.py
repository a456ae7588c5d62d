"""What people say of how their complaints were dealt with, quarter by quarter, and why they complained (R70, S1§1.7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pymongo

from documents.tickets.complaint import Complaint
from documents.tickets.follow_up import FollowUp, Visit
from documents.tickets.ticket_choices import Grade
from records.storage.database import database

SECONDS = 20
QUARTERS = 8


@dataclass
class Quarter:
    """One quarter of the calendar: how many people were asked, the grades they gave, and the root causes
    of the complaints that were closed. Moments are aware, UTC; `begins` belongs to it, `ends` does not."""

    name: str
    begins: datetime
    ends: datetime
    asked: int = 0
    grades: Counter[Grade] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        return sum(self.grades.values())

    def share(self, grade: Grade) -> float | None:
        """How many of a hundred answers gave this grade; None where nobody answered."""
        return 100 * self.grades[grade] / self.answered if self.answered else None

    @property
    def score(self) -> float | None:
        """The mean of the grades, five is best."""
        return (
            sum(grade.score * n for grade, n in self.grades.items()) / self.answered
            if self.answered
            else None
        )


def complaint_survey(now: datetime, zone: ZoneInfo, count: int = QUARTERS) -> list[Quarter]:
    """Return the last quarters by the calendar of `zone`, the one of `now` first. Three aggregations."""
    found = _quarters(now, zone, count)
    since = {"$gte": found[-1].begins}
    of_complaints = {"collection": Complaint.collection_name()}
    with pymongo.timeout(SECONDS):
        for quarter, _nothing, number in _counted(
            FollowUp, "created_at", {"created_at": since, **of_complaints}, found
        ):
            quarter.asked += number
        answered = {"state": Visit.DONE.value, "done_at": since, **of_complaints, "handling": {"$ne": None}}
        for quarter, grade, number in _counted(FollowUp, "done_at", answered, found, by="handling"):
            quarter.grades[Grade(grade)] += number
        closed = {"closed_at": since, "cause": {"$ne": None}}
        for quarter, cause, number in _counted(Complaint, "closed_at", closed, found, by="cause"):
            quarter.causes[cause] += number
    return found


def _quarters(now: datetime, zone: ZoneInfo, count: int) -> list[Quarter]:
    local = now.astimezone(zone)
    latest = local.year * 4 + (local.month - 1) // 3
    return [
        Quarter(
            f"{number // 4} Q{number % 4 + 1}", _begins(number, zone, now), _begins(number + 1, zone, now)
        )
        for number in range(latest, latest - count, -1)
    ]


def _begins(number: int, zone: ZoneInfo, now: datetime) -> datetime:
    return datetime(number // 4, number % 4 * 3 + 1, 1, tzinfo=zone).astimezone(now.tzinfo)


def _counted(
    kind: Any, at: str, where: dict[str, Any], quarters: list[Quarter], by: str | None = None
) -> Iterable[tuple[Quarter, Any, int]]:
    """How many records match in each quarter by the moment `at`, and for each value of `by`."""
    branches = [
        {"case": {"$gte": [f"${at}", quarter.begins]}, "then": place}
        for place, quarter in enumerate(quarters)
    ]
    group: dict[str, Any] = {"quarter": {"$switch": {"branches": branches, "default": len(quarters)}}}
    group |= {"by": f"${by}"} if by else {}
    rows = database()[kind.collection_name()].aggregate(
        [{"$match": where}, {"$group": {"_id": group, "count": {"$sum": 1}}}]
    )
    for row in rows:
        if row["_id"]["quarter"] < len(quarters):
            yield quarters[row["_id"]["quarter"]], row["_id"].get("by"), row["count"]
