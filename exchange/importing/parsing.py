"""From the text of a cell to a value: as the field declares it, dates in the zone of the file."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from mongoengine import BooleanField, DateTimeField, FloatField, IntField, LongField
from mongoengine.base import BaseField

from exchange.importing.mapping import Mapping
from language.words import N_

EARLIEST, LATEST = 1900, 2100
"""Years between which a date is taken for one; "12/31/9999" stands for "never" in many files."""
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s()./-]{5,24}(?:\s*(?:x|ext\.?|轉|转|#)\s*\d+)?")
YES = frozenset({"1", "yes", "y", "true", "x", "✓", "✔", "是", "有", "對", "对"})
NO = frozenset({"0", "no", "n", "false", "✗", "否", "無", "无", "不"})
TIME = re.compile(r" (?=%[HI])")
"""Where the time begins in a form of `strptime`."""
BETWEEN = re.compile(r"[,，;；、|\n]+")


class ParseError(Exception):
    """A text that cannot become a value; `message` has blanks for `columns` and `value`."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.message, self.text = message, text


def value(field: BaseField, text: str, mapping: Mapping) -> Any:
    """The value of a filled cell for a field that holds no reference and no list. Raises `ParseError`."""
    try:
        match field:
            case BooleanField():
                return parse_bool(text)
            case IntField() | LongField():
                return parse_int(text)
            case FloatField():
                return parse_float(text)
            case DateTimeField():
                return parse_datetime(text, mapping.dates, mapping.zone)
    except (ValueError, OverflowError):
        raise ParseError(_PROBLEMS[_sort(field)], text) from None
    identity = getattr(getattr(field, "personal", None), "identity", None)
    if identity and mapping.kind.policy.subject == "self":
        return _contact(identity, text)
    return text


def _sort(field: BaseField) -> type[BaseField]:
    return next(sort for sort in _PROBLEMS if isinstance(field, sort))


_PROBLEMS: dict[type[BaseField], str] = {
    BooleanField: N_("%(columns)s: “%(value)s” is neither yes nor no."),
    IntField: N_("%(columns)s: “%(value)s” is no whole number."),
    LongField: N_("%(columns)s: “%(value)s” is no whole number."),
    FloatField: N_("%(columns)s: “%(value)s” is no number."),
    DateTimeField: N_("%(columns)s: “%(value)s” is no date that can be read."),
}


def _contact(identity: str, text: str) -> str:
    """By what a person is found and reached has to be right; a ticket keeps what its writer gave."""
    plain = text.strip()
    if identity == "email" and not EMAIL.fullmatch(plain):
        raise ParseError(N_("%(columns)s: “%(value)s” is no e-mail address."), text)
    if identity == "phone" and not PHONE.fullmatch(plain):
        raise ParseError(N_("%(columns)s: “%(value)s” is no phone number."), text)
    return plain


def split_list(text: str) -> list[str]:
    """What a cell lists, each once: separated by commas, semicolons or lines."""
    found = [piece.strip() for piece in BETWEEN.split(text)]
    return list(dict.fromkeys(piece for piece in found if piece)) or [""]


def parse_datetime(text: str, formats: Sequence[str], zone: tzinfo) -> datetime:
    """Read a date and time written in one of `formats` or in ISO 8601; return it in UTC. A date alone is
    the beginning of its day.

    What names no zone of its own is local time in `zone`; an hour that the clocks strike twice is
    taken as the first, one they skip as counted from the hour before. Raises `ValueError`.
    """
    local = _written(text.strip(), formats)
    if not EARLIEST <= local.year < LATEST:
        raise ValueError(text)
    return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)


def _written(text: str, formats: Sequence[str]) -> datetime:
    for form in (*formats, *(TIME.split(form)[0] for form in formats)):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 — its zone is the file's, given by the caller
        except ValueError:
            continue
    return datetime.fromisoformat(text)


def parse_int(text: str) -> int:
    """Read a whole number, also one a spreadsheet wrote as 5.0. Raises `ValueError`."""
    found = float(text)
    if not found.is_integer():
        raise ValueError(text)
    return int(found)


def parse_float(text: str) -> float:
    """Read a number, also one with thousands set apart by commas. Raises `ValueError`."""
    found = float(text.replace(",", ""))
    if not math.isfinite(found):
        raise ValueError(text)
    return found


def parse_bool(text: str) -> bool:
    """Read yes or no. Raises `ValueError`."""
    plain = text.strip().casefold()
    if plain not in YES | NO:
        raise ValueError(text)
    return plain in YES
