"""The stretches of a walk along a list: their bounds, and how one is read, in steps that an index answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId

from records.lists import index_selection
from records.lists.cursor import Cursor
from records.lists.index_selection import RANGE
from records.storage.database import database

Query = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Stretches:
    """The rows of a collection that have `key`, in one direction: `first` is what an index answers of what is
    asked, `rest` everything else."""

    collection: str
    query: Query
    key: str
    descending: bool
    fields: Mapping[str, int] | None
    first: dict[str, Any] = field(init=False)
    rest: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        first, rest = index_selection.split_by_index(self.collection, self.query, self.key)
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "rest", {name: value for name, value in rest.items() if name != self.key})

    def _is_beyond(self, far: datetime, near: datetime) -> bool:
        return far < near if self.descending else far > near

    def _moment(self, start: Cursor | None) -> datetime | None:
        if start is None:
            return None
        return start.id.generation_time if self.key == "_id" else start.key

    def _asked(self) -> dict[str, datetime]:
        """What the question itself asks of the key."""
        asked = self.query.get(self.key)
        if not isinstance(asked, Mapping):
            return {}
        return {name: value for name, value in asked.items() if isinstance(value, datetime)}

    def _time_of(self, row: Row) -> datetime | None:
        return row["_id"].generation_time if self.key == "_id" else row.get(self.key)

    def _place(self, start: Cursor | None, near: Any, far: Any) -> dict[str, Any]:
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
        return index_selection.from_the_earliest(
            bounds or index_selection.exists_condition(self.collection, self.key)
        )

    def _bound(self, place: Any) -> Any:
        return ObjectId.from_datetime(place) if self.key == "_id" else place

    def _bounds(self, place: dict[str, Any]) -> dict[str, Any]:
        """The bounds of a stretch together with what the question asks of the key."""
        asked = self.query.get(self.key, {})
        bounds = _both(asked, place) if isinstance(asked, Mapping) and (place or asked) else place
        return (
            index_selection.exclusive(bounds)
            if self.first and index_selection.is_time(self.collection, self.key)
            else bounds
        )

    def _read(
        self,
        place: dict[str, Any],
        start: Cursor | None,
        limit: int,
        *,
        is_last: bool = False,
        at_most: int | None = None,
    ) -> list[Row]:
        """Ask in steps, so that an index answers the first; a server that plans makes one of them. The
        last stretch has no end, so there the question's own index is the better one. `at_most` keys are
        looked at."""
        bounds = self._bounds(place)
        if at_most is not None:
            cut: list[dict[str, Any]] = [{"$sort": self._order()}, {"$limit": at_most}, {"$match": self.rest}]
            return self._run([*self._stretch(place, start), *cut, {"$limit": limit}, *self._shown()])
        key = {self.key: bounds} if bounds else {}
        steps = [self.first | key, self.rest, self._after(start)]
        own, others = (
            index_selection.split_by_index(self.collection, self.rest)
            if is_last and not self.first
            else ({}, {})
        )
        if not index_selection.is_everything(own):
            steps = [own, others | key, self._after(start)]
        return self._ask(steps, limit)

    def _ask(self, steps: list[dict[str, Any]], limit: int) -> list[Row]:
        asked: list[dict[str, Any]] = [{"$match": step} for step in steps if step]
        return self._run([*asked, {"$sort": self._order()}, {"$limit": limit}, *self._shown()])

    def _run(self, pipeline: list[dict[str, Any]]) -> list[Row]:
        return list(database()[self.collection].aggregate(pipeline))

    def _order(self) -> dict[str, int]:
        direction = -1 if self.descending else 1
        return {self.key: direction} | ({} if self.key == "_id" else {"_id": direction})

    def _shown(self) -> list[dict[str, Any]]:
        return [{"$project": dict(self.fields)}] if self.fields else []

    def _after(self, start: Cursor | None) -> dict[str, Any]:
        """Among rows with the cursor's own key, those after it."""
        toward = "$lt" if self.descending else "$gt"
        if start is None or self.key == "_id":
            return {}
        return {"$or": [{self.key: {toward: start.key}}, {"_id": {toward: start.id}}]}

    def _passed(self, place: dict[str, Any], start: Cursor | None, most: int) -> int:
        """How many keys a stretch has, counting to `most`."""
        rows = self._run([*self._stretch(place, start), {"$limit": most}, {"$count": "count"}])
        return rows[0]["count"] if rows else 0

    def _last_of(self, place: dict[str, Any], start: Cursor | None, passed: int) -> Cursor:
        """The place of the key at which a stretch was left."""
        cut: list[dict[str, Any]] = [{"$sort": self._order()}, {"$skip": passed - 1}, {"$limit": 1}]
        (row,) = self._run([*self._stretch(place, start), *cut, {"$project": {self.key: 1}}])
        return Cursor(None if self.key == "_id" else row[self.key], row["_id"])

    def _stretch(self, place: dict[str, Any], start: Cursor | None) -> list[dict[str, Any]]:
        """The stages that name the keys of a stretch, whatever else is asked."""
        bounds = self._bounds(place)
        steps = [self.first | ({self.key: bounds} if bounds else {}), self._after(start)]
        return [{"$match": step} for step in steps if step]


def _both(asked: Mapping[str, Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """One condition that says what two say."""
    merged = dict(asked)
    for operator, value in bounds.items():
        if operator not in merged:
            merged[operator] = value
        elif operator in RANGE:
            merged[operator] = (max if operator.startswith("$g") else min)(merged[operator], value)
    return merged
