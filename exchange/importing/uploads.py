"""A file somebody handed in: whether it is a spreadsheet at all, the first of what stands in it, and how
it is kept until it is imported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import puremagic

from documents.work import task_file
from documents.work.task import Task, TaskKind, TaskState
from exchange.importing.column_detection import Column
from exchange.importing.row_errors import ImportRefused
from exchange.importing.table import XLSX, opened
from language.words import N_
from records.declaration.record import Governed
from records.storage.temp_files import temporary_folder
from security.permissions import Action

LARGEST_UNPACKED = 512 << 20
"""A workbook is a zip: what it unpacks to must not fill the memory or the disk."""
SAMPLED = 200
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")
LONGEST_NAME = 200
TYPES = {True: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False: "text/csv"}


def enqueue(
    kind: type[Governed], store: Callable[[Path], object], name: str, title: str, now: datetime
) -> Task:
    """Keep a file sealed, with an import to be: a task that its asker has not started yet.

    `store` writes the file where it is told; `name` is what its owner calls it. Raises `ImportRefused` for
    what is no spreadsheet, and then nothing is kept.
    """
    with temporary_folder() as folder:
        path = folder / "upload"
        store(path)
        check(path, name)
        with _called(name), opened(path) as table:
            rows = sum(1 for _row in table.rows)
        arguments = {"rows": rows, "name": name}
        about, prepared = kind.collection_name(), TaskState.PREPARED
        task = Task.request(
            TaskKind.IMPORT, title, Action.IMPORT, arguments, now, about=about, state=prepared
        )
        with path.open("rb") as file:
            task.file = task_file.keep(task, file, name, TYPES[name.lower().endswith(".xlsx")])
        task.save(now=now)
    return task


@contextmanager
def taken_out(task: Task) -> Iterator[Path]:
    """The file of an import, for the time of a block. Raises `task_file.FileGone`."""
    with temporary_folder() as folder:
        path = folder / "upload"
        with path.open("wb") as file:
            file.writelines(task_file.pieces(task))
        yield path


@contextmanager
def _called(name: str) -> Iterator[None]:
    """Let what is said of a file call it as its owner does."""
    try:
        yield
    except ImportRefused as error:
        if "file" in error.fault.values:
            raise ImportRefused(error.fault.message, **{**error.fault.values, "file": name}) from error
        raise


def check(path: Path, name: str) -> None:
    """Raise `ImportRefused` for what is neither CSV nor XLSX, whatever it is called."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(XLSX):
        _check_workbook(path, name)
    elif b"\0" in start and not start.startswith(TEXT_MARKS):
        raise ImportRefused(
            N_("%(file)s is no spreadsheet (it looks like %(type)s). CSV and XLSX can be imported."),
            file=name,
            type=_looks_like(start),
        )
    elif not start.strip():
        raise ImportRefused(N_("%(file)s is empty."), file=name)


def _check_workbook(path: Path, name: str) -> None:
    try:
        with ZipFile(path) as book:
            parts = book.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise ImportRefused(N_("%(file)s is no Excel file that can be read."), file=name)
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise ImportRefused(N_("%(file)s is too large once it is unpacked."), file=name)
    except BadZipFile as error:
        raise ImportRefused(N_("%(file)s is no Excel file that can be read."), file=name) from error


def _looks_like(start: bytes) -> str:
    try:
        return str(puremagic.from_string(start)).lstrip(".") or "?"
    except puremagic.PureError:
        return "?"


def columns(path: Path) -> list[Column]:
    """The columns of a file with their first values. Raises `ImportRefused`."""
    with opened(path) as table:
        rows = [row.cells for row in islice(table.rows, SAMPLED) if row.cells]
        cells = [[row[place] for row in rows if place < len(row)] for place in range(len(table.header))]
        return [Column(name, tuple(column)) for name, column in zip(table.header, cells, strict=True)]
