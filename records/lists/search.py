"""Finding records by words, numbers, e-mail addresses and phone numbers; and making the index anew."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pymongo
from bson import ObjectId
from pymongo import UpdateOne

from records.declaration.record import Governed
from records.lists import index_selection
from records.lists.index_selection import merge_conditions
from records.lists.paging import Order, Page, page
from records.storage import keys, search_tokens
from records.storage.database import database
from records.storage.ttl_cache import TTLCache
from records.storage.writer import tokens_of_record

NUMBER_LENGTH = 24
SAMPLE = 300
BATCH = 500
BATCH_SECONDS = 60
NEWEST_MATCH = Order("_id", descending=True)
"""The order of what words find: the newest first, along the index of the words."""
NEWEST = Order("created_at", descending=True)
Progress = Callable[[str, int], None]
_common: TTLCache[str, Counter[int]] = TTLCache(maxsize=100, ttl=600)


def condition(kind: type[Governed], text: str) -> dict[str, Any]:
    """What a record must have to match `text`: every token of it, the most telling first, since that
    one is looked up and the others are only checked."""
    found = search_tokens.condition(text)
    for way in found.get("$or", [found]):
        if len(way["search"]["$all"]) > 1:
            often = _token_frequency(kind.collection_name())
            way["search"]["$all"].sort(key=lambda token: often[token])
    return found


def ids(kind: type[Governed], text: str, limit: int) -> list[ObjectId]:
    """The records that match `text`, the newest first, at most `limit` of them."""
    return [row["_id"] for row in suggestions(kind, text, limit, {"_id": 1})]


def suggestions(
    kind: type[Governed], text: str, limit: int, fields: Mapping[str, int], **also: Any
) -> list[dict[str, Any]]:
    """The newest records that match `text`, and what `also` asks; without words, the newest of all."""
    return find(kind, text, limit, fields, **also).rows


def find(kind: type[Governed], text: str, limit: int, fields: Mapping[str, int], **also: Any) -> Page:
    """Likewise, and whether there are more, or may be where it would take long to look."""
    query = merge_conditions(condition(kind, text) if text else {}, also)
    order = NEWEST_MATCH if text else NEWEST
    return page(kind.collection_name(), query, order, size=limit, fields={**fields, "created_at": 1})


def _token_frequency(collection: str) -> Counter[int]:
    """How often tokens stand in the newest records: asked at most every ten minutes."""
    known = _common.get(collection)
    if known is None:
        newest = page(collection, {}, NEWEST, size=SAMPLE, fields={"search": 1}).rows
        known = _common[collection] = Counter(token for row in newest for token in row.get("search", ()))
    return known


def by_number(
    kind: type[Governed], text: str, query: Mapping[str, Any], fields: Mapping[str, int]
) -> dict[str, Any] | None:
    """The one among the records asked for whose number is just what was typed, where this kind has
    numbers of its own."""
    number = text.strip().upper()
    field = kind._fields[kind.policy.label].db_field
    if not _could_be_number(number) or not index_selection.is_unique(kind.collection_name(), field):
        return None
    steps = [{"$match": {field: number}}, {"$match": dict(query)}, {"$project": dict(fields)}]
    return next(iter(database()[kind.collection_name()].aggregate(steps)), None)


def _could_be_number(text: str) -> bool:
    return 0 < len(text) <= NUMBER_LENGTH and any(letter.isdigit() for letter in text) and " " not in text


def rebuild(
    kinds: Iterable[type[Governed]],
    progress: Progress = lambda _name, _done: None,
    after: ObjectId | None = None,
) -> int:
    """Make the search tokens of all records anew, as after a new keyring; return how many changed.

    Nothing else of a record changes, not even its version, so no entry is left in the audit trail. A
    record that somebody saves meanwhile has its tokens from that. Safe to stop and to repeat: what is
    right already is not written.
    """
    return sum(_rebuild(kind, progress, after) for kind in kinds)


def _rebuild(kind: type[Governed], progress: Progress, after: ObjectId | None) -> int:
    collection, changed, done = database()[kind.collection_name()], 0, 0
    while rows := _next(kind, after):
        records = [kind._from_son(row) for row in rows]
        keys.get_keys({record.key_owner() for record in records})
        with pymongo.timeout(BATCH_SECONDS):
            changes = [change for record in records if (change := _change(record))]
            if changes:
                changed += collection.bulk_write(changes, ordered=False).modified_count
        after, done = rows[-1]["_id"], done + len(rows)
        progress(kind.collection_name(), done)
    _common.pop(kind.collection_name(), None)
    return changed


def _next(kind: type[Governed], after: ObjectId | None) -> list[dict[str, Any]]:
    """The records after one, by id: read in batches, so that a killed run begins where it was."""
    where = {"_id": {"$gt": after}} if after else {}
    with pymongo.timeout(BATCH_SECONDS):
        return list(database()[kind.collection_name()].find(where).sort("_id", 1).limit(BATCH))


def _change(record: Governed) -> UpdateOne | None:
    before = (record.stored or {}).get("search") or []
    fresh = tokens_of_record(record)
    if fresh == before:
        return None
    version = (record.stored or {}).get("version")
    return UpdateOne(
        {"_id": record.pk, "version": version},
        {"$set": {"search": fresh}} if fresh else {"$unset": {"search": ""}},
    )
