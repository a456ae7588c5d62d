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
Column = Callable[[Sequence[Row]], list[Any]]
BETWEEN = " · "


class Values:
    """Makes rows of values. Numbers stay numbers, moments become local times without a zone, and
    everything else is text; what is empty is None."""

    def __init__(self, kind: type[Governed], columns: Sequence[str], wording: "Wording", zone: str) -> None:
        self.kind, self.wording, self.zone = kind, wording, ZoneInfo(zone)
        self._names: dict[tuple[str, ObjectId], str] = {}
        self._keys: dict[ObjectId, bytes] = {}
        fields = [kind._fields[name] for name in columns]
        self._columns = [self._column(one) for one in fields]
        self._references = [one for one in fields if isinstance(one, Reference)]
        self._sealed = [one for one in fields if isinstance(one, EncryptedString)]
        self.fields = {one.db_field: 1 for one in fields} | {"_id": 1}
        if kind.blacked_out_by:
            self.fields[kind.blacked_out_by] = 1

    def of(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """The values of a batch, column by column; what it refers to is read in one query a collection,
        and so are the keys of what is sealed in it."""
        wanted: dict[str, set[ObjectId]] = {}
        for one in self._references:
            wanted.setdefault(one.kind, set()).update(pk for row in rows if (pk := row.get(one.db_field)))
        self._names = labels.labels(wanted) if wanted else {}
        sealed = (row.get(one.db_field) for one in self._sealed for row in rows)
        self._keys = keys.opened({Sealed(value).owner for value in sealed if value})
        return list(zip(*(column(rows) for column in self._columns), strict=True))

    def _column(self, one: Any) -> Column:
        stored = one.db_field
        if isinstance(one, EncryptedString):
            return lambda rows: [
                self._opened(one, value, row) if (value := row.get(stored)) else None for row in rows
            ]
        show = self._shower(one)
        return lambda rows: [
            None if not (value := row.get(stored)) and value in EMPTY else show(value) for row in rows
        ]

    def _opened(self, one: EncryptedString, value: bytes, row: Row) -> str:
        sealed, hidden = Sealed(value), self.kind.blacked_out_by
        key = self._keys.get(sealed.owner)
        if key is None:
            return self.wording.erased
        text = one.open_with(key, sealed, row["_id"], self.kind.collection_name())
        return blacked_out(one.name, text, row.get(hidden) or ()) if hidden else text

    def _shower(self, one: Any) -> Callable[[Any], Any]:
        if isinstance(one, Reference):
            return lambda value: self._names.get((one.kind, value), self.wording.erased)
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
