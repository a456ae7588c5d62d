"""Taking records out: which ones, which columns, and the files they become.

What is shown is in the words of who asked, so the words travel with the plan (`Wording`): the same
plan is carried out within a request or by a job, which knows no reader.
"""

from collections.abc import Callable
from typing import IO

from documents.exporting.plan import TYPES, Form, Plan, Wording, columns_of
from documents.exporting.sheets import CsvSheet, Sheet
from documents.exporting.workbook import MOST_ROWS, XlsxSheet

__all__ = ["MOST_ROWS", "TYPES", "Form", "Plan", "Sheet", "Wording", "begin", "columns_of", "write"]


def begin(plan: Plan, file: IO[bytes]) -> Sheet:
    """Begin the file of a plan in `file`, which is open for writing and reading."""
    sheet = CsvSheet(file) if plan.form is Form.CSV else XlsxSheet(file)
    sheet.header([plan.wording.labels[name] for name in plan.columns])
    return sheet


def write(plan: Plan, file: IO[bytes], progress: Callable[[int], None] = lambda _done: None) -> int:
    """Write all of a plan into `file`; return how many records there were."""
    sheet, done = begin(plan, file), 0
    for batch in plan.batches():
        sheet.rows(batch)
        done += len(batch)
        progress(done)
    sheet.close()
    return done
