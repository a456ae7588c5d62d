"""Delete anew what tombstones say was deleted: a restored backup is older than they are."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pymongo
from bson import ObjectId

from documents.erasure import tombstone
from documents.erasure.erase import apply_fate
from documents.erasure.tombstone import Tombstone
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage.database import database

BATCH = 200
HOURS = 12 * 60 * 60


def reapply(now: datetime) -> int:
    """End every record of which a tombstone says that it ended, the same way, people last; return how
    many there were. Safe to repeat. `now` is aware, UTC."""
    count = 0
    for kind in sorted(registered(), key=lambda kind: kind.policy.subject == "self"):
        for ids in _ids(kind):
            count += _end_again(kind, ids, now)
    return count


def _ids(kind: type[Governed]) -> Iterator[list[ObjectId]]:
    with pymongo.timeout(HOURS):
        ids = [row["_id"] for row in database()[kind.collection_name()].find({}, {"_id": 1})]
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _end_again(kind: type[Governed], ids: list[ObjectId], now: datetime) -> int:
    marks = {mark: pk for pk in ids for mark in tombstone.identity_hashes(kind.collection_name(), pk)}
    rows = list(database()[Tombstone._get_collection_name()].find({"mark": {"$in": list(marks)}}))
    if not rows:
        return 0
    ends = {marks[row["mark"]]: row for row in sorted(rows, key=lambda row: row["fate"] == Fate.ERASE)}
    found = database()[kind.collection_name()].find({"_id": {"$in": list(ends)}})
    records: list[Any] = [kind._from_son(row) for row in found]
    count = 0
    for record in records:
        row = ends[record.pk]
        if row["fate"] == Fate.ERASE or not record.anonymised_at:
            count += apply_fate([record], Fate(row["fate"]), row["rule"], now, row.get("request"))
    return count
