"""Reading a list page by page, so that page 500 costs what page 1 costs, on every engine.

A page begins after the last row of the one before (its key and id, in a cursor), never after so
many rows. Large collections are read stretch by stretch (`documents.lists.windows`). Rows without the key
come last in either direction.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from cachetools import TTLCache

from documents.lists import windows
from documents.lists.windows import ALWAYS, RANGE
from documents.storage.database import database, session

SMALL = 3_000
"""Collections up to here are read in one stretch: looking for a narrower one would cost more."""
CAP = 10_000
_sizes: TTLCache[str, int] = TTLCache(maxsize=200, ttl=60)

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
        return cls(row.get(order.field) if order.field != "_id" else None, row["_id"])

    def __str__(self) -> str:
        key = {"t": self.key.isoformat()} if isinstance(self.key, datetime) else {"v": self.key}
        return base64.urlsafe_b64encode(json.dumps([key, str(self.id)]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Read what `str` wrote. Raises `BadCursor`."""
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            value = datetime.fromisoformat(key["t"]).astimezone(UTC) if "t" in key else key["v"]
            if isinstance(value, dict | list):
                raise BadCursor(text)
            return cls(value, ObjectId(pk))
        except (ValueError, TypeError, KeyError, InvalidId, RecursionError, OverflowError) as error:
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
    rows = _rows(
        collection, query, order.turned() if backwards else order, fields, size + 1,
        before if backwards else after, empty_first=backwards,
    )  # fmt: skip
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        return Page(rows[::-1], has_previous=more, has_next=before is not None)
    return Page(rows, has_previous=after is not None, has_next=more)


def _rows(
    collection: str, query: Query, order: Order, fields: Mapping[str, int] | None, limit: int,
    start: Cursor | None, *, empty_first: bool,
) -> list[Row]:  # fmt: skip
    """Read on from a cursor. `empty_first`: rows without a key come first, which is so when an order
    is read backwards."""
    keyed = _Walk(collection, query, order.field, order.descending, fields)
    if order.field in ALWAYS:
        return keyed.rows(limit, start)
    empty = _Walk(collection, {**query, order.field: None}, "_id", order.descending, fields)
    if order.field in query and not isinstance(query[order.field], Mapping):
        if query[order.field] is not None:
            return keyed.rows(limit, start)
        return empty.rows(limit, start)
    if isinstance(query.get(order.field), Mapping) and RANGE & query[order.field].keys():
        return keyed.rows(limit, start)  # whoever asks for a range of keys asks for rows that have one
    first, second = (empty, keyed) if empty_first else (keyed, empty)
    if start is not None and (start.key is None) != empty_first:
        return second.rows(limit, start)
    found = first.rows(limit, start)
    return found + (second.rows(limit - len(found), None) if len(found) < limit else [])


