"""Import a file that was handed in, and take back what an import brought."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from documents.work.task import Task, problem
from exchange.importing import ImportRefused, mapping_of, undo
from exchange.importing.importer import fresh, save, tell_apart, unstored
from exchange.importing.mapping import Mapping
from exchange.importing.rows import Reading, RowReader
from exchange.importing.table import opened
from exchange.importing.uploads import taken_out
from jobs.task_worker import Turn, Worker
from language.words import N_
from records.declaration.actions import Refused
from records.declaration.registry import by_collection


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
        self.path = self.passing.enter_context(taken_out(task))

    def count(self) -> int:
        return int(self.task.asked["rows"])

    def items(self) -> Iterator[Reading]:
        try:
            with opened(self.path) as table:
                reader = RowReader(self.mapping, table.header, self.task.created_at or datetime.now(UTC))
                for reading in tell_apart(reader.readings(table.rows), self.mapping):
                    if self.task.cursor is None or reading.line > self.task.cursor:
                        yield reading
        except ImportRefused as error:
            raise Refused(error.fault.message, **error.fault.values) from error

    def do(self, items: Sequence[Reading], now: datetime) -> Turn:
        good = [reading for reading in items if reading.record is not None]
        rejected = [reading for reading in items if reading.faults]
        new = fresh(good, self.mapping) if good else []
        for reading in new:
            reading.record.import_batch = self.task.pk  # type: ignore[union-attr]
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
        fault = unstored(error, self.mapping)
        return problem(_line(item), fault.message, **fault.values)

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
        return undo.count(self.kind, self.of_import)

    def items(self) -> Iterator[ObjectId]:
        return undo.brought(self.kind, self.of_import, self.task.cursor)

    def do(self, items: Sequence[ObjectId], now: datetime) -> Turn:
        outcome = undo.take_back(self.kind, self.of_import, items, self.task.reason or "", now)
        return Turn(outcome.done, problems=outcome.problems)
