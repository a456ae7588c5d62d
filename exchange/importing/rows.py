"""From a row of a foreign file to a record of ours, or to everything that is wrong with it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from mongoengine import ListField, ValidationError
from mongoengine.base import BaseField

from documents.tickets.ticket import Ticket
from exchange.importing import parsing
from exchange.importing.importable import importable
from exchange.importing.imported_history import InconsistentHistory, reconcile
from exchange.importing.mapping import Mapping, Rule
from exchange.importing.parsing import ParseError
from exchange.importing.references import ReferenceResolver, is_of_a_person, referred
from exchange.importing.row_errors import ImportRefused, RowError, listed, shortened
from exchange.importing.table import Row
from language.words import N_
from records.declaration.record import Governed

LOOKED_UP = 200
"""Rows whose references are looked up at once."""


@dataclass(frozen=True)
class ParsedRow:
    """What became of a row: a record not stored yet, or faults; remarks tell what was left out.

    `key` is its number there, if it has one, and `content` all that is read of it, to compare by;
    `imprints` is what it may be known by if it came in before, under each search key there was.
    """

    line: int
    record: Governed | None
    key: str = ""
    content: str = ""
    faults: tuple[RowError, ...] = ()
    remarks: tuple[RowError, ...] = ()
    imprints: tuple[int, ...] = ()


class RowReader:
    """Reads the rows of one file as its mapping says; the document itself checks every value.

    Raises `ImportRefused` at once for a file that lacks a column.
    """

    def __init__(self, mapping: Mapping, header: Sequence[str], now: datetime) -> None:
        self.mapping, self.now = mapping, now
        self.rules = {rule.field: rule for rule in mapping.rules}
        self.fields = importable(mapping.kind)
        self.places = _places(mapping, header)
        self.unread = tuple(
            name for place, name in enumerate(header) if name and place not in self.places.values()
        )
        self.called = ReferenceResolver()

    def readings(self, rows: Iterable[Row]) -> Iterator[ParsedRow]:
        """Read rows in their order, looking up what they refer to some hundred rows at a time."""
        references = [rule for rule in self.mapping.rules if referred(self.fields[rule.field])]
        if not references:
            yield from map(self._reading, rows)
            return
        left = iter(rows)
        while batch := list(islice(left, LOOKED_UP)):
            self._look_up(references, batch)
            yield from map(self._reading, batch)

    def read(self, row: Row) -> ParsedRow:
        """Return the record of one row. Nothing is stored."""
        return next(self.readings([row]))

    def _look_up(self, references: list[Rule], rows: list[Row]) -> None:
        wanted: dict[str, set[str]] = {}
        for rule in references:
            reference = referred(self.fields[rule.field])
            texts = wanted.setdefault(reference.kind, set()) if reference else set()
            texts.update(text for row in rows if not row.fault for text in self._texts(rule, row))
        self.called.look_up(wanted)

    def _reading(self, row: Row) -> ParsedRow:
        if row.fault:
            return ParsedRow(row.line, None, faults=(row.fault,))
        values, faults = self._values(row)
        key = self._cell(row, self.mapping.key).strip() if self.mapping.key else ""
        content = json.dumps([row.cells[place] for place in self.places.values()], ensure_ascii=False)
        remarks: tuple[RowError, ...] = ()
        record = None
        if not faults:
            try:
                if issubclass(self.mapping.kind, Ticket):
                    remarks = reconcile(values, self.rules, self.now)
                record = self._record(values, key)
                faults = self._check(record, values)
            except InconsistentHistory as contradiction:
                faults = [contradiction.fault]
        return ParsedRow(row.line, None if faults else record, key, content, tuple(faults), remarks)

    def _record(self, values: dict[str, Any], key: str) -> Governed:
        record = self.mapping.kind()
        record.set_import_source(self.mapping.source, key)
        for name, value in values.items():
            if value is not None:
                setattr(record, name, value)
        return record

    def _check(self, record: Governed, values: dict[str, Any]) -> list[RowError]:
        """What the document itself says is wrong; what it completes when it is stored is no fault yet."""
        try:
            record.validate()
        except ValidationError as error:
            known = [
                name
                for name in error.errors
                if name in self.rules or getattr(self.mapping.kind._fields.get(name), "required", False)
            ]
            return [self.misfit(name, values.get(name)) for name in known]
        return []

    def _values(self, row: Row) -> tuple[dict[str, Any], list[RowError]]:
        values: dict[str, Any] = {}
        faults: list[RowError] = []
        for rule in self.mapping.rules:
            field = self.fields[rule.field]
            try:
                found = [self._value(rule, field, text) for text in self._texts(rule, row)]
            except ParseError as wrong:
                shown = "…" if _is_private(field) else shortened(wrong.text)
                faults.append(RowError(wrong.message, {"columns": listed(rule.columns), "value": shown}))
            else:
                several = [value for value in found if value is not None]
                values[rule.field] = (several or None) if isinstance(field, ListField) else found[0]
        return values, faults

    def _value(self, rule: Rule, field: BaseField, text: str) -> Any:
        """The value of a field, or of one entry of a list, or None. Raises `ParseError`."""
        text = self._meant(rule, text, verbatim=getattr(field, "multiline", False))
        if not text:
            return None
        if reference := referred(field):
            return self.called.one(reference, text)
        return parsing.value(field.field if isinstance(field, ListField) else field, text, self.mapping)

    def _texts(self, rule: Rule, row: Row) -> list[str]:
        """What stands in the cells of a field: one text; of a list, each of its entries."""
        text = rule.value or ""
        if rule.columns:
            given = [cell for column in rule.columns if (cell := self._cell(row, column))]
            text = "".join(given) if len(rule.columns) == 1 else _joined(given, rule.between)
        return parsing.split_list(text) if isinstance(self.fields[rule.field], ListField) else [text]

    def _meant(self, rule: Rule, text: str, *, verbatim: bool) -> str:
        """What a text there means here."""
        plain = text.strip()
        if not rule.columns or (rule.values is None and rule.otherwise is None):
            return text if verbatim or not rule.columns else plain
        meaning = (rule.values or {}).get(plain.casefold(), rule.otherwise)
        if meaning is None and plain:
            raise ParseError(N_("%(columns)s: the mapping does not say what “%(value)s” means."), plain)
        return meaning or ""

    def _cell(self, row: Row, column: str) -> str:
        """A cell's text; "" for what stands for nothing."""
        text = row.cells[self.places[column]]
        return "" if not text.strip() or text.strip().casefold() in self.mapping.empty else text

    def misfit(self, name: str, value: Any) -> RowError:
        """Say why the document does not take a value; a personal one is never quoted."""
        field = self.mapping.kind._fields[name]
        facts: dict[str, Any] = {
            "columns": listed(self.rules[name].columns if name in self.rules else [name])
        }
        if value is None:
            return RowError(N_("%(columns)s: nothing stands there, and it is needed."), facts)
        limit = getattr(field, "max_length", None)
        if limit and isinstance(value, str) and len(value) > limit:
            message = N_("%(columns)s: the text has %(length)s characters, and no more than %(limit)s fit.")
            return RowError(message, facts | {"length": len(value), "limit": limit})
        said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        shown = "…" if _is_private(field) else shortened(said)
        return RowError(N_("%(columns)s: “%(value)s” does not fit."), facts | {"value": shown})


def _is_private(field: BaseField) -> bool:
    """Whether what stands there says something of a person, so that no sentence quotes it."""
    reference = referred(field)
    return bool(getattr(field, "personal", None)) or bool(reference and is_of_a_person(reference))


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
