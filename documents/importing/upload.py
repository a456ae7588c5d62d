"""A file somebody handed in: whether it is a spreadsheet at all, and the first of what stands in it."""

from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import puremagic

from documents.declaration.words import N_
from documents.importing.faults import ImportRefused
from documents.importing.guessing import Column
from documents.importing.table import XLSX, opened

LARGEST_UNPACKED = 512 << 20
"""A workbook is a zip: what it unpacks to must not fill the memory or the disk."""
SAMPLED = 200
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")


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
