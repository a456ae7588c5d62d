"""What records are called where others refer to them, read in one query a collection."""

from collections.abc import Iterable, Mapping

from bson import ObjectId

from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.storage.database import database
from records.storage.ttl_cache import TTLCache

RecordKey = tuple[str, ObjectId]
_remembered: TTLCache[RecordKey, str] = TTLCache(maxsize=5_000, ttl=30)


def labels(references: Mapping[str, Iterable[ObjectId]]) -> dict[RecordKey, str]:
    """Return the labels of records by collection and id; one that is gone is absent.

    Names of people we keep data of are asked for each time, so that an erased person's label
    never lingers; those of staff are remembered for half a minute.
    """
    found: dict[RecordKey, str] = {}
    for collection, ids in references.items():
        kind = by_collection(collection)
        if kind is None:
            continue
        lasting = kind.policy.subject is None
        wanted = {pk for pk in ids if pk}
        if lasting:
            known = {pk: label for pk in wanted if (label := _remembered.get((collection, pk)))}
            found |= {(collection, pk): label for pk, label in known.items()}
            wanted -= known.keys()
        if wanted:
            fresh = _read(kind, wanted)
            found |= fresh
            if lasting:
                _remembered.update(fresh)
    return found


def _read(kind: type[Governed], ids: set[ObjectId]) -> dict[RecordKey, str]:
    collection, label = kind.collection_name(), kind._fields[kind.policy.label].db_field
    rows = database()[collection].find({"_id": {"$in": list(ids)}}, {label: 1}).batch_size(len(ids) + 1)
    return {(collection, row["_id"]): str(row.get(label) or row["_id"]) for row in rows}
