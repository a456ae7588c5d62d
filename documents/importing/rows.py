"""From a row of a foreign file to a ticket of ours, or to everything that is wrong with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mongoengine import IntField, ValidationError

from documents.declaration.fields import Moment
from documents.declaration.words import N_
from documents.importing.cells import moment, whole
from documents.importing.faults import Fault, ImportRefused, listed, shortened
from documents.importing.life import Contradiction, settle
from documents.importing.mapping import STATE_SINCE, Mapping, Rule
from documents.importing.table import Row
from documents.tickets.ticket import Ticket


@dataclass(frozen=True)
class Reading:
    """What became of a row: a ticket not stored yet, or faults; remarks tell what was left out.

    `key` is its number there, if it has one, and `content` all that is read of it, to compare by;
    `imprints` is what it may be known by if it came in before, under each search key there was.
    """

    line: int
    ticket: Ticket | None
    key: str = ""
    content: str = ""
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Fault, ...] = ()
    imprints: tuple[int, ...] = ()


class RowReader:
    """Reads the rows of one file as its mapping says; the document itself checks every value.

    Raises `ImportRefused` at once for a file that lacks a column.
    """

    def __init__(self, mapping: Mapping, header: Sequence[str], now: datetime) -> None:
        self.mapping, self.now = mapping, now
        self.rules = {rule.field: rule for rule in mapping.rules}
        self.places = _places(mapping, header)
        self.unread = tuple(
            name for place, name in enumerate(header) if name and place not in self.places.values()
        )

    def read(self, row: Row) -> Reading:
        """Return the ticket of a row. Nothing is stored."""
        if row.fault:
            return Reading(row.line, None, faults=(row.fault,))
        values, faults = self._values(row)
        key = self._cell(row, self.mapping.key).strip() if self.mapping.key else ""
        content = json.dumps([row.cells[place] for place in self.places.values()], ensure_ascii=False)
        remarks: tuple[Fault, ...] = ()
        ticket = None
        if not faults:
            try:
                remarks = settle(values, self.rules, self.now)
                ticket = self._ticket(values, key)
                ticket.validate()
            except Contradiction as contradiction:
                faults = [contradiction.fault]
            except ValidationError as error:
                faults = [self._misfit(name, values.get(name)) for name in error.errors]
        return Reading(row.line, None if faults else ticket, key, content, tuple(faults), remarks)

    def _ticket(self, values: dict[str, Any], key: str) -> Ticket:
        given = {name: value for name, value in values.items() if value is not None}
        return self.mapping.kind(source=self.mapping.source, source_key=key or None, **given)

    def _values(self, row: Row) -> tuple[dict[str, Any], list[Fault]]:
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for rule in self.mapping.rules:
            field = self.mapping.kind._fields.get(rule.field)
            try:
                values[rule.field] = self._value(rule, field, row)
            except _Wrong as wrong:
                shown = "…" if getattr(field, "personal", None) else shortened(wrong.text)
                faults.append(Fault(wrong.message, {"columns": listed(rule.columns), "value": shown}))
        return values, faults

    def _value(self, rule: Rule, field: Any, row: Row) -> Any:
        """The value of one field, or None. Raises `_Wrong`."""
        text = self._text(rule, row, verbatim=getattr(field, "multiline", False))
        if not text:
            return None
        if isinstance(field, IntField):
            try:
                return whole(text)
            except (ValueError, OverflowError):
                raise _Wrong(N_("%(columns)s: “%(value)s” is no whole number."), text) from None
        if isinstance(field, Moment) or rule.field == STATE_SINCE:
            try:
                return moment(text, self.mapping.dates, self.mapping.zone)
            except (ValueError, OverflowError):
                raise _Wrong(N_("%(columns)s: “%(value)s” is no date that can be read."), text) from None
        return text

    def _text(self, rule: Rule, row: Row, *, verbatim: bool) -> str:
        if not rule.columns:
            return rule.value or ""
        cells = [cell for column in rule.columns if (cell := self._cell(row, column))]
        text = "".join(cells) if len(rule.columns) == 1 else _joined(cells, rule.between)
        plain = text.strip()
        if rule.values is None and rule.otherwise is None:
            return text if verbatim else plain
        meaning = (rule.values or {}).get(plain.casefold(), rule.otherwise)
        if meaning is None and plain:
            raise _Wrong(N_("%(columns)s: the mapping does not say what “%(value)s” means."), plain)
        return meaning or ""

    def _cell(self, row: Row, column: str) -> str:
        """A cell's text; "" for what stands for nothing."""
        text = row.cells[self.places[column]]
        return "" if not text.strip() or text.strip().casefold() in self.mapping.empty else text

    def _misfit(self, name: str, value: Any) -> Fault:
        """Say why the document does not take a value; a personal one is never quoted."""
        field = self.mapping.kind._fields[name]
        facts: dict[str, Any] = {
            "columns": listed(self.rules[name].columns if name in self.rules else [name])
        }
        if value is None:
            return Fault(N_("%(columns)s: nothing stands there, and it is needed."), facts)
        limit = getattr(field, "max_length", None)
        if limit and isinstance(value, str) and len(value) > limit:
            message = N_("%(columns)s: the text has %(length)s characters, and no more than %(limit)s fit.")
            return Fault(message, facts | {"length": len(value), "limit": limit})
        shown = "…" if getattr(field, "personal", None) else shortened(str(value))
        return Fault(N_("%(columns)s: “%(value)s” does not fit."), facts | {"value": shown})


class _Wrong(Exception):
    """A text that cannot become a value."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.message, self.text = message, text


def _joined(cells: Sequence[str], between: str) -> str:
    """Several cells as one text; what two of them say alike is said once."""
    different: dict[str, str] = {}
    for cell in cells:
        different.setdefault(cell.strip().casefold(), cell.strip())
    return between.join(different.values())


def _places(mapping: Mapping, header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; upper and lower case and spaces make no difference."""
    names = [_plain(name) for name in header]
    wanted = {column: _plain(column) for column in mapping.columns}
    if missing := [column for column, plain in wanted.items() if plain not in names]:
        raise ImportRefused(N_("The file lacks these columns: %(columns)s."), columns=listed(missing))
    if twice := [column for column, plain in wanted.items() if names.count(plain) > 1]:
        raise ImportRefused(
            N_("The file has these columns more than once: %(columns)s."), columns=listed(twice)
        )
    return {column: names.index(plain) for column, plain in wanted.items()}


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
