"""Sheets, written row by row and harmless in any spreadsheet: what all have, and CSV."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import TextIOWrapper
from typing import IO, Any

LIVE = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection)."""


class Sheet(ABC):
    """A file under way. Memory does not grow with it."""

    @abstractmethod
    def header(self, labels: Sequence[str]) -> None:
        """Write the titles of the columns; comes first, once."""

    @abstractmethod
    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write some rows of values, as `exchange.exporting.row_formatter` makes them."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file; it stays open, at its end."""


class CsvSheet(Sheet):
    """CSV with a byte-order mark, so that Excel reads Chinese as such, and without live formulas."""

    def __init__(self, file: IO[bytes]) -> None:
        self._text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text)

    def header(self, labels: Sequence[str]) -> None:
        self._writer.writerow([escape_formula(label) for label in labels])

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        self._writer.writerows([_in_csv(value) if value else value for value in row] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


def _in_csv(value: Any) -> Any:
    if type(value) is str:
        return escape_formula(value)
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value


def escape_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in LIVE else text
