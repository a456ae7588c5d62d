"""Retention in figures: what a rule would end and when, and what went by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pymongo

from documents.erasure.tombstone import Tombstone
from documents.retention.retention_in_force import still_to_do
from documents.retention.retention_rule_label import BY_HAND, REQUESTED
from records.declaration.policy import Keep
from records.declaration.record import Governed
from records.lists.index_selection import EARLIEST, LATEST
from records.storage.database import database

SECONDS = 20
MOST_GROUPS = 5_000
MOST, FEW = 20_000, 2_000
"""Nobody counts further: what a rule would end beyond this is "more than"."""
AHEAD = timedelta(days=30)
BACK, STEPS = timedelta(days=90), 5
"""How far the first look back from a cutoff reaches, and after how many the rest is read at once."""
NEAR, WIDER = timedelta(days=1), 8
"""Where records between two rules are looked for first, and by how much further each next time."""
HELD = {"$cond": [{"$gt": ["$hold_reason", ""]}, 1, 0]}


@dataclass(frozen=True)
class Month:
    """What a rule ends in one month: `count` records, `held` of them kept by a hold of their own, or `more`
    than so many. The first of a series is what is over already."""

    begins: datetime
    ends: datetime
    count: int = 0
    held: int = 0
    more: bool = False


def what_if(
    kind: type[Governed], keep: Keep, now: datetime, zone: ZoneInfo, months: int = 12, most: int = MOST
) -> list[Month]:
    """Return how many records of `kind` a rule `keep` would end: those whose time is over at `now`, then
    month by month of the calendar in `zone`. Changes nothing.

    A record that is ended in month m counts there and nowhere else. Holds on a person are not counted
    as held: only those on the record itself. Each stretch of time is one read by index of at most `most`
    records; there are `months` of them, and a few that go back from today until nothing is left.
    """
    edges = [now, *_month_ends(now, zone, months)]
    cutoffs = [keep.cutoff(edge) for edge in edges]
    with pymongo.timeout(SECONDS):
        found = [_back(kind, keep, cutoffs[0], most)]
        found += [_stretch(kind, keep, start, end, most) for start, end in pairwise(cutoffs)]
    begins = [now, *edges]
    return [
        Month(begin, edge, min(count, most), held, count > most)
        for begin, edge, (count, held) in zip(begins, edges, found, strict=False)
    ]


def soon(kind: type[Governed], keep: Keep, now: datetime, most: int = FEW) -> tuple[Month, Month]:
    """What is over at `now`, and what will be in the next `AHEAD`: counted to `most`, in three reads."""
    until = now + AHEAD
    with pymongo.timeout(SECONDS):
        over = _back(kind, keep, keep.cutoff(now), most, steps=1)
        next_ = _stretch(kind, keep, keep.cutoff(now), keep.cutoff(until), most)
    return (
        Month(now, now, min(over[0], most), over[1], over[0] > most),
        Month(now, until, min(next_[0], most), next_[1], next_[0] > most),
    )


def between(kind: type[Governed], keep: Keep, other: Keep, now: datetime, most: int = 5) -> list[Governed]:
    """A few of the records whose time is over at `now` by one of two rules and not by the other."""
    start, end = sorted((keep.cutoff(now), other.cutoff(now)))
    width = NEAR
    with pymongo.timeout(SECONDS):
        while True:
            near = max(end - width, start)
            rows = database()[kind.collection_name()].find(_within(keep, near, end)).sort(keep.after, -1)
            found = [kind._from_son(row) for row in rows.limit(most)]
            if len(found) == most or near == start:
                return found
            width *= WIDER


def _back(kind: type[Governed], keep: Keep, end: datetime, most: int, steps: int = STEPS) -> tuple[int, int]:
    """What lies before `end`, in stretches each twice as long as the one before, up to `most` and one."""
    count = held = 0
    width = BACK
    for last in (False,) * steps + (True,):
        start = EARLIEST if last else max(end - width, EARLIEST)
        found, kept = _stretch(kind, keep, start, end, most - count)
        count, held, end, width = count + found, held + kept, start, width * 2
        if count > most or start == EARLIEST:
            break
    return count, held


def _stretch(kind: type[Governed], keep: Keep, start: datetime, end: datetime, most: int) -> tuple[int, int]:
    """How many records lie from `start` to `end`, counted to one more than `most`, and how many are held."""
    rows = database()[kind.collection_name()].aggregate(
        [
            {"$match": _within(keep, start, end)},
            {"$limit": most + 1},
            {"$group": {"_id": None, "count": {"$sum": 1}, "held": {"$sum": HELD}}},
        ]
    )
    found = next(iter(rows), None)
    return (found["count"], found["held"]) if found else (0, 0)


def _within(keep: Keep, start: datetime, end: datetime) -> dict[str, Any]:
    return {**still_to_do(keep), keep.after: {"$gte": start, "$lt": end}}


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


def went(since: datetime, until: datetime | None = None) -> list[Gone]:
    """Return what was ended since a moment, and before `until`, by register, rule and fate, the most first:
    read off the tombstones in one aggregation. Requests, and what was deleted by hand, are one rule each."""
    rule = {"$cond": [
        {"$gt": ["$request", None]}, REQUESTED,
        {"$cond": [{"$eq": [{"$substrCP": ["$rule", 0, len(BY_HAND)]}, BY_HAND]}, BY_HAND, "$rule"]},
    ]}  # fmt: skip
    month = {"$dateToString": {"date": "$created_at", "format": "%Y-%m"}}
    group = {"_id": {"kind": "$kind", "fate": "$fate", "rule": rule, "month": month}, "count": {"$sum": 1}}
    stages: Sequence[dict[str, Any]] = [
        {"$match": {"created_at": {"$gte": since, "$lt": until or LATEST}}}, {"$group": group},
        {"$limit": MOST_GROUPS},
    ]  # fmt: skip
    found: dict[tuple[str, str, str], Gone] = {}
    with pymongo.timeout(SECONDS):
        for row in database()[Tombstone.collection_name()].aggregate(stages):
            place = row["_id"]["kind"], row["_id"]["fate"], row["_id"]["rule"]
            found.setdefault(place, Gone(*place)).months[row["_id"]["month"]] = row["count"]
    return sorted(found.values(), key=lambda gone: (-gone.count, gone.kind, gone.rule))
