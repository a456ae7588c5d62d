"""From stored rows to the values of a sheet: words, numbers, and times on the reader's clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from mongoengine import BooleanField, DateTimeField, EmbeddedDocumentField, ListField

from documents.tickets.redaction import blacked_out
from records.declaration.fields import Encrypted, EncryptedStringField, ReferenceIdField
from records.declaration.record import Governed
from records.lists import reference_labels
from records.storage import keys

Row = Mapping[str, Any]
REMEMBERED = 20_000
"""So many names of each collection are remembered from one batch to the next."""
BETWEEN = " · "


@dataclass(frozen=True)
class ExportLabels:
    """The words of an export, in the language of who asked: column titles and choices by field."""

    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    yes: str
    no: str
    erased: str


class RowFormatter:
    """Makes rows of values. Numbers stay numbers, moments become local times without a zone, and
    everything else is text; what is empty is None."""

    def __init__(
        self, kind: type[Governed], columns: Sequence[str], wording: ExportLabels, zone: str
    ) -> None:
        self.kind, self.wording, self.zone = kind, wording, ZoneInfo(zone)
        self._names: dict[str, dict[ObjectId, str]] = {}
        self._keys: dict[ObjectId, bytes] = {}
        fields = [kind._fields[name] for name in columns]
        self._references = [one for one in fields if isinstance(one, ReferenceIdField)]
        self._sealed = {at: one for at, one in enumerate(fields) if isinstance(one, EncryptedStringField)}
        self._shown = {
            one.db_field: (at, self._shower(one)) for at, one in enumerate(fields) if at not in self._sealed
        }
        self._empty: list[Any] = [None] * len(fields)
        self.fields = {one.db_field: 1 for one in fields} | {"_id": 1}
        if kind.redacted_by:
            self.fields[kind.redacted_by] = 1

    def of(self, rows: Sequence[Row]) -> list[list[Any]]:
        """The values of a batch; what it refers to is read in one query a collection, and so are the keys
        of what is sealed in it."""
        self._learn_names(rows)
        sealed = (row.get(one.db_field) for one in self._sealed.values() for row in rows)
        self._keys = keys.get_keys({Encrypted(value).owner for value in sealed if value})
        return [self._cells(row) for row in rows]

    def _cells(self, row: Row) -> list[Any]:
        """One row: only what is stored in it is looked at, since most fields of most records are empty."""
        cells, shown = self._empty.copy(), self._shown
        for stored, value in row.items():
            if (column := shown.get(stored)) and (value or value not in EMPTY):
                at, show = column
                cells[at] = show(value)
        for at, one in self._sealed.items():
            if value := row.get(one.db_field):
                cells[at] = self._opened(one, value, row)
        return cells

    def _learn_names(self, rows: Sequence[Row]) -> None:
        """Read what the records of a batch refer to, but for what an earlier batch did: as many names as
        memory should hold."""
        wanted: dict[str, set[ObjectId]] = {}
        for one in self._references:
            wanted.setdefault(one.kind, set()).update(pk for row in rows if (pk := row.get(one.db_field)))
        for collection, ids in wanted.items():
            if len(self._names[collection]) > REMEMBERED:
                self._names[collection].clear()
            wanted[collection] = ids - self._names[collection].keys()
        for (collection, pk), name in reference_labels.labels(wanted).items():
            self._names[collection][pk] = name

    def _opened(self, one: EncryptedStringField, value: bytes, row: Row) -> str:
        sealed, hidden = Encrypted(value), self.kind.redacted_by
        key = self._keys.get(sealed.owner)
        if key is None:
            return self.wording.erased
        text = one.decrypt_with(key, sealed, row["_id"], self.kind.collection_name())
        return blacked_out(one.name, text, row.get(hidden) or ()) if hidden else text

    def _shower(self, one: Any) -> Callable[[Any], Any]:
        if isinstance(one, ReferenceIdField):
            names, erased = self._names.setdefault(one.kind, {}), self.wording.erased
            return lambda value: names.get(value, erased)
        if isinstance(one, DateTimeField):
            return self._local
        if isinstance(one, BooleanField):
            return self._word
        words = self.wording.choices.get(one.name, {})
        if isinstance(one, ListField):
            return lambda value: self._list(one, value, words)
        if words:
            return lambda value: words.get(value, value)
        return self._plain

    def _local(self, value: datetime) -> datetime:
        return value.astimezone(self.zone).replace(tzinfo=None)

    def _word(self, value: bool) -> str:
        return self.wording.yes if value else self.wording.no

    def _list(self, one: ListField, values: list[Any], words: Mapping[str, str]) -> str:
        between = "\n" if isinstance(one.field, EmbeddedDocumentField) else ", "
        return between.join(words.get(str(value), self._text(value)) for value in values)

    def _plain(self, value: Any) -> Any:
        if type(value) is str:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return self._local(value) if isinstance(value, datetime) else self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, dict):
            return BETWEEN.join(self._text(inner) for inner in value.values() if inner not in EMPTY)
        if isinstance(value, list):
            return ", ".join(self._text(inner) for inner in value)
        if isinstance(value, datetime):
            return self._local(value).isoformat(" ", "minutes")
        return self._word(value) if isinstance(value, bool) else str(value)


EMPTY: tuple[Any, ...] = (None, "", [], {})
