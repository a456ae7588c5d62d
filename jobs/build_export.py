"""Build the file of an export that is too large to wait for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any

from documents.work import task_file
from documents.work.task import Task
from exchange import exporting
from exchange.exporting import ExportSpec
from jobs.task_worker import Turn, Worker

AT_A_TURN = 2_000


class BuildExport(Worker):
    """Writes a file beside the database, then stores it sealed. What a killed process had written is
    gone with it, and its successor begins anew: nobody has seen anything of it yet."""

    batch = 1
    read_seconds = 600

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.plan = ExportSpec.read(task.params)
        self.file: dict[str, Any] = {}

    def count(self) -> int:
        return self.plan.selection.count()

    def items(self) -> Iterator[int]:
        """How many records are written, every so often; once all are, the file is stored."""
        done = told = 0
        with TemporaryFile() as file:
            sheet = exporting.begin(self.plan, file)
            for rows in self.plan.batches():
                sheet.rows(rows)
                done += len(rows)
                if done - told >= AT_A_TURN:
                    told = done
                    yield done
            sheet.close()
            file.seek(0)
            self.file = task_file.keep(self.task, file, self._name(), exporting.TYPES[self.plan.form])
        yield done

    def _name(self) -> str:
        stamp = (self.task.created_at or datetime.now(UTC)).strftime("%Y%m%d-%H%M")
        return f"{self.plan.selection.kind.collection_name()}-{stamp}.{self.plan.form.value}"

    def do(self, items: Sequence[int], now: datetime) -> Turn:
        return Turn(total=items[-1])

    def finish(self, now: datetime) -> dict[str, Any]:
        return {"file": self.file}
