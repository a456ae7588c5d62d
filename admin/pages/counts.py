"""How many records a list has, and how many each choice of its filters would leave: capped, and
remembered for a short while."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bson import json_util

from records.declaration.record import Governed
from records.lists import counts as collection_counts
from records.lists import index_selection, paging
from records.lists.date_presets import EMPTY
from records.lists.filters import FilterParams, FilterType, filters_of
from records.storage.database import database
from records.storage.ttl_cache import TTLCache

MAIN = 5
MOST = 20_000
"""The choices are counted among so many records, the newest; where there are more, at least so many have
each choice."""
REMEMBERED = 100_000
"""Combinations of values kept in memory."""
Query = dict[str, Any]
Facets = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Combinations:
    """How often each combination of values occurs, and whether nobody counted further."""

    counts: list[tuple[list[str | None], int]]
    more: bool


_counts: TTLCache[tuple[str, str], tuple[int, bool]] = TTLCache(maxsize=500, ttl=10)
_combinations: TTLCache[tuple[str, str], Combinations] = TTLCache(
    maxsize=REMEMBERED, ttl=30, getsizeof=lambda one: len(one.counts) + 1
)


def forget() -> None:
    """Count anew."""
    _counts.clear()
    _combinations.clear()


def count_text(kind: type[Governed], query: Query) -> str:
    """The count in words: "1,204", or "10,000+" where nobody counts further."""
    place = (kind.collection_name(), json_util.dumps(query, sort_keys=True))
    known = _counts.get(place)
    if known is None:
        known = _counts[place] = paging.count(kind.collection_name(), query)
    count, more = known
    return f"{count:,}+" if more else f"{count:,}"


def facets(kind: type[Governed], asked: FilterParams, query_of: Callable[[FilterParams], Query]) -> Facets:
    """By filter and choice, how many records a list would have with that choice.

    Each filter counts what all the others leave. One command counts every combination of choices, so it
    answers for whatever is chosen of them next as well.
    """
    counted = [one for one in filters_of(kind).values() if one.form is FilterType.CHOICES and not one.inside][
        :MAIN
    ]
    if not counted:
        return {}
    names = [one.name for one in counted]
    base = query_of({name: values for name, values in asked.items() if name not in names})
    place = (kind.collection_name(), json_util.dumps(base, sort_keys=True))
    known = _combinations.get(place)
    if known is None:
        known = _combinations[place] = _counted(kind.collection_name(), base, [one.path for one in counted])
    chosen = [_chosen(asked.get(name, [])) for name in names]
    return {
        one.name: {
            str(choice): _said(found[str(choice)], more=known.more)
            for found in [_left(known, n, chosen)]
            for choice in one.choices
        }
        for n, one in enumerate(counted)
    }


def _chosen(values: list[str]) -> set[str | None]:
    return {None if value == EMPTY else value for value in values if value}


def _left(known: Combinations, place: int, chosen: list[set[str | None]]) -> Counter[str | None]:
    """How often each value stands in one place, among what the choices for all others leave."""
    others = [(n, wanted) for n, wanted in enumerate(chosen) if wanted and n != place]
    found: Counter[str | None] = Counter()
    for values, count in known.counts:
        if all(values[n] in wanted for n, wanted in others):
            found[values[place]] += count
    return found


def _counted(collection: str, base: Query, paths: list[str]) -> Combinations:
    first, rest = index_selection.split_by_index(collection, base)
    is_large = paging.estimated_count(collection) > MOST
    if is_large and index_selection.is_everything(first):
        first, rest = collection_counts.newest_sample(collection, base, MOST)
    steps: list[Query] = [{"$match": first}, {"$limit": MOST}, {"$match": rest}]
    steps += [{"$group": {"_id": [f"${path}" for path in paths], "count": {"$sum": 1}}}]
    rows = database()[collection].aggregate(steps, batchSize=MOST)
    more = is_large and collection_counts.count_up_to(collection, first, most=MOST) == MOST
    return Combinations([(row["_id"], row["count"]) for row in rows], more)


def _said(number: int, *, more: bool) -> str:
    """A number; of those that are at least so many, none is called nothing."""
    return ("" if not number else f"{number:,}+") if more else f"{number:,}"
