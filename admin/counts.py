"""How many records a list has: capped, and remembered for a short while."""

from typing import Any

from bson import json_util
from cachetools import TTLCache

from documents import paging
from documents.record import Governed

_counts: TTLCache[tuple[str, str], tuple[int, bool]] = TTLCache(maxsize=500, ttl=10)


def count_text(kind: type[Governed], query: dict[str, Any]) -> str:
    """The count in words: "1,204", or "10,000+" where nobody counts further."""
    place = (kind.collection_name(), json_util.dumps(query, sort_keys=True))
    known = _counts.get(place)
    if known is None:
        known = _counts[place] = paging.count(kind.collection_name(), query)
    count, more = known
    return f"{count:,}+" if more else f"{count:,}"
