"""How large collections and answers are: estimated, or counted along an index."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from records.lists import index_selection
from records.storage.database import database, session
from records.storage.ttl_cache import Remembered

CAP = 10_000
LOOKED_AT = 100_000
"""A count looks at so many keys of the best index; there are at least as many as it found among them."""
FARTHEST = timedelta(days=365 * 200)
_since: Remembered[tuple[str, str], datetime] = Remembered(maxsize=500, ttl=600)
_sizes: Remembered[str, int] = Remembered(maxsize=200, ttl=60)

Query = Mapping[str, Any]


def size_of(collection: str) -> int:
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
    """How many records match, and whether it is at least so many: counting stops at `CAP`, and looks no
    further than `LOOKED_AT` keys."""
    if not query:
        return database()[collection].estimated_document_count(), False
    first, rest = index_selection.split(collection, query)
    if not rest or size_of(collection) <= LOOKED_AT:
        number = tally(collection, query, most=CAP + 1)
        return (CAP, True) if number > CAP else (number, False)
    looked: list[Query] = [{"$match": first}, {"$limit": LOOKED_AT}, {"$match": rest}, {"$limit": CAP + 1}]
    number = _count(collection, looked)
    if number > CAP:
        return CAP, True
    return number, _count(collection, [{"$match": first}, {"$limit": LOOKED_AT + 1}]) > LOOKED_AT


def newest(collection: str, query: Query, most: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a question into what names about its newest `most` keys by an index, and the rest."""
    first, rest = index_selection.split(collection, query, "created_at")
    if "created_at" in rest:  # whoever asks for a time has said how far to look
        return first | {"created_at": rest.pop("created_at")}, rest
    place = (collection, repr(first))
    since = _since.get(place)
    if since is None:
        since = _since[place] = _about(collection, first, most)
    return first | {"created_at": {"$gte": since}}, rest


def _about(collection: str, first: Query, most: int) -> datetime:
    """Since when about `most` keys are: felt out in stretches, each as wide as the one before tells."""
    now, width = datetime.now(UTC), index_selection.START
    while width < FARTHEST:
        steps: list[Query] = [{"$match": {**first, "created_at": {"$gte": now - width}}}, {"$limit": most}]
        passed = _count(collection, steps)
        if passed > most // 2:
            return now - width
        width = index_selection.wider(width, most / passed if passed else index_selection.WIDER)
    return index_selection.EARLIEST


def tally(collection: str, query: Query, most: int | None = None) -> int:
    """How many records match, counting to `most`, by the index that answers best."""
    return _count(collection, index_selection.steps(collection, query) + ([{"$limit": most}] if most else []))


def _count(collection: str, steps: Sequence[Query]) -> int:
    found = list(database()[collection].aggregate([*steps, {"$count": "count"}], session=session()))
    return found[0]["count"] if found else 0
