"""Excel workbooks, written row by row."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Any

from xlsxwriter import Workbook

from exchange.exporting.csv_and_xlsx import Sheet
from records.storage.temp_files import temporary_folder

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
"""Characters that fit into a cell of Excel."""
WIDEST, NARROWEST, TIME_WIDTH = 40, 10, 18


class XlsxSheet(Sheet):
    """A workbook of one sheet: dates are dates, numbers numbers, and all text is text."""

    def __init__(self, file: IO[bytes]) -> None:
        self._passing = ExitStack()
        folder = self._passing.enter_context(temporary_folder())
        options = {
            "constant_memory": True,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = Workbook(file, options)
        self._sheet = self._book.add_worksheet()
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._title = self._book.add_format({"bold": True, "bottom": 1})
        self._row = 0

    def header(self, labels: Sequence[str]) -> None:
        for place, label in enumerate(labels):
            width = min(max(_breadth(label) + 2, TIME_WIDTH if place else NARROWEST), WIDEST)
            self._sheet.set_column(place, place, width)
            self._sheet.write_string(0, place, label, self._title)
        self._sheet.freeze_panes(1, 1)
        self._sheet.autofilter(0, 0, 0, max(len(labels) - 1, 0))

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        write, time = self._sheet, self._time
        for row in rows:
            self._row += 1
            for place, value in enumerate(row):
                if value is None:
                    continue
                if type(value) is str:
                    write.write_string(self._row, place, _fitting(value))
                elif isinstance(value, datetime):
                    write.write_datetime(self._row, place, value, time)
                else:
                    write.write_number(self._row, place, value)

    def close(self) -> None:
        self._book.close()
        self._passing.close()


def _breadth(label: str) -> int:
    """How broad a label is, in digits: Chinese characters take two."""
    return sum(1 if character.isascii() else 2 for character in label)


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
