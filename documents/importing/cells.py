"""From the text of a cell to a value: dates in the zone of the file, whole numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

EARLIEST, LATEST = 1900, 2100
"""Years between which a date is taken for one; "12/31/9999" stands for "never" in many files."""


def moment(text: str, formats: Sequence[str], zone: tzinfo) -> datetime:
    """Read a date and time written in one of `formats` or in ISO 8601; return it in UTC.

    What names no zone of its own is local time in `zone`; an hour that the clocks strike twice is
    taken as the first, one they skip as counted from the hour before. Raises `ValueError`.
    """
    local = _written(text.strip(), formats)
    if not EARLIEST <= local.year < LATEST:
        raise ValueError(text)
    return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)


def _written(text: str, formats: Sequence[str]) -> datetime:
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 — its zone is the file's, given by the caller
        except ValueError:
            continue
    return datetime.fromisoformat(text)


def whole(text: str) -> int:
    """Read a whole number, also one a spreadsheet wrote as 5.0. Raises `ValueError`."""
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)
