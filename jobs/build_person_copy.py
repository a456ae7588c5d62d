"""Build the copy of a person's data that somebody asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any

from documents.work import task_file
from documents.work.task import Task
from exchange.person_copy import archive
from jobs.task_worker import Turn, Worker
from records.storage.database import database
from records.subject_records import kinds_with_personal_data, owned_by

ZIP = "application/zip"


class BuildCopy(Worker):
    """Writes the file beside the database, then stores it sealed; whoever takes over begins anew."""

    batch = 1
    read_seconds = 600

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.user, self.language = task.params["user"], task.params.get("language", "en")
        self.file: dict[str, Any] = {}

    def count(self) -> int:
        return sum(
            database()[kind.collection_name()].count_documents(owned_by(kind, self.user))
            for kind in kinds_with_personal_data()
        )

    def items(self) -> Iterator[int]:
        now = datetime.now(UTC)
        with TemporaryFile() as file:
            *_before, done = archive.write(self.user, file, now, self.language)
            file.seek(0)
            self.file = task_file.keep(self.task, file, f"{self.task.name}-{now:%Y%m%d}.zip", ZIP)
        yield done

    def do(self, items: Sequence[int], now: datetime) -> Turn:
        return Turn(total=items[-1])

    def finish(self, now: datetime) -> dict[str, Any]:
        return {"file": self.file}
