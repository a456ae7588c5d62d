"""New keys for old: the master key turned after erasures, and the keys of search and hashes on demand.

A turn has three steps, each safe to repeat: a master key of a new epoch stands in the keyring beside
the old one; every data key is wrapped anew; once the database holds none under the old epoch, the old
master key is destroyed. What an old backup holds of an erased person's key then opens with nothing.
`jobs.rotate_keys` takes these steps.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from mongoengine import Document, IntField
from pymongo import UpdateOne

from embedded.file_lock import FileLock
from records.declaration.fields import UTCDateTimeField
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage import keys, search_tokens, writer
from records.storage.audit import AuditAction
from records.storage.database import database, session
from records.storage.indexes import track
from security.keyring import Keyring, KeyringError

LOCK_SECONDS = 5
WRITE_GRACE = timedelta(seconds=10)
"""A write that was begun under the old search key has ended by then; see `records.storage.database`."""


class UnderWay(Exception):
    """The search index is still being made anew; the next change of its key has to wait."""

    def __init__(self) -> None:
        super().__init__("The search index is still being made anew; `rotate-keys` again carries it on.")


class PlainCollection(Document):
    """What jobs go through here is no governed record, and says so little of its collection as they ask."""

    meta: ClassVar[dict[str, Any]] = {"abstract": True, "strict": False, "auto_create_index": False}

    @classmethod
    def collection_name(cls) -> str:
        return cls._get_collection_name()


@track
class DataKey(PlainCollection):
    """The wrapped data key of one person or record."""

    epoch = IntField()
    meta = {"collection": keys.COLLECTION, "indexes": [{"fields": ["epoch", "_id"], "name": "of_epoch"}]}


class EndedKey(PlainCollection):
    """That keys ended, and under which epoch they had been: a reason to turn the master key."""

    epoch = IntField()
    meta = {"collection": keys.ENDINGS}


class KeyState(PlainCollection):
    """How far the keys have been turned; one document."""

    epoch = IntField()
    destroyed = IntField()
    reindex_at = UTCDateTimeField()
    meta = {"collection": keys.STATE}


def change_ring(change: Callable[[Keyring], Keyring]) -> Keyring:
    """Replace the keyring's file by what `change` makes of it; return what stands there then.

    One process at a time does so, and reads the file first: so one that slept for long takes nothing
    back. Raises `KeyringError`.
    """
    file = keys.file()
    lock = FileLock(file.with_name(f"{file.name}.lock"))
    try:
        if not lock.wait(LOCK_SECONDS):
            raise KeyringError(f"Another process is changing the keys in {file}; try again.")
        before = Keyring.read(file)
        after = change(before)
        if after != before:
            after.write(file)
    except OSError as error:
        raise KeyringError(f"The keys cannot be written to {file}: {error.strerror}.") from error
    finally:
        lock.leave()
    return keys.keyring()


# -- The master key ----------------------------------------------------------------------------


def ask_to_turn(now: datetime) -> None:
    """Have the master key turned by the job, as an erasure does. `now` is aware, UTC."""
    database()[keys.ENDINGS].insert_one({"epoch": keys.keyring().epoch, "keys": 0, "at": now})


def begin_turn(ended: Sequence[Any], now: datetime) -> int:
    """Wrap under a new master key from now on, as part of the transaction under way.

    The file comes first: who reads the state finds the key it speaks of. Should the transaction come
    to nothing, the new key stays and is taken by the next try.
    """
    epoch = max(row.epoch for row in ended) + 1
    ring = change_ring(lambda ring: ring.with_master(epoch))
    database()[keys.STATE].update_one(
        {"_id": keys.STATE_ID},
        {"$max": {"epoch": ring.epoch}, "$setOnInsert": {"destroyed": 0}},
        upsert=True,
        session=session(),
    )
    writer.record_event(AuditAction.RUN, keys.COLLECTION, reason=f"master key {ring.epoch} begins", now=now)
    return len(ended)


def rewrap(found: Sequence[DataKey]) -> int:
    """Wrap these keys anew, as part of the transaction under way; return how many."""
    ids = [key.pk for key in found]
    rows = list(database()[keys.COLLECTION].find({"_id": {"$in": ids}}, session=session()))
    ring = keys.keyring()
    return keys.rewrap([row for row in rows if row["epoch"] < ring.epoch], ring, ring.masters, session())


def end_turn(now: datetime) -> int:
    """Destroy the old master keys, unless something is still wrapped under one: then return 0.

    Part of the transaction under way, which sees every key that was stored before the turn began to
    be known; whoever stored one later has wrapped it anew (`records.storage.keys.get_or_create_keys`).
    """
    epoch = keys.keyring().epoch
    older = {"epoch": {"$lt": epoch}}
    if database()[keys.COLLECTION].find_one(older, {"_id": 1}, session=session()):
        return 0
    change_ring(lambda ring: ring.without_masters_before(epoch))
    database()[keys.STATE].update_one(
        {"_id": keys.STATE_ID}, {"$max": {"destroyed": epoch - 1}}, session=session()
    )
    database()[keys.ENDINGS].delete_many(older, session=session())
    writer.record_event(
        AuditAction.RUN, keys.COLLECTION, reason=f"master keys before {epoch} are destroyed", now=now
    )
    return 1


# -- The keys of search and of hashes -------------------------------------------------------------


def rotate_search_key(now: datetime) -> None:
    """Make search tokens with a new key from now on; the job makes those there are anew, and until then
    search asks under both. Raises `UnderWay`."""
    if keys.keyring().reindexing:
        raise UnderWay
    database()[keys.STATE].update_one(
        {"_id": keys.STATE_ID}, {"$set": {"reindex_at": datetime.now(UTC)}}, upsert=True
    )
    change_ring(lambda ring: ring if ring.reindexing else ring.with_new_blind())
    writer.record_event(AuditAction.RUN, keys.COLLECTION, reason="new key for search", now=now)


def renew_audit(now: datetime) -> None:
    """Make hashes in the audit trail and tombstones with a new key from now on; old ones stay verifiable."""
    change_ring(Keyring.with_new_audit)
    writer.record_event(AuditAction.RUN, keys.COLLECTION, reason="new key for hashes", now=now)


def to_reindex() -> dict[str, Any]:
    """The query for records whose tokens were made with an older key."""
    return {"search.0": {"$exists": True}, "search": {"$ne": search_tokens.marker()}}


def reindex(records: Sequence[Governed]) -> int:
    """Make the tokens of records of one kind anew, as part of the transaction under way."""
    records[0].prefetch_keys(list(records[1:]))
    changes = [
        UpdateOne(
            {"_id": record.pk, "version": (record.stored or {}).get("version")},
            {"$set": {"search": writer.tokens_of_record(record)}},
        )
        for record in records
    ]
    collection = database()[records[0].collection_name()]
    return collection.bulk_write(changes, ordered=False, session=session()).matched_count


def end_reindexing(now: datetime) -> int:
    """Search under the new key alone, unless a record lacks its tokens or may still get old ones: then
    return 0. Part of the transaction under way."""
    begun = keys.state(session()).get("reindex_at")
    if begun and datetime.now(UTC) - begun < WRITE_GRACE:
        return 0
    for kind in registered():
        if database()[kind.collection_name()].find_one(to_reindex(), {"_id": 1}, session=session()):
            return 0
    change_ring(Keyring.reindexed)
    writer.record_event(AuditAction.RUN, keys.COLLECTION, reason="search is under its new key", now=now)
    return 1
