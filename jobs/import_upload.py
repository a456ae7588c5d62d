"""Import a file that was handed in, and take back what an import brought."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING

from documents.declaration.registry import by_collection
from documents.declaration.verbs import Refused
from documents.declaration.words import N_
from documents.importing import ImportRefused, mapping_of
from documents.importing.mapping import Mapping
from documents.importing.rows import Reading, RowReader
from documents.importing.run import fresh, save, tell_apart
from documents.importing.table import opened
from documents.importing.undo import take_back
from documents.storage.database import database
from documents.storage.passing_files import passing_folder
from documents.task import Task, problem
from documents.work import task_file
from jobs.task_worker import Turn, Worker


class ImportUpload(Worker):
    """The rows of a file, in their order; what came in is marked with the id of the task."""

    batch = 200
    read_seconds = 120

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.passing = ExitStack()
        try:
            self.mapping: Mapping = mapping_of(task.asked["mapping"])
        except ImportRefused as error:
            raise Refused(error.fault.message, **error.fault.values) from error
        self.path = self.passing.enter_context(passing_folder()) / "upload"
        with self.path.open("wb") as file:
            file.writelines(task_file.pieces(task))

    def count(self) -> int:
        return int(self.task.asked["rows"])

    def items(self) -> Iterator[Reading]:
        try:
            with opened(self.path) as table:
                reader = RowReader(self.mapping, table.header, self.task.created_at or datetime.now(UTC))
                for reading in tell_apart((reader.read(row) for row in table.rows), self.mapping):
                    if self.task.cursor is None or reading.line > self.task.cursor:
                        yield reading
        except ImportRefused as error:
            raise Refused(error.fault.message, **error.fault.values) from error

    def do(self, items: Sequence[Reading], now: datetime) -> Turn:
        good = [reading for reading in items if reading.ticket is not None]
        rejected = [reading for reading in items if reading.faults]
        new = fresh(good, self.mapping) if good else []
        for reading in new:
            reading.ticket.import_batch = self.task.pk  # type: ignore[union-attr]
        if new:
            save(new, self.mapping, now)
        problems = [
            problem(_line(reading), fault.message, **fault.values)
            for reading in rejected
            for fault in reading.faults[:1]
        ]
        counts = {"result.added": len(new), "result.unchanged": len(items) - len(rejected) - len(new)}
        return Turn(done=len(items) - len(rejected), problems=problems, counts=counts)

    def cursor_after(self, item: Reading) -> int:
        return item.line

    def problem(self, item: Reading, error: Exception) -> dict[str, Any]:
        if isinstance(error, Refused):
            return super().problem(item, error)
        return problem(_line(item), N_("It could not be stored; it may be too large."))

    def label(self, item: Reading) -> str:
        return _line(item)

    def close(self) -> None:
        self.passing.close()


def _line(reading: Reading) -> str:
    return f"#{reading.line}"


class UndoImport(Worker):
    """The records an import brought, in the order of their ids."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        kind = by_collection(task.about or "")
        if kind is None:
            raise Refused(N_("These records are no longer kept here."))
        self.kind, self.of_import = kind, task.asked["import"]

    def count(self) -> int:
        return database()[self.kind.collection_name()].count_documents({"import_batch": self.of_import})

    def items(self) -> Iterator[ObjectId]:
        after = {"_id": {"$gt": self.task.cursor}} if self.task.cursor else {}
        where = {"import_batch": self.of_import, **after}
        rows = database()[self.kind.collection_name()].find(where, {"_id": 1})
        for row in rows.sort("_id", ASCENDING):
            yield row["_id"]

    def do(self, items: Sequence[ObjectId], now: datetime) -> Turn:
        outcome = take_back(self.kind, self.of_import, items, self.task.reason or "", now)
        return Turn(outcome.done, problems=outcome.problems)
