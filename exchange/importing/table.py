"""Reading a spreadsheet file, CSV or XLSX, row by row: all cells are text, every row knows its line."""

import csv
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from io import StringIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from exchange.importing.encoding import encoding_of, is_broken
from exchange.importing.row_errors import ImportRefused, RowError
from language.words import N_

DELIMITERS = ",;\t"
SAMPLE = 1 << 13
LARGEST_CELL = 16 << 20
"""Characters. No record can hold more, and a quotation mark left open must not swallow the memory."""
UNREADABLE = (BadZipFile, ParseError, KeyError, ValueError, IndexError, OSError, zlib.error)
"""What openpyxl raises for a damaged file."""
XLSX, XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

OVERFULL = RowError(N_("One of its cells has over 16 MB; perhaps a quotation mark is not closed."))

csv.field_size_limit(LARGEST_CELL)  # one limit a process; the module's own is 128 kB


@dataclass(frozen=True)
class Row:
    """One row: the line of the file on which it starts, as many cells as the header, or what is wrong."""

    line: int
    cells: tuple[str, ...] = ()
    fault: RowError | None = None


@dataclass(frozen=True)
class Table:
    """An open file: its header, its rows as they are read, and how far it is read, of how much."""

    header: tuple[str, ...]
    rows: Iterator[Row]
    progress: Callable[[], tuple[int, int]]


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open a spreadsheet. Raises `ImportRefused` for what is none, and `OSError`.

    Reads as it goes, so memory does not grow with the file; of XLSX the first sheet counts.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start == XLS:
        raise ImportRefused(
            N_("%(file)s is an old or locked Excel file; save it as .xlsx without a password, or as CSV."),
            file=path.name,
        )
    with _xlsx(path) if start == XLSX else _csv(path) as (records, progress):
        header = next(filter(None, (_named(cells) for _line, cells in records)), ())
        if not header:
            raise ImportRefused(N_("%(file)s is empty: it has not even a header."), file=path.name)
        yield Table(header, _rows(records, len(header)), progress)


Records = Iterator[tuple[int, Sequence[str] | RowError]]
Opened = Iterator[tuple[Records, Callable[[], tuple[int, int]]]]


def _named(cells: Sequence[str] | RowError) -> tuple[str, ...]:
    """The names of the columns; empty cells after the last one are no columns."""
    names = [] if isinstance(cells, RowError) else [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _rows(records: Records, width: int) -> Iterator[Row]:
    for line, cells in records:
        if isinstance(cells, RowError):
            yield Row(line, fault=cells)
        elif any(not cell.isspace() for cell in cells if cell):
            yield Row(line, tuple(cells[:width]), _damage(cells, width))


def _damage(cells: Sequence[str], width: int) -> RowError | None:
    filled = len(cells)
    while filled > width and not cells[filled - 1].strip():
        filled -= 1
    if filled != width:
        message = N_("It has %(cells)s cells where the header has %(width)s.")
        if any("\n" in cell or "\r" in cell for cell in cells):
            message = N_(
                "It has %(cells)s cells where the header has %(width)s; perhaps a quotation mark is not closed."
            )
        return RowError(message, {"cells": filled, "width": width})
    if any(is_broken(cell) for cell in cells if not cell.isascii()):
        return RowError(N_("It has bytes that are no text in UTF-8, GB18030 or Big5."))
    return None


# -- CSV ---------------------------------------------------------------------------------------


@contextmanager
def _csv(path: Path) -> Opened:
    encoding, errors = encoding_of(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        text = TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
        sample = text.read(SAMPLE)
        lines = chain(StringIO(sample + text.readline(), newline=""), text)
        yield _csv_records(lines, _delimiter(sample)), lambda: (file.tell(), size)


def _delimiter(sample: str) -> str:
    """The delimiter that cuts the first record into the most names; a torn one keeps its quotes."""

    def names(delimiter: str) -> int:
        reader = csv.reader(StringIO(sample.lstrip("\r\n"), newline=""), delimiter=delimiter)
        return sum('"' not in name for name in next(reader, []))

    return max(DELIMITERS, key=names)


def _csv_records(lines: Iterable[str], delimiter: str) -> Records:
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=delimiter)
    while True:
        start = reader.line_num + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield start, OVERFULL


# -- XLSX --------------------------------------------------------------------------------------


@contextmanager
def _xlsx(path: Path) -> Opened:
    from openpyxl import load_workbook

    file = path.open("rb")  # by its content, whatever the file is called
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except UNREADABLE as error:
        file.close()
        raise ImportRefused(N_("%(file)s is no Excel file that can be read."), file=path.name) from error
    height = sheet.max_row or 0
    sheet.reset_dimensions()  # some programs write wrong ones, and rows would be missing
    line = 0

    def records() -> Records:
        nonlocal line
        width = 0
        try:
            for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = [_text(value) for value in values]
                width = width or len(_named(cells))
                yield line, cells + [""] * (width - len(cells))  # Excel leaves out empty cells at the end
        except UNREADABLE:
            yield line + 1, RowError(N_("The file is damaged from here on."))

    try:
        yield records(), lambda: (min(line, height), height)
    finally:
        book.close()
        file.close()


def _text(value: Any) -> str:
    """A cell as it would stand in a CSV file: dates as ISO 8601, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\0", "")
