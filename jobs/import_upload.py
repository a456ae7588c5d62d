"""Import a file that was handed in, and take back what an import brought."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from documents.work.task import Task, problem
from exchange.importing import ImportRefused, parse_mapping, undo
from exchange.importing.importer import deduplicate, fresh, save, unstored
from exchange.importing.mapping import Mapping
from exchange.importing.rows import ParsedRow, RowReader
from exchange.importing.table import opened
from exchange.importing.uploads import taken_out
from jobs.task_worker import Turn, Worker
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.registry import by_collection


class ImportUpload(Worker):
    """The rows of a file, in their order; what came in is marked with the id of the task."""

    batch = 200
    read_seconds = 120

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.passing = ExitStack()
        try:
            self.mapping: Mapping = parse_mapping(task.params["mapping"])
        except ImportRefused as error:
            raise ActionRefused(error.fault.message, **error.fault.values) from error
        self.path = self.passing.enter_context(taken_out(task))

    def count(self) -> int:
        return int(self.task.params["rows"])

    def items(self) -> Iterator[ParsedRow]:
        try:
            with opened(self.path) as table:
                reader = RowReader(self.mapping, table.header, self.task.created_at or datetime.now(UTC))
                for reading in deduplicate(reader.readings(table.rows), self.mapping):
                    if self.task.cursor is None or reading.line > self.task.cursor:
                        yield reading
        except ImportRefused as error:
            raise ActionRefused(error.fault.message, **error.fault.values) from error

    def do(self, items: Sequence[ParsedRow], now: datetime) -> Turn:
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

    def cursor_after(self, item: ParsedRow) -> int:
        return item.line

    def problem(self, item: ParsedRow, error: Exception) -> dict[str, Any]:
        if isinstance(error, ActionRefused):
            return super().problem(item, error)
        fault = unstored(error, self.mapping)
        return problem(_line(item), fault.message, **fault.values)

    def label(self, item: ParsedRow) -> str:
        return _line(item)

    def close(self) -> None:
        self.passing.close()


def _line(reading: ParsedRow) -> str:
    return f"#{reading.line}"


class UndoImport(Worker):
    """The records an import brought, in the order of their ids."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        kind = by_collection(task.about or "")
        if kind is None:
            raise ActionRefused(N_("These records are no longer kept here."))
        self.kind, self.of_import = kind, task.params["import"]

    def count(self) -> int:
        return undo.count(self.kind, self.of_import)

    def items(self) -> Iterator[ObjectId]:
        return undo.brought(self.kind, self.of_import, self.task.cursor)

    def do(self, items: Sequence[ObjectId], now: datetime) -> Turn:
        outcome = undo.take_back(self.kind, self.of_import, items, self.task.reason or "", now)
        return Turn(outcome.done, problems=outcome.problems)
