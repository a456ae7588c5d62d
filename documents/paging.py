"""Reading a list page by page, so that page 500 costs what page 1 costs, on every engine.

A page begins after the last row of the one before (its key and id, in a cursor), never after so
many rows. Some engines read every match before they sort and cut, so on a large collection only a
*window* of keys next to the cursor is asked for, as wide as the last pages needed, and wider until
the page is full. Rows without the key come last in either direction.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from cachetools import TTLCache

from documents.database import database

SMALL = 3_000
"""Collections up to here are read without a window: it would cost more than it saves."""
ALWAYS = frozenset({"_id", "created_at", "updated_at"})
"""Keys that every record has, so that nobody looks for records without them."""
WIDER = 8
START = timedelta(days=1)
_sizes: TTLCache[str, int] = TTLCache(maxsize=200, ttl=60)
_widths: TTLCache[tuple[Any, ...], timedelta] = TTLCache(maxsize=2_000, ttl=3600)

Query = Mapping[str, Any]
Row = dict[str, Any]


class BadCursor(ValueError):
    """A cursor that this program did not make."""


@dataclass(frozen=True)
class Order:
    """What a list is sorted by; equal keys by id, in the same direction."""

    field: str
    descending: bool

    @classmethod
    def of(cls, text: str) -> "Order":
        return cls(text.lstrip("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field

    def turned(self) -> "Order":
        return Order(self.field, not self.descending)


@dataclass(frozen=True)
class Cursor:
    """The place of one row in an order: its key and its id."""

    key: Any
    id: ObjectId

    @classmethod
    def at(cls, row: Row, order: Order) -> "Cursor":
        return cls(row.get(order.field), row["_id"])

    def __str__(self) -> str:
        key = {"t": self.key.isoformat()} if isinstance(self.key, datetime) else {"v": self.key}
        return base64.urlsafe_b64encode(json.dumps([key, str(self.id)]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Read what `str` wrote. Raises `BadCursor`."""
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            value = datetime.fromisoformat(key["t"]) if "t" in key else key["v"]
            if isinstance(value, dict | list) or (isinstance(value, datetime) and value.tzinfo is None):
                raise BadCursor(text)
            return cls(value, ObjectId(pk))
        except (ValueError, TypeError, KeyError, InvalidId, RecursionError) as error:
            raise BadCursor(text) from error


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and whether there are more on either side."""

    rows: list[Row]
    has_previous: bool
    has_next: bool


def page(
    collection: str,
    query: Query,
    order: Order,
    *,
    size: int,
    fields: Mapping[str, int] | None = None,
    after: Cursor | None = None,
    before: Cursor | None = None,
    last: bool = False,
) -> Page:
    """Read one page: the first, the one `after` or `before` a row, or the last."""
    backwards = last or before is not None
    read = _Reading(collection, query, order.turned() if backwards else order, fields, backwards)
    rows = read.rows(size + 1, before if backwards else after)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        return Page(rows[::-1], has_previous=more, has_next=before is not None)
    return Page(rows, has_previous=after is not None, has_next=more)


@dataclass
class _Reading:
    """One walk along an order, away from a cursor. `empty_first`: rows without a key come first,
    which is so when an order is read backwards."""

    collection: str
    query: Query
    order: Order
    fields: Mapping[str, int] | None
    empty_first: bool

    def rows(self, limit: int, start: Cursor | None) -> list[Row]:
        if self.order.field == "_id":
            return self._find(self._beside_id(start), limit)
        if self.order.field in ALWAYS:
            return self._keyed(limit, start)
        keyed = start is None or start.key is not None
        if self.empty_first:
            found = [] if start is not None and keyed else self._empty(limit, start)
            start = start if keyed else None
            return found + (self._keyed(limit - len(found), start) if len(found) < limit else [])
        found = self._keyed(limit, start) if keyed else []
        if len(found) < limit:
            found += self._empty(limit - len(found), None if keyed else start)
        return found

    def _empty(self, limit: int, start: Cursor | None) -> list[Row]:
        return self._find({self.order.field: None} | self._beside_id(start), limit)

    def _keyed(self, limit: int, start: Cursor | None) -> list[Row]:
        if size_of(self.collection) <= SMALL or not self._is_time(start):
            return self._find(self._beside(start), limit)
        return self._through_window(limit, start)

    def _is_time(self, start: Cursor | None) -> bool:
        return self.order.field.endswith("_at") and (start is None or isinstance(start.key, datetime))

    def _through_window(self, limit: int, start: Cursor | None) -> list[Row]:
        """Ask for the nearest stretch of keys first, then for a wider one, then for all."""
        learned = (self.collection, str(self.order), start is None, *sorted(self.query))
        edge: datetime | None = start.key if start else _edges.get(learned)
        width = _widths.get(learned, START)
        for attempt in (width, width * WIDER):
            if edge is None:
                break
            found = self._find(self._beside(start, self._far(edge, attempt)), limit)
            if len(found) == limit:
                self._learn(learned, start, found)
                return found
        found = self._find(self._beside(start), limit)
        if len(found) == limit:
            self._learn(learned, start, found)
        return found

    def _learn(self, learned: tuple[Any, ...], start: Cursor | None, found: list[Row]) -> None:
        near = start.key if start else found[0][self.order.field]
        if start is None:
            _edges[learned] = near
        _widths[learned] = abs(found[-1][self.order.field] - near) * 1.5 + timedelta(seconds=1)

    def _far(self, edge: datetime, width: timedelta) -> datetime:
        try:
            return edge - width if self.order.descending else edge + width
        except OverflowError:
            return (
                datetime.min.replace(tzinfo=UTC)
                if self.order.descending
                else datetime.max.replace(tzinfo=UTC)
            )

    def _beside(self, start: Cursor | None, far: datetime | None = None) -> dict[str, Any]:
        field, toward, away = (
            self.order.field,
            *(("$lt", "$gte") if self.order.descending else ("$gt", "$lte")),
        )
        if start is None:
            if far is not None:
                return {field: {away: far}}
            return {} if field in ALWAYS else {field: {"$ne": None}}
        bounds: dict[str, Any] = {f"{toward}e": start.key}
        if far is not None:
            bounds[away] = far
        return {field: bounds, "$or": [{field: {toward: start.key}}, {"_id": {toward: start.id}}]}

    def _beside_id(self, start: Cursor | None) -> dict[str, Any]:
        return {"_id": {"$lt" if self.order.descending else "$gt": start.id}} if start else {}

    def _find(self, place: dict[str, Any], limit: int) -> list[Row]:
        parts = [dict(part) for part in (self.query, place) if part]
        meets = len(parts) == 2 and parts[0].keys() & parts[1].keys()
        query = {"$and": parts} if meets else {k: v for part in parts for k, v in part.items()}
        direction = -1 if self.order.descending else 1
        keys = [(self.order.field, direction)] if self.order.field != "_id" else []
        cursor = database()[self.collection].find(query, self.fields).sort([*keys, ("_id", direction)])
        return list(cursor.limit(limit))


_edges: TTLCache[tuple[Any, ...], Any] = TTLCache(maxsize=2_000, ttl=3600)


def size_of(collection: str) -> int:
    """About how many records there are; asked at most once a minute."""
    known = _sizes.get(collection)
    if known is None:
        known = _sizes[collection] = database()[collection].estimated_document_count()
    return known


CAP = 10_000


def count(collection: str, query: Query) -> tuple[int, bool]:
    """How many records match, and whether it is at least so many: counting stops at `CAP`."""
    found = (
        database()[collection].count_documents(dict(query), limit=CAP + 1)
        if query
        else database()[collection].estimated_document_count()
    )
    return (found, False) if found <= CAP or not query else (CAP, True)
