"""Which stretch of an order to read next, and which part of a question an index answers.

Some engines read every match before they sort and cut, and use an index only where all that is
asked of it comes first and alone. So a reading asks for one stretch of keys at a time, in two steps:
first what the index holds, then everything else. What a reading learned about its stretch, the next
one of the same question begins with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from bson import ObjectId
from mongoengine import DateTimeField, StringField

from records.declaration.registry import by_collection
from records.storage.ttl_cache import TTLCache

ALWAYS = frozenset({"_id", "created_at", "updated_at"})
"""Keys that every record has and that end about now, so that nobody looks for records without them."""
FIRST_WINDOW, GROWTH, MAX_ATTEMPTS = timedelta(days=1), 16, 2
WINDOW_MARGIN = 1.5
FARTHEST_DAYS = 4096
RANGE = frozenset({"$gt", "$gte", "$lt", "$lte"})
MILLISECOND = timedelta(milliseconds=1)
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
FIRST_ID, LAST_ID = datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)

Query = Mapping[str, Any]
QueryShape = tuple[Any, ...]


@dataclass(frozen=True)
class RangeHint:
    """What a reading learned: where the rows begin, and how wide a stretch a page takes.

    Without a width, all there is came to less than a page: it is read at once.
    """

    edge: datetime | None
    width: timedelta | None


_known: TTLCache[QueryShape, RangeHint] = TTLCache(maxsize=5_000, ttl=3600)


def clear() -> None:
    """Begin anew, as a process does that has just started."""
    _known.clear()


def query_shape(collection: str, query: Query, key: str, *, descending: bool) -> QueryShape:
    """What makes two questions alike: everything but their moments, which move on."""
    return (collection, key, descending, _without_moments(query))


def _without_moments(value: Any) -> str:
    if isinstance(value, datetime):
        return "moment"
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{_without_moments(inner)}" for name, inner in sorted(value.items()))
    if isinstance(value, list):
        return f"[{','.join(_without_moments(inner) for inner in value)}]"
    return repr(value)


def remember(of: QueryShape, first: datetime | None, last: datetime | None) -> None:
    """Remember where a full page began and ended; None where there was less than a page."""
    width = abs(last - first) * WINDOW_MARGIN + timedelta(seconds=1) if first and last else None
    _known[of] = RangeHint(first, width)


def learn_width(of: QueryShape, first: datetime, last: datetime) -> None:
    """Remember how wide a later page was; where the first one begins stays as known."""
    before = _known.get(of)
    _known[of] = RangeHint(
        before.edge if before else None, abs(last - first) * WINDOW_MARGIN + timedelta(seconds=1)
    )


def learn_edge(of: QueryShape, edge: datetime) -> None:
    """Remember that nothing lies before `start_hint`, even if what lies behind it could not be read in time."""
    _known[of] = RangeHint(edge, FIRST_WINDOW)


def width(of: QueryShape) -> timedelta:
    """How wide the first stretch of a reading is best."""
    known = _known.get(of)
    return (known.width if known else None) or FIRST_WINDOW


def wider(width: timedelta, times: float) -> timedelta:
    """A stretch so many times as wide, within reason."""
    try:
        return width * min(max(times, 1), GROWTH)
    except OverflowError:
        return timedelta.max


def ends(
    of: QueryShape, start: datetime | None, bounds: Mapping[str, datetime], now: datetime
) -> Iterator[datetime | None]:
    """Where to end each stretch, nearest first; None is the end of all. `start` is a cursor's key,
    `bounds` what the question itself asks of the key."""
    _collection, key, descending, _query = of
    known = _known.get(of)
    if known and known.width is None:
        yield None
        return
    begins = start or start_hint(of, bounds, now)
    if begins is None and key != "_id":
        yield from _around(now, descending=descending)
    elif begins:
        for attempt in range(MAX_ATTEMPTS):
            yield next_bound(begins, width(of) * GROWTH**attempt, key, descending=descending)
    yield None


def start_hint(of: QueryShape, bounds: Mapping[str, datetime], now: datetime) -> datetime | None:
    """The nearest key there can be, as far as anybody knows."""
    _collection, key, descending, _query = of
    known = _known.get(of)
    asked = [moment for operator, moment in bounds.items() if operator in _near(descending=descending)]
    if known and known.edge:
        asked.append(known.edge)
    elif key in ALWAYS and descending:
        asked.append(now)
    if not asked:
        return None
    return min(asked) if descending else max(asked)


def end(key: str, bounds: Mapping[str, datetime], *, descending: bool) -> datetime:
    """The farthest key there can be."""
    outermost = _ends_of(key)[0 if descending else 1]
    asked = [moment for operator, moment in bounds.items() if operator in _near(descending=not descending)]
    return (max if descending else min)([outermost, *asked])


def _near(*, descending: bool) -> tuple[str, str]:
    """What a condition says of the side from which a reading comes."""
    return ("$lt", "$lte") if descending else ("$gt", "$gte")


def _around(now: datetime, *, descending: bool) -> Iterator[datetime]:
    """Stretches from far away towards `now` and past it, each a little narrower, then wider: where
    nothing is known, the empty ones cost next to nothing, and the first full one is no giant."""
    days = [FARTHEST_DAYS / 2 ** (step / 4) for step in range(4 * FARTHEST_DAYS.bit_length())]
    sign = 1 if descending else -1
    for distance in [*days, 0, *(-day for day in reversed(days))]:
        yield now + timedelta(days=sign * distance)


def next_bound(edge: datetime, width: timedelta, key: str, *, descending: bool) -> datetime:
    """The far end of a stretch that begins at `start_hint`."""
    first, last = _ends_of(key)
    try:
        return min(max(edge - width if descending else edge + width, first), last)
    except OverflowError:
        return first if descending else last


def _ends_of(key: str) -> tuple[datetime, datetime]:
    return (FIRST_ID, LAST_ID) if key == "_id" else (EARLIEST, LATEST)


# -- What an index answers --------------------------------------------------------------------


def split_by_index(
    collection: str, query: Query, key: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a question into what one declared index answers, and the rest: together with a stretch of
    `key`, or without one."""
    equal = {name: value for name, value in query.items() if _is_equality(name, value)}
    every = query["search"].get("$all", []) if isinstance(query.get("search"), Mapping) else []
    if every:
        equal["search"] = every[0]
    used = _best_index(collection, query, equal, key)
    if key is None and not used:
        return _everything(collection, query), dict(query)
    first = {
        name: equal[name] if name in equal else exclusive(from_the_earliest(query[name])) for name in used
    }
    rest = {name: value for name, value in query.items() if name not in first}
    if "search" in first and every[1:]:
        rest["search"] = {"$all": every[1:]}
    return first, rest


