"""From stored rows to the values of a sheet: words, numbers, and times on the reader's clock."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from mongoengine import BooleanField, DateTimeField, EmbeddedDocumentField, ListField

from documents.declaration.fields import EncryptedString, Reference, Sealed
from documents.declaration.record import Governed
from documents.lists import labels
from documents.privacy import keys
from documents.tickets.redaction import blacked_out

if TYPE_CHECKING:
    from documents.exporting.plan import Wording

Row = Mapping[str, Any]
Show = Callable[[Any, Row], Any]
BETWEEN = " · "


class Values:
    """Makes rows of values. Numbers stay numbers, moments become local times without a zone, and
    everything else is text; what is empty is None."""

    def __init__(self, kind: type[Governed], columns: Sequence[str], wording: "Wording", zone: str) -> None:
        self.kind, self.wording, self.zone = kind, wording, ZoneInfo(zone)
        self._names: dict[tuple[str, ObjectId], str] = {}
        self._columns = [(kind._fields[name].db_field, self._shower(kind._fields[name])) for name in columns]
        self._references = [one for name in columns if isinstance(one := kind._fields[name], Reference)]
        self._sealed = [name for name in columns if isinstance(kind._fields[name], EncryptedString)]
        self.fields = {stored: 1 for stored, _show in self._columns} | {"_id": 1}
        if kind.blacked_out_by:
            self.fields[kind.blacked_out_by] = 1

    def of(self, rows: list[Row]) -> list[list[Any]]:
        """The values of a batch; what it refers to is read in one query a collection."""
        wanted: dict[str, set[ObjectId]] = {}
        for one in self._references:
            wanted.setdefault(one.kind, set()).update(pk for row in rows if (pk := row.get(one.db_field)))
        self._names = labels.labels(wanted) if wanted else {}
        if self._sealed:
            keys.opened({Sealed(row[name]).owner for name in self._sealed for row in rows if row.get(name)})
        columns = self._columns
        return [
            [None if (value := row.get(stored)) in EMPTY else show(value, row) for stored, show in columns]
            for row in rows
        ]

    def _shower(self, one: Any) -> Show:
        if isinstance(one, EncryptedString):
            return self._opener(one)
        if isinstance(one, Reference):
            return lambda value, _row: self._names.get((one.kind, value), self.wording.erased)
        if isinstance(one, DateTimeField):
            return lambda value, _row: self._local(value)
        if isinstance(one, BooleanField):
            return lambda value, _row: self._word(value)
        words = self.wording.choices.get(one.name, {})
        if isinstance(one, ListField):
            return lambda value, _row: self._list(one, value, words)
        if words:
            return lambda value, _row: words.get(value, value)
        return lambda value, _row: self._plain(value)

    def _opener(self, one: EncryptedString) -> Show:
        collection, hidden = self.kind.collection_name(), self.kind.blacked_out_by

        def show(value: Any, row: Row) -> str:
            text = one.open(Sealed(value), row["_id"], collection)
            if text is None:
                return self.wording.erased
            return blacked_out(one.name, text, row.get(hidden) or ()) if hidden else text

        return show

    def _local(self, value: datetime) -> datetime:
        return value.astimezone(self.zone).replace(tzinfo=None)

    def _word(self, value: bool) -> str:
        return self.wording.yes if value else self.wording.no

    def _list(self, one: ListField, values: list[Any], words: Mapping[str, str]) -> str:
        between = "\n" if isinstance(one.field, EmbeddedDocumentField) else ", "
        return between.join(words.get(str(value), self._text(value)) for value in values)

    def _plain(self, value: Any) -> Any:
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
