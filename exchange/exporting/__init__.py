"""Taking records out: which ones, which columns, and the files they become.

What is shown is in the words of who asked, so the words travel with the plan (`ExportLabels`): the same
plan is carried out within a request or by a job, which knows no reader.
"""

import time
from collections.abc import Callable, Iterator
from typing import IO, Any

from exchange.exporting.csv_and_xlsx import CsvSheet, Sheet
from exchange.exporting.export_spec import TYPES, ExportFormat, ExportSpec, columns_of
from exchange.exporting.row_formatter import ExportLabels
from exchange.exporting.workbook import MOST_ROWS, XlsxSheet

__all__ = [
    "MOST_ROWS",
    "TYPES",
    "ExportFormat",
    "ExportLabels",
    "ExportSpec",
    "Sheet",
    "begin",
    "columns_of",
    "write",
    "write_throttled",
]

PIECE = 50
"""So many records are written before others have their turn."""


def begin(plan: ExportSpec, file: IO[bytes]) -> Sheet:
    """Begin the file of a plan in `file`, which is open for writing and reading."""
    sheet = CsvSheet(file) if plan.form is ExportFormat.CSV else XlsxSheet(file)
    sheet.header([plan.wording.labels[name] for name in plan.columns])
    return sheet


def write(plan: ExportSpec, file: IO[bytes]) -> int:
    """Write all of a plan into `file`; return how many records there were."""
    return _written(plan, file, plan.batches(), lambda _seconds: None)


def write_throttled(plan: ExportSpec, file: IO[bytes]) -> int:
    """Write all of a plan into `file` where other people wait for the same processor: after each small
    piece of work it rests for as long as that took."""
    return _written(plan, file, plan.batches(PIECE), time.sleep)


def _written(
    plan: ExportSpec, file: IO[bytes], batches: Iterator[list[list[Any]]], rest: Callable[[float], None]
) -> int:
    sheet, done = begin(plan, file), 0
    begun = time.thread_time()
    for batch in batches:
        sheet.rows(batch)
        done += len(batch)
        rest(time.thread_time() - begun)
        begun = time.thread_time()
    sheet.close()
    return done
