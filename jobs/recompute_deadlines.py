"""Promise open tickets anew, by the rules and calendars as they are when this was asked for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.deadlines.deadline_record import HasDeadlines
from documents.work.task import Task
from jobs.job import read
from jobs.task_worker import Turn, Worker
from records.declaration.record import Governed
from records.declaration.registry import by_collection, registered
from records.storage import writer
from records.storage.database import database

OPEN = {"closed_at": None, "promise": {"$ne": None}}
"""A closed ticket keeps what it was promised, and one from another register what was promised there."""
Item = tuple[str, ObjectId]


class RecomputeDeadlines(Worker):
    """Every open ticket of every register with deadlines, register by register, by id."""

    batch = 200

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.as_of: datetime = task.params["as_of"]

    def count(self) -> int:
        return sum(database()[kind.collection_name()].count_documents(OPEN) for kind in _registers())

    def items(self) -> Iterator[Item]:
        begun, after = self.task.cursor or ("", None)
        for kind in _registers():
            name = kind.collection_name()
            if name < begun:
                continue
            where: dict[str, Any] = OPEN | ({"_id": {"$gt": after}} if name == begun else {})
            for row in database()[name].find(where, {"_id": 1}).sort("_id"):
                yield name, row["_id"]

    def do(self, items: Sequence[Item], now: datetime) -> Turn:
        done = 0
        for kind in _registers():
            ids = [pk for name, pk in items if name == kind.collection_name()]
            tickets = read(kind, {**OPEN, "_id": {"$in": ids}}) if ids else []
            kind.make_promises(tickets, self.as_of)
            writer.save(*tickets, reason=self.task.reason or "", now=now)
            done += len(tickets)
        return Turn(done=done)

    def cursor_after(self, item: Item) -> list[Any]:
        return list(item)

    def label(self, item: Item) -> str:
        name, pk = item
        kind = by_collection(name)
        record: Governed | None = kind.objects(pk=pk).first() if kind else None
        return str(record or pk)


def _registers() -> list[type[HasDeadlines]]:
    """The registers with deadlines, in the order of their names, which a cursor relies on."""
    kinds = [kind for kind in registered() if kind.policy.deadlines and issubclass(kind, HasDeadlines)]
    return sorted(kinds, key=lambda kind: kind.collection_name())
