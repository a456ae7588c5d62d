"""How many records a list has, and how many each choice of its filters would leave: capped, and
remembered for a short while."""

from collections.abc import Callable
from typing import Any

from bson import json_util
from cachetools import TTLCache

from documents.declaration.record import Governed
from documents.lists import paging, sizes, windows
from documents.lists.filters import Asked, Filter, Form, filters_of
from documents.storage.database import database

MAIN = 5
MOST = 20_000
"""The choices are counted among so many records, the newest; where there are more, at least so many have
each choice."""
Query = dict[str, Any]
Facets = dict[str, dict[str, str]]
_counts: TTLCache[tuple[str, str], tuple[int, bool]] = TTLCache(maxsize=500, ttl=10)
_facets: TTLCache[tuple[str, str], Facets] = TTLCache(maxsize=500, ttl=30)


def count_text(kind: type[Governed], query: Query) -> str:
    """The count in words: "1,204", or "10,000+" where nobody counts further."""
    place = (kind.collection_name(), json_util.dumps(query, sort_keys=True))
    known = _counts.get(place)
    if known is None:
        known = _counts[place] = paging.count(kind.collection_name(), query)
    count, more = known
    return f"{count:,}+" if more else f"{count:,}"


def facets(kind: type[Governed], asked: Asked, query_of: Callable[[Asked], Query]) -> Facets:
    """By filter and choice, how many records a list would have with that choice; in one command.

    Each filter counts what all the others leave.
    """
    counted = [one for one in filters_of(kind).values() if one.form is Form.CHOICES and not one.inside][:MAIN]
    names = {one.name for one in counted}
    base = query_of({name: values for name, values in asked.items() if name not in names})
    chosen = {one.name: query_of({one.name: asked[one.name]}) for one in counted if asked.get(one.name)}
    place = (kind.collection_name(), json_util.dumps([base, chosen], sort_keys=True))
    known = _facets.get(place)
    if known is None:
        known = _facets[place] = _counted(kind.collection_name(), base, chosen, counted)
    return known


def _counted(collection: str, base: Query, chosen: dict[str, Query], counted: list[Filter]) -> Facets:
    if not counted:
        return {}
    first, rest = windows.split(collection, base)
    is_large = paging.size_of(collection) > MOST
    if is_large and windows.is_everything(first):
        first, rest = sizes.newest(collection, base, MOST)
    steps: list[Query] = [{"$match": first}, {"$limit": MOST}, {"$match": rest}]
    steps += [{"$project": {one.path: 1 for one in counted}}]
    branches: dict[str, list[Query]] = {
        f"f{n}": [
            *({"$match": query} for name, query in chosen.items() if name != one.name),
            {"$group": {"_id": f"${one.path}", "count": {"$sum": 1}}},
        ]
        for n, one in enumerate(counted)
    }
    (found,) = database()[collection].aggregate([*steps, {"$facet": branches}])
    more = is_large and sizes.tally(collection, first, most=MOST) == MOST
    return {
        one.name: {
            str(choice): _said(numbers.get(str(choice), 0), more=more)
            for numbers in [{row["_id"]: row["count"] for row in found[f"f{n}"]}]
            for choice in one.choices
        }
        for n, one in enumerate(counted)
    }


def _said(number: int, *, more: bool) -> str:
    """A number; of those that are at least so many, none is called nothing."""
    return ("" if not number else f"{number:,}+") if more else f"{number:,}"
