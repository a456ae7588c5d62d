"""The words of the timetable: a job, and the parts its work falls into."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from bson import ObjectId
from mongoengine import Document

from records.declaration.record import Governed
from records.lists.index_selection import match_stages
from records.storage.database import database, session

STRETCH = 10_000
"""How many ids are read ahead: one query finds the work of many batches."""


@dataclass(frozen=True)
class Batch:
    """A stretch of work: the records of `kind` that match `where`, and what is done to each batch.

    `change` runs inside a transaction and may run again, so it does nothing that a transaction
    cannot take back; it returns how many records it changed. What it changed must not match `where`
    any more: this is how a run that takes over knows what is left. `pick` leaves out those that
    must stay as they are for now. `rule` says in words why these records. The first batch is of `canary`
    records, where that is said: should one of them fail, no other is touched in this run.
    """

    kind: type[Governed]
    where: dict[str, Any]
    rule: str
    change: Callable[[list[Governed]], int]
    pick: Callable[[list[Governed]], list[Governed]] = list
    batch: int = 200
    canary: int | None = None

    @property
    def name(self) -> str:
        return f"{self.kind.collection_name()}: {self.rule}"

    def ids(self, after: ObjectId | None) -> list[ObjectId]:
        """The ids of what is to be done, in order, from `after` on."""
        name = self.kind.collection_name()
        asked = match_stages(name, self.where) + ([{"$match": {"_id": {"$gt": after}}}] if after else [])
        read: list[dict[str, Any]] = [{"$sort": {"_id": 1}}, {"$limit": STRETCH}, {"$project": {"_id": 1}}]
        return [row["_id"] for row in database()[name].aggregate([*asked, *read])]

    def batches(self, ids: Sequence[ObjectId], *, first: bool) -> Iterator[Sequence[ObjectId]]:
        """`ids` in batches; the first of a part is the canary's."""
        start = self.canary if first and self.canary else 0
        if start:
            yield ids[:start]
        for begin in range(start, len(ids), self.batch):
            yield ids[begin : begin + self.batch]

    def read(self, ids: Sequence[ObjectId]) -> list[Governed]:
        """Those of `ids` that are still to be done, as the transaction under way sees them. First the ids
        are asked for and then the rest: side by side, some engines look all of the rest up by another index."""
        asked = [{"$match": {"_id": {"$in": list(ids)}}}, {"$match": self.where}, {"$sort": {"_id": 1}}]
        rows = database()[self.kind.collection_name()].aggregate(asked, session=session())
        return [self.kind._from_son(row) for row in rows]


def read(kind: type[Governed], where: dict[str, Any]) -> list[Any]:
    """The records that match, as the transaction under way sees them, by id."""
    rows = database()[kind.collection_name()].find(where, session=session()).sort("_id")
    return [kind._from_son(row) for row in rows]


def label(record: Document) -> str:
    """What a record may be called in a log or a notice: never by personal data."""
    if not isinstance(record, Governed) or record.policy.label in record.personal():
        return str(record.pk)
    return str(record)


@dataclass(frozen=True)
class Job:
    """One line of the timetable. `parts` tells what is to be done at `now`, part by part: it only
    reads, and is asked for the next part when the one before is done."""

    name: str
    label: str
    about: str
    cadence: str
    trigger: CronTrigger
    parts: Callable[[datetime], Iterator[Batch]]

    def next_after(self, now: datetime) -> datetime:
        """The next slot, never `now` itself; aware UTC."""
        return self.trigger.get_next_fire_time(now, now)
