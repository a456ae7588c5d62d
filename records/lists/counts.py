"""How large collections and answers are: estimated, or counted along an index."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from records.lists import index_selection
from records.storage.database import database, session
from records.storage.ttl_cache import TTLCache

COUNT_LIMIT = 10_000
KEYS_LIMIT = 100_000
"""A count looks at so many keys of the best index; there are at least as many as it found among them."""
FARTHEST = timedelta(days=365 * 200)
_since: TTLCache[tuple[str, str], datetime] = TTLCache(maxsize=500, ttl=600)
_sizes: TTLCache[str, int] = TTLCache(maxsize=200, ttl=60)

Query = Mapping[str, Any]


def estimated_count(collection: str) -> int:
    """About how many records there are; asked at most once a minute."""
    known = _sizes.get(collection)
    if known is None:
        known = _sizes[collection] = database()[collection].estimated_document_count()
    return known


def forget_sizes() -> None:
    """Ask anew how large collections are."""
    _sizes.clear()
    _since.clear()


def count(collection: str, query: Query) -> tuple[int, bool]:
    """How many records match, and whether it is at least so many: counting stops at `COUNT_LIMIT`, and looks no
    further than `KEYS_LIMIT` keys."""
    if not query:
        return database()[collection].estimated_document_count(), False
    first, rest = index_selection.split_by_index(collection, query)
    if not rest or estimated_count(collection) <= KEYS_LIMIT:
        number = count_up_to(collection, query, most=COUNT_LIMIT + 1)
        return (COUNT_LIMIT, True) if number > COUNT_LIMIT else (number, False)
    looked: list[Query] = [
        {"$match": first},
        {"$limit": KEYS_LIMIT},
        {"$match": rest},
        {"$limit": COUNT_LIMIT + 1},
    ]
    number = _count(collection, looked)
    if number > COUNT_LIMIT:
        return COUNT_LIMIT, True
    return number, _count(collection, [{"$match": first}, {"$limit": KEYS_LIMIT + 1}]) > KEYS_LIMIT


def newest_sample(collection: str, query: Query, most: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a question into what names about its newest `most` keys by an index, and the rest."""
    first, rest = index_selection.split_by_index(collection, query, "created_at")
    if "created_at" in rest:  # whoever asks for a time has said how far to look
        return first | {"created_at": rest.pop("created_at")}, rest
    place = (collection, repr(first))
    since = _since.get(place)
    if since is None:
        since = _since[place] = _about(collection, first, most)
    return first | {"created_at": {"$gte": since}}, rest


def _about(collection: str, first: Query, most: int) -> datetime:
    """Since when about `most` keys are: felt out in stretches, each as wide as the one before tells."""
    now, width = datetime.now(UTC), index_selection.FIRST_WINDOW
    while width < FARTHEST:
        steps: list[Query] = [{"$match": {**first, "created_at": {"$gte": now - width}}}, {"$limit": most}]
        passed = _count(collection, steps)
        if passed > most // 2:
            return now - width
        width = index_selection.wider(width, most / passed if passed else index_selection.GROWTH)
    return index_selection.EARLIEST


def count_up_to(collection: str, query: Query, most: int | None = None) -> int:
    """How many records match, counting to `most`, by the index that answers best."""
    return _count(
        collection, index_selection.match_stages(collection, query) + ([{"$limit": most}] if most else [])
    )


def _count(collection: str, steps: Sequence[Query]) -> int:
    found = list(database()[collection].aggregate([*steps, {"$count": "count"}], session=session()))
    return found[0]["count"] if found else 0
