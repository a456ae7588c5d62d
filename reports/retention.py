"""Retention in figures: what a rule would end and when, and what went by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pymongo

from documents.declaration.policy import Keep
from documents.declaration.record import Governed
from documents.privacy.retention import still_to_do
from documents.storage.database import database
from documents.tombstone import Tombstone

SECONDS = 20
MOST_GROUPS = 5_000
HELD = {"$cond": [{"$gt": ["$hold_reason", ""]}, 1, 0]}
BY_HAND = "deleted by hand"
REQUESTED = "deletion request"


@dataclass(frozen=True)
class Month:
    """What a rule ends in one month: `count` records, `held` of them kept by a hold of their own.
    The first of a series is what is over already."""

    begins: datetime
    ends: datetime
    count: int = 0
    held: int = 0


def what_if(kind: type[Governed], keep: Keep, now: datetime, zone: ZoneInfo, months: int = 12) -> list[Month]:
    """Return how many records of `kind` a rule `keep` would end: those whose time is over at `now`, then
    month by month of the calendar in `zone`. One aggregation; changes nothing.

    A record that is ended in month m counts there and nowhere else. Holds on a person are not counted
    as held: only those on the record itself.
    """
    edges = [now, *_month_ends(now, zone, months)]
    cutoffs = [keep.cutoff(edge) for edge in edges]
    after = f"${keep.after}"
    branches = [{"case": {"$lt": [after, cutoff]}, "then": number} for number, cutoff in enumerate(cutoffs)]
    with pymongo.timeout(SECONDS):
        rows = database()[kind.collection_name()].aggregate(
            [
                {"$match": {keep.after: {"$lt": cutoffs[-1]}, **still_to_do(keep)}},
                {"$group": {
                    "_id": {"$switch": {"branches": branches, "default": len(cutoffs)}},
                    "count": {"$sum": 1}, "held": {"$sum": HELD},
                }},
            ]
        )  # fmt: skip
        found = {row["_id"]: row for row in rows}
    begins = [now, *edges]
    return [
        Month(begins[number], edge, found[number]["count"], found[number]["held"])
        if number in found
        else Month(begins[number], edge)
        for number, edge in enumerate(edges)
    ]


def _month_ends(now: datetime, zone: ZoneInfo, months: int) -> list[datetime]:
    """The first moments of the months after the one of `now`."""
    local = now.astimezone(zone)
    first = local.year * 12 + local.month
    return [
        datetime(number // 12, number % 12 + 1, 1, tzinfo=zone).astimezone(now.tzinfo)
        for number in range(first, first + months)
    ]


@dataclass
class Gone:
    """What went of one register by one rule: by month (year and month in UTC), and together."""

    kind: str
    fate: str
    rule: str
    months: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.months.values())


def went(since: datetime) -> list[Gone]:
    """Return what was ended since a moment, by register and rule, the most first: read off the
    tombstones in one aggregation. Requests, and what was deleted by hand, are one rule each."""
    rule = {"$cond": [
        {"$gt": ["$request", None]}, REQUESTED,
        {"$cond": [{"$eq": [{"$substrCP": ["$rule", 0, len(BY_HAND)]}, BY_HAND]}, BY_HAND, "$rule"]},
    ]}  # fmt: skip
    month = {"$dateToString": {"date": "$created_at", "format": "%Y-%m"}}
    group = {"_id": {"kind": "$kind", "fate": "$fate", "rule": rule, "month": month}, "count": {"$sum": 1}}
    stages: Sequence[dict[str, Any]] = [
        {"$match": {"created_at": {"$gte": since}}}, {"$group": group}, {"$limit": MOST_GROUPS},
    ]  # fmt: skip
    found: dict[tuple[str, str, str], Gone] = {}
    with pymongo.timeout(SECONDS):
        for row in database()[Tombstone.collection_name()].aggregate(stages):
            place = row["_id"]["kind"], row["_id"]["fate"], row["_id"]["rule"]
            found.setdefault(place, Gone(*place)).months[row["_id"]["month"]] = row["count"]
    return sorted(found.values(), key=lambda gone: (-gone.count, gone.kind, gone.rule))
