"""One walk along the rows of a list that have its key: stretch by stretch, away from a cursor.

Where an index answers all that is asked, each key passed is a row of the list. Where it does not, a walk
passes many keys for one row; so it stops after `MAX_KEYS_SCANNED` of them and says how far it came, and whoever asks
goes on from there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from records.lists import index_selection, number_ranges
from records.lists.counts import count_up_to, estimated_count
from records.lists.cursor import Cursor
from records.lists.index_selection import ALWAYS, RANGE
from records.lists.ranges import Query, Row, Stretches

SMALL_COLLECTION = 3_000
"""Collections up to here are read in one stretch: looking for a narrower one would cost more."""
MAX_KEYS_SCANNED = 20_000
"""Keys that one walk passes at most, where an index answers only a part of what is asked."""
MIN_REMAINING_FRACTION = 10
"""What is left of the reach below one in so many is not worth another stretch."""
SAMPLE = 20
OUTERMOST = {True: ObjectId("0" * 24), False: ObjectId("f" * 24)}
"""The id after which nothing follows at one key, going down and going up."""

ScanResult = tuple[list[Row], Cursor | None]
"""Rows, and how far the walk came where it stopped short."""


class RangeScan(Stretches):
    """The rows that have `key`, in one direction."""

    def rows(self, limit: int, start: Cursor | None) -> ScanResult:
        """The next rows, at most `limit`, from the cursor `start` on."""
        if self._is_short():
            return self._read(self._place(start, None, None), start, limit, is_last=True), None
        if self.rest and index_selection.is_single_subject(self.collection, self.query):
            return self._look_at_once(limit, start)
        if index_selection.is_unique(self.collection, self.key) and (number := self._number(start)):
            return self._count_along(number, limit, start)
        if self.rest:
            return self._look_for(limit, start)
        if not self._is_measurable(start):
            return self._read(self._place(start, None, None), start, limit, is_last=True), None
        return self._follow(limit, start), None

    def _is_short(self) -> bool:
        if estimated_count(self.collection) <= SMALL_COLLECTION:
            return True
        return not self.rest and index_selection.is_single_subject(self.collection, self.query)

    def _is_measurable(self, start: Cursor | None) -> bool:
        """Whether the key is one of time, which alone can be measured out; of ids, only in an index that
        has them last, since not every engine reads the ids by range."""
        if self.key == "_id":
            return bool(self.first)
        return (start is None or isinstance(start.key, datetime)) and index_selection.is_time(
            self.collection, self.key
        )

    # -- Where each key is a row -------------------------------------------------------------------

    def _follow(self, limit: int, start: Cursor | None) -> list[Row]:
        of = index_selection.query_shape(self.collection, self.query, self.key, descending=self.descending)
        found: list[Row] = []
        near: datetime | None = None
        for far in index_selection.ends(of, self._moment(start), self._asked(), datetime.now(UTC)):
            if far is not None and near is not None and not self._is_beyond(far, near):
                continue
            if near is not None and start is None and not found:
                index_selection.learn_edge(of, near)
            here = start if near is None else None
            place = self._place(here, near, far)
            found += self._read(place, here, limit - len(found), is_last=far is None)
            if len(found) == limit:
                break
            near = far
        self._learn(of, found, full=len(found) == limit, start=start)
        return found

    def _learn(
        self, of: index_selection.QueryShape, found: list[Row], *, full: bool, start: Cursor | None
    ) -> None:
        first, last = (self._time_of(found[i]) if found else None for i in (0, -1))
        if start is None:
            index_selection.remember(of, first if full else None, last if full else None)
        elif full and first and last:
            index_selection.learn_width(of, first, last)

    # -- Where a row is to be looked for -----------------------------------------------------------

    def _look_for(self, limit: int, start: Cursor | None) -> ScanResult:
        """Pass no more than `MAX_KEYS_SCANNED` keys, in stretches as wide as what was passed before tells."""
        if not self._is_measurable(start):
            return self._look_at_once(limit, start)
        of = index_selection.query_shape(self.collection, self.query, self.key, descending=self.descending)
        edge = self._moment(start) or self._edge(of)
        if edge is None:
            return [], None
        end = index_selection.end(self.key, self._asked(), descending=self.descending)
        found: list[Row] = []
        begin, near, width, left = edge, None, index_selection.width(of), MAX_KEYS_SCANNED
        while True:
            far = index_selection.next_bound(edge, width, self.key, descending=self.descending)
            is_last = not self._is_beyond(end, far)
            here = start if near is None else None
            place = self._place(here, near, None if is_last else far)
            found += self._read(place, here, limit - len(found), at_most=left)
            if len(found) == limit:
                self._learn(of, found, full=True, start=start)
                return found, None
            if near is None and (others := self._by_its_own_index(start, limit)) is not None:
                self._learn(of, others, full=len(others) == limit, start=start)
                return others, None
            passed = self._passed(place, here, left + 1)
            if passed > left:
                return found, self._last_of(place, here, left)
            if is_last or left - passed < max(MAX_KEYS_SCANNED // MIN_REMAINING_FRACTION, 1):
                index_selection.learn_width(of, begin, far)
                return found, None if is_last else self._at(far)
            left -= passed
            near = edge = far
            width = index_selection.wider(width, left / passed if passed else index_selection.GROWTH)

    def _at(self, far: datetime) -> Cursor:
        """The place just past all rows of a moment."""
        return (
            Cursor(None, self._bound(far)) if self.key == "_id" else Cursor(far, OUTERMOST[self.descending])
        )

    def _look_at_once(self, limit: int, start: Cursor | None) -> ScanResult:
        place = self._place(start, None, None)
        found = self._read(place, start, limit, at_most=MAX_KEYS_SCANNED)
        if len(found) == limit or self._passed(place, start, MAX_KEYS_SCANNED + 1) <= MAX_KEYS_SCANNED:
            return found, None
        return found, self._last_of(place, start, MAX_KEYS_SCANNED)

    def _edge(self, of: index_selection.QueryShape) -> datetime | None:
        """Where the rows that the index names begin, as far as anybody knows; else it is looked up."""
        known = index_selection.start_hint(of, self._asked(), datetime.now(UTC))
        if known is not None:
            return known
        along = RangeScan(
            self.collection, {**self.first, **self._only_key()}, self.key, self.descending, {self.key: 1}
        )
        rows, _reached = along.rows(SAMPLE, None)
        return self._time_of(rows[0]) if rows else None

    def _only_key(self) -> dict[str, Any]:
        return {self.key: self.query[self.key]} if self.key in self.query else {}

    def _by_its_own_index(self, start: Cursor | None, limit: int) -> list[Row] | None:
        """All at once by another index than the order's, where that leaves less than the reach."""
        asked = {name: value for name, value in self.query.items() if name != self.key}
        own, others = index_selection.split_by_index(self.collection, asked)
        if index_selection.is_everything(own) or own == self.first:
            return None
        if count_up_to(self.collection, own, most=MAX_KEYS_SCANNED + 1) > MAX_KEYS_SCANNED:
            return None
        whole = self._bounds(self._place(start, None, None))
        return self._ask([own, others | ({self.key: whole} if whole else {}), self._after(start)], limit)

    # -- Along numbers -----------------------------------------------------------------------------

    def _number(self, start: Cursor | None) -> str | None:
        """The number to count from: the cursor's, or else one of the newest, or oldest, records."""
        if start is not None:
            return start.key if number_ranges.is_number(start.key) else None
        along = RangeScan(self.collection, {}, "created_at", self.descending, {self.key: 1})
        found = [row.get(self.key) for row in along.rows(SAMPLE, None)[0]]
        known = [number for number in found if isinstance(number, str) and number_ranges.is_number(number)]
        return (max if self.descending else min)(known, default=None)

    def _count_along(self, number: str, limit: int, start: Cursor | None) -> ScanResult:
        """Read on by number: what is passed is never more than a stretch is wide."""
        found: list[Row] = []
        near: str | None = None
        width, left = number_ranges.FIRST, MAX_KEYS_SCANNED
        for _try in range(number_ranges.MAX_ATTEMPTS):
            far = number_ranges.shift_number(number, -width if self.descending else width)
            here = start if near is None else None
            place, at_most = self._place(here, near, far), left if self.rest else None
            found += self._read(place, here, limit - len(found), at_most=at_most)
            if len(found) == limit or far is None:
                return found, None
            passed = self._passed(place, here, left + 1) if self.rest else 0
            if passed > left:
                return found, self._last_of(place, here, left)
            left -= passed
            if left < max(MAX_KEYS_SCANNED // MIN_REMAINING_FRACTION, 1):
                return found, Cursor(far, OUTERMOST[self.descending])
            near, number, width = (
                far,
                far,
                min(width * number_ranges.GROWTH, left) if passed else width * number_ranges.GROWTH,
            )
        return found + self._read(self._place(None, near, None), None, limit - len(found)), None


def walk(
    collection: str, query: Query, field: str, *, descending: bool, fields: Mapping[str, int] | None,
    limit: int, start: Cursor | None, empty_first: bool,
) -> ScanResult:  # fmt: skip
    """Read on from a cursor. Rows without the key come last, or first where `empty_first` says so, as
    when an order is read backwards."""
    keyed = RangeScan(collection, query, field, descending, fields)
    if field in ALWAYS or index_selection.is_unique(collection, field):
        return keyed.rows(limit, start)
    empty = RangeScan(collection, {**query, field: None}, "_id", descending, fields)
    if field in query and not isinstance(query[field], Mapping):
        return (keyed if query[field] is not None else empty).rows(limit, start)
    if isinstance(query.get(field), Mapping) and RANGE & query[field].keys():
        return keyed.rows(limit, start)  # whoever asks for a range of keys asks for rows that have one
    first, second = (empty, keyed) if empty_first else (keyed, empty)
    if start is not None and (start.key is None) != empty_first:
        return second.rows(limit, start)
    found, reached = first.rows(limit, start)
    if reached is not None or len(found) == limit:
        return found, reached
    more, reached = second.rows(limit - len(found), None)
    return found + more, reached