@dataclass(frozen=True)
class _Walk:
    """One walk along the rows that have `key`, in one direction, away from a cursor."""

    collection: str
    query: Query
    key: str
    descending: bool
    fields: Mapping[str, int] | None

    def rows(self, limit: int, start: Cursor | None) -> list[Row]:
        if not self._has_stretches(start):
            return self._read(self._place(start, None, None), start, limit, is_last=True)
        of = windows.shape(self.collection, self.query, self.key, descending=self.descending)
        found: list[Row] = []
        near: datetime | None = None
        for far in windows.ends(of, self._moment(start), self._asked(), datetime.now(UTC)):
            if far is not None and near is not None and not self._is_beyond(far, near):
                continue
            if near is not None and start is None and not found:
                windows.learn_edge(of, near)
            place = self._place(start if near is None else None, near, far)
            found += self._read(place, start, limit - len(found), is_last=far is None)
            if len(found) == limit:
                break
            near = far
        self._learn(of, found, full=len(found) == limit, start=start)
        return found

    def _has_stretches(self, start: Cursor | None) -> bool:
        """Whether the collection is large, and its key one of time, which alone can be measured out;
        of ids, only in an index that has them last, since not every engine reads the ids by range."""
        if self.key == "_id":
            measurable = bool(windows.split(self.collection, self.query, self.key)[0])
        else:
            is_moment = start is None or isinstance(start.key, datetime)
            measurable = is_moment and windows.is_time(self.collection, self.key)
        return (
            measurable
            and not windows.is_about_one_person(self.collection, self.query)
            and size_of(self.collection) > SMALL
        )

    def _is_beyond(self, far: datetime, near: datetime) -> bool:
        return far < near if self.descending else far > near

    def _moment(self, start: Cursor | None) -> datetime | None:
        if start is None:
            return None
        return start.id.generation_time if self.key == "_id" else start.key

    def _asked(self) -> dict[str, datetime]:
        """What the question itself asks of the key."""
        asked = self.query.get(self.key)
        return (
            {name: value for name, value in asked.items() if isinstance(value, datetime)}
            if isinstance(asked, Mapping)
            else {}
        )

    def _learn(self, of: windows.Shape, found: list[Row], *, full: bool, start: Cursor | None) -> None:
        first, last = (self._time_of(found[i]) if found else None for i in (0, -1))
        if start is None:
            windows.learn(of, first if full else None, last if full else None)
        elif full and first and last:
            windows.learn_width(of, first, last)

    def _time_of(self, row: Row) -> datetime | None:
        return row["_id"].generation_time if self.key == "_id" else row.get(self.key)

    def _place(self, start: Cursor | None, near: datetime | None, far: datetime | None) -> dict[str, Any]:
        """The bounds of one stretch: from the cursor, or past `near`, up to and with `far`."""
        toward, away = ("$lt", "$gte") if self.descending else ("$gt", "$lte")
        bounds: dict[str, Any] = {}
        if start is not None:
            bounds = {toward: start.id} if self.key == "_id" else {f"{toward}e": start.key}
        elif near is not None:
            bounds = {toward: self._bound(near)}
        if far is not None:
            bounds[away] = self._bound(far)
        if self.key == "_id":
            return bounds
        return windows.from_the_earliest(bounds or windows.present(self.collection, self.key))

    def _bound(self, moment: datetime) -> Any:
        return ObjectId.from_datetime(moment) if self.key == "_id" else moment

    def _read(self, bounds: dict[str, Any], start: Cursor | None, limit: int, *, is_last: bool) -> list[Row]:
        """Ask in steps, so that an index answers the first; a server that plans makes one of them. The
        last stretch has no end, so there the question's own index is the better one."""
        after = self._after(start, bounds)
        asked = self.query.get(self.key, {})
        if isinstance(asked, Mapping) and (bounds or asked):
            bounds = _both(asked, bounds)
        first, rest = windows.split(self.collection, self.query, self.key)
        rest = {name: value for name, value in rest.items() if name != self.key}
        key = {self.key: bounds} if bounds else {}
        steps = [first | key, rest, after]
        own, others = windows.split(self.collection, rest) if is_last and not first else ({}, {})
        if not windows.is_everything(own):
            steps = [own, others | key, after]
        direction = -1 if self.descending else 1
        order = {self.key: direction} | ({} if self.key == "_id" else {"_id": direction})
        pipeline: list[dict[str, Any]] = [{"$match": step} for step in steps if step]
        pipeline += [{"$sort": order}, {"$limit": limit}]
        if self.fields:
            pipeline.append({"$project": dict(self.fields)})
        return list(database()[self.collection].aggregate(pipeline))

    def _after(self, start: Cursor | None, bounds: dict[str, Any]) -> dict[str, Any]:
        """Among rows with the cursor's own key, those after it."""
        toward = "$lt" if self.descending else "$gt"
        if start is None or self.key == "_id" or f"{toward}e" not in bounds:
            return {}
        return {"$or": [{self.key: {toward: start.key}}, {"_id": {toward: start.id}}]}


def _both(asked: Mapping[str, Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """One condition that says what two say."""
    merged = dict(asked)
    for operator, value in bounds.items():
        if operator not in merged:
            merged[operator] = value
        elif operator in RANGE:
            merged[operator] = (max if operator.startswith("$g") else min)(merged[operator], value)
    return merged


def size_of(collection: str) -> int:
    """About how many records there are; asked at most once a minute."""
    known = _sizes.get(collection)
    if known is None:
        known = _sizes[collection] = database()[collection].estimated_document_count()
    return known


def forget_sizes() -> None:
    """Ask anew how large collections are."""
    _sizes.clear()


def count(collection: str, query: Query) -> tuple[int, bool]:
    """How many records match, and whether it is at least so many: counting stops at `CAP`."""
    if not query:
        return database()[collection].estimated_document_count(), False
    number = tally(collection, query, most=CAP + 1)
    return (CAP, True) if number > CAP else (number, False)


def tally(collection: str, query: Query, most: int | None = None) -> int:
    """How many records match, counting to `most`, by the index that answers best."""
    steps = windows.steps(collection, query) + ([{"$limit": most}] if most else [])
    found = list(database()[collection].aggregate([*steps, {"$count": "count"}], session=session()))
    return found[0]["count"] if found else 0
