"""By which promised time an open record stands in the queue, filled in where an older program left it out."""

from typing import Any

import pymongo
from bson import ObjectId
from pymongo import UpdateOne

from documents.deadlines.deadline_record import HasDeadlines
from records.declaration.registry import registered
from records.storage.database import database

BATCH, BATCH_SECONDS = 500, 60


def complete() -> int:
    """Let every open record say which of its promised times comes next; return how many said nothing.

    Nothing else of a record changes, not even its version, so no entry is left in the audit trail. A
    record that somebody saves meanwhile is left to that. Safe to stop and to repeat.
    """
    return sum(_complete(kind) for kind in registered() if issubclass(kind, HasDeadlines))


def _complete(kind: type[HasDeadlines]) -> int:
    collection, changed, after = database()[kind.collection_name()], 0, None
    while rows := _silent(kind, after):
        with pymongo.timeout(BATCH_SECONDS):
            changes = [change for row in rows if (change := _change(kind._from_son(row)))]
            if changes:
                changed += collection.bulk_write(changes, ordered=False).modified_count
        after = rows[-1]["_id"]
    return changed


def _silent(kind: type[HasDeadlines], after: ObjectId | None) -> list[dict[str, Any]]:
    """The open records without a next time, some after one, by id; those that are owed nothing among them."""
    silent: dict[str, Any] = {"closed_at": None, "next_due_at": None}
    if after:
        silent["_id"] = {"$gt": after}
    with pymongo.timeout(BATCH_SECONDS):
        return list(database()[kind.collection_name()].find(silent).sort("_id", 1).limit(BATCH))


def _change(record: HasDeadlines) -> UpdateOne | None:
    due = min(record.open_deadlines().values(), default=None)
    unchanged = {"_id": record.pk, "version": record.version}
    return UpdateOne(unchanged, {"$set": {"next_due_at": due}}) if due else None