def from_the_earliest(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A range of moments with both its ends: one without a beginning would be read from the records
    that have no moment at all."""
    ends = [value for operator, value in condition.items() if operator in {"$lt", "$lte"}]
    is_open = ends and isinstance(ends[0], datetime) and not {"$gt", "$gte"} & condition.keys()
    return {"$gte": EARLIEST, **condition} if is_open else dict(condition)


def exclusive(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The same range of moments without its ends. In the midst of an index of several fields, SecantusDB
    leaves out the records that lie on an end that is meant to be in; moments are kept to the millisecond,
    so one beyond says the same."""
    said: dict[str, Any] = {}
    for operator, value in condition.items():
        if not isinstance(value, datetime) or value in {EARLIEST, LATEST}:
            said[operator] = value
        elif operator in {"$gt", "$gte"}:
            since = value - MILLISECOND if operator == "$gte" else value
            said["$gt"] = max(said.get("$gt", since), since)
        else:
            until = value + MILLISECOND if operator == "$lte" else value
            said["$lt"] = min(said.get("$lt", until), until)
    return said


def exists_condition(collection: str, key: str) -> dict[str, Any]:
    """The condition that a record has a value for `key`, as a range where its type has a beginning."""
    kind = by_collection(collection)
    field = kind._fields.get(key) if kind else None
    if isinstance(field, DateTimeField):
        return {"$gte": EARLIEST}
    return {"$gte": ""} if isinstance(field, StringField) else {"$ne": None}


def is_time(collection: str, key: str) -> bool:
    """Tell whether `key` is a moment, which can be measured out."""
    return exists_condition(collection, key) == {"$gte": EARLIEST}


def _everything(collection: str, query: Query) -> dict[str, Any]:
    """A condition that every record meets, so that even a question no index answers is read along one:
    in its order, from the newest, which ends early where enough was found."""
    if "created_at" in query or not any(names[0] == "created_at" for names in indexes_of(collection)):
        return {}
    return {"created_at": {"$gte": EARLIEST}}


def is_everything(first: Query) -> bool:
    """Tell whether an index narrows nothing."""
    return not first or first == {"created_at": {"$gte": EARLIEST}}


def match_stages(collection: str, query: Query) -> list[dict[str, Any]]:
    """The stages that ask `query`: first what an index answers, then the rest."""
    return [{"$match": step} for step in split_by_index(collection, query) if step]


def merge_conditions(*conditions: Query) -> dict[str, Any]:
    """One flat question that asks all of these: what stands under `$and`, some engines look up in no
    index, not even by id. Only where two cannot stand side by side is there one."""
    merged: dict[str, Any] = {}
    for condition in conditions:
        for name, value in condition.items():
            if name not in merged:
                merged[name] = value
            elif _can_stand_together(merged[name], value):
                merged[name] = {**merged[name], **value}
            else:
                return {"$and": [dict(one) for one in conditions]}
    return merged


def _can_stand_together(one: Any, other: Any) -> bool:
    both = isinstance(one, Mapping) and isinstance(other, Mapping)
    return both and not one.keys() & other.keys() and all(str(name).startswith("$") for name in one)


def _is_equality(name: str, value: Any) -> bool:
    return not name.startswith("$") and not isinstance(value, Mapping)


def _best_index(collection: str, query: Query, equal: Mapping[str, Any], key: str | None) -> tuple[str, ...]:
    """The fields asked for that the best index begins with, up to `key` or the first range."""
    best: tuple[str, ...] = ()
    for names in indexes_of(collection):
        used = tuple(takewhile(equal.__contains__, names))
        following = names[len(used)] if len(used) < len(names) else None
        if key is not None and following != key:
            continue
        asked = query.get(following) if key is None and following else None
        if isinstance(asked, Mapping) and RANGE & asked.keys():
            used = (*used, str(following))
        if len(used) > len(best):
            best = used
    return best


def indexes_of(collection: str) -> list[tuple[str, ...]]:
    """The fields of each declared index, in order; those that hold all records."""
    kind = by_collection(collection)
    specs = kind._meta.get("index_specs", []) if kind else []
    return [tuple(name for name, _order in spec["fields"]) for spec in specs if not spec.get("sparse")]


def is_unique(collection: str, key: str) -> bool:
    """Tell whether every record has a `key` of its own."""
    kind = by_collection(collection)
    specs = kind._meta.get("index_specs", []) if kind else []
    return any(
        [name for name, _order in spec["fields"]] == [key] and spec.get("unique") and not spec.get("sparse")
        for spec in specs
    )


def is_single_subject(collection: str, query: Query) -> bool:
    """Tell whether all that is asked for concerns one person: that is never much."""
    kind = by_collection(collection)
    name = kind.policy.subject if kind else None
    return name in (kind._fields if kind else ()) and isinstance(query.get(str(name)), ObjectId)
