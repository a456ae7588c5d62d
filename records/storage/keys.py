"""Data keys: one for each person, kept apart from what it opens; who loses it is unreadable for good.

Each lies wrapped under the master key of an epoch. The state of the turning of epochs stands in one
document, which every maker of a key asks after storing it (see `records.storage.key_rotation`): so a process
that slept over a turn cannot leave a key under a master key that is gone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from bson import ObjectId
from pymongo import DeleteOne, UpdateOne
from pymongo.client_session import ClientSession

import runtime
from records.storage.database import after_commit, database, session
from records.storage.ttl_cache import TTLCache
from security import ciphers
from security.keyring import Keyring, KeyringError, KeyringFile

COLLECTION = "data_keys"
ENDINGS = "ended_keys"
"""Of each erasure, under which epoch its keys had been wrapped: until the next turn of the master key."""
STATE = "key_state"
STATE_ID = ObjectId(b"steward-keys")
TRIES = 3

_cache: TTLCache[ObjectId, bytes] = TTLCache(maxsize=20_000, ttl=60)
_lock = Lock()
_opened_with: object = None
"""The keyring that the keys in the cache were opened with."""


class NoKeyring(Exception):
    """Personal data was touched before the keys were handed over."""


class OldKeyring(KeyringError):
    """The keyring of this process lacks the master key in use: another process turned it elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "These keys are older than the data: the master key was turned meanwhile, and this file lacks "
            "the new one. Put the newest copy of the keyring in its place."
        )


def keyring() -> Keyring:
    """Return the keys in use. Raises `NoKeyring` before `runtime.configure(keyring=…)`."""
    source = runtime.current().keyring
    if source is None:
        raise NoKeyring("runtime.configure(keyring=…) comes first.")
    _forget_keys_of_another(source)
    return source.read() if isinstance(source, KeyringFile) else source


def _forget_keys_of_another(source: object) -> None:
    """Drop the opened keys where the process was given another keyring since."""
    global _opened_with  # noqa: PLW0603 — belongs to the cache beside it
    if source is not _opened_with:
        _opened_with = source
        forget()


def has_file() -> bool:
    """True if the keys are kept in a file, where they may be replaced."""
    return isinstance(runtime.current().keyring, KeyringFile)


def file() -> Path:
    """Return the path of the keyring. Raises `NoKeyring` if the keys are in memory only."""
    source = runtime.current().keyring
    if not isinstance(source, KeyringFile):
        raise NoKeyring("These keys have no file.")
    return source.path


def forget(owners: Iterable[ObjectId] | None = None) -> None:
    """Drop opened keys from memory: those of `owners`, or all."""
    with _lock:
        if owners is None:
            _cache.clear()
        else:
            for owner in owners:
                _cache.pop(owner, None)


def get_keys(owners: Iterable[ObjectId]) -> dict[ObjectId, bytes]:
    """Return the data keys of `owners`, in one query at most; who was erased is absent."""
    wanted = set(owners)
    with _lock:
        found = {owner: key for owner in wanted if (key := _cache.get(owner))}
    missing = wanted - found.keys()
    return found | _fetched(missing, session()) if missing else found


def _fetched(owners: Iterable[ObjectId], within: ClientSession | None) -> dict[ObjectId, bytes]:
    fresh: dict[ObjectId, bytes] = {}
    left = set(owners)
    for _ in range(TRIES):  # a key that was wrapped anew between two looks is read again
        rows = database()[COLLECTION].find({"_id": {"$in": list(left)}}, session=within)
        strange, masters = set(), None
        for row in rows:
            masters = masters or keyring().masters
            if row["epoch"] in masters:
                fresh[row["_id"]] = ciphers.unwrap(masters[row["epoch"]], row["wrapped"])
            else:
                strange.add(row["_id"])
        left = strange
        if not left:
            break
    if left and not _never_used(left, within):
        raise OldKeyring
    with _lock:
        _cache.update(fresh)
    return fresh


def _never_used(owners: set[ObjectId], within: ClientSession | None) -> bool:
    """Tell whether these are keys that died with their makers. When an epoch was destroyed, all its
    keys had been wrapped anew: one found under it was stored later, by a process that ended before
    it looked, and so has sealed nothing."""
    destroyed = state(within).get("destroyed", 0)
    found = database()[COLLECTION].find({"_id": {"$in": list(owners)}}, {"epoch": 1}, session=within)
    return all(row["epoch"] <= destroyed for row in found)


def state(within: ClientSession | None = None) -> dict[str, Any]:
    """How far the turning of epochs is: `epoch` in use, `destroyed` up to which."""
    return database()[STATE].find_one({"_id": STATE_ID}, session=within) or {}


def note_copy(now: datetime) -> None:
    """Remember that the keys as they are were copied to a place apart. `now` is aware, UTC."""
    copied = {"$max": {"copied": keyring().epoch}, "$set": {"copied_at": now}}
    database()[STATE].update_one({"_id": STATE_ID}, copied, upsert=True)


def copies_are_old() -> bool:
    """Tell whether the master key was turned since the keys were last copied: then no copy there is opens
    with the keyring as it is now, and a lost database would be lost for good."""
    found = state()
    return found.get("epoch", 1) > found.get("copied", 1)


def get_or_create_keys(owners: Iterable[ObjectId]) -> dict[ObjectId, bytes]:
    """Return the data keys of `owners`, making those that are missing. Safe to repeat.

    They are made beside the transaction under way, which may have begun before them and then does
    not see them: so they are read beside it as well. Raises `OldKeyring`, and then none is left.
    """
    wanted = set(owners)
    found = get_keys(wanted)
    missing = wanted - found.keys()
    if not missing:
        return found
    return found | _made(missing)


def _made(owners: set[ObjectId]) -> dict[ObjectId, bytes]:
    ours = keyring()
    made_at = datetime.now(UTC)
    wrapped = {owner: ciphers.wrap(ours.masters[ours.epoch], ciphers.new_key()) for owner in owners}
    stored = database()[COLLECTION]
    before = state().get("destroyed", 0)
    if before:  # what is left of makers that ended before they looked
        stored.delete_many({"_id": {"$in": list(owners)}, "epoch": {"$lte": before}})
    stored.bulk_write(
        [
            UpdateOne(
                {"_id": owner},
                {"$setOnInsert": {"wrapped": key, "epoch": ours.epoch, "made_at": made_at}},
                upsert=True,
            )
            for owner, key in wrapped.items()
        ],
        ordered=False,
    )
    if state().get("epoch", 0) > ours.epoch:
        _wrap_after_the_turn(wrapped, ours)
    return _fetched(owners, None)


def _wrap_after_the_turn(wrapped: dict[ObjectId, bytes], ours: Keyring) -> None:
    """Wrap what was just stored anew: the turn may have counted the keys before this one was there."""
    newer = keyring()
    if newer.epoch <= ours.epoch:
        database()[COLLECTION].bulk_write(
            [DeleteOne({"_id": owner, "wrapped": key}) for owner, key in wrapped.items()]
        )
        raise OldKeyring
    rows = [{"_id": owner, "wrapped": key, "epoch": ours.epoch} for owner, key in wrapped.items()]
    rewrap(rows, newer, {**newer.masters, **ours.masters}, within=None)


def rewrap(
    rows: list[dict[str, Any]], to: Keyring, masters: dict[int, bytes], within: ClientSession | None
) -> int:
    """Wrap keys that `masters` open anew under the epoch of `to`; return how many.

    A key that was erased or wrapped anew meanwhile stays as it is. Raises `DecryptionError`.
    """
    changes = [
        UpdateOne(
            {"_id": row["_id"], "wrapped": row["wrapped"]},
            {
                "$set": {
                    "wrapped": ciphers.wrap(
                        to.masters[to.epoch], ciphers.unwrap(masters[row["epoch"]], row["wrapped"])
                    ),
                    "epoch": to.epoch,
                }
            },
        )
        for row in rows
    ]
    if not changes:
        return 0
    return database()[COLLECTION].bulk_write(changes, ordered=False, session=within).matched_count


def destroy(owners: Iterable[ObjectId]) -> int:
    """Delete data keys, as part of the transaction under way; return how many there were.

    It is noted that something ended, so that the master key is turned and backups are reached too.
    """
    gone = list(owners)
    after_commit(lambda: forget(gone))
    stored = database()[COLLECTION]
    epochs = [row["epoch"] for row in stored.find({"_id": {"$in": gone}}, {"epoch": 1}, session=session())]
    if not epochs:
        return 0
    database()[ENDINGS].insert_one(
        {"epoch": max(epochs), "keys": len(epochs), "at": datetime.now(UTC)}, session=session()
    )
    return stored.delete_many({"_id": {"$in": gone}}, session=session()).deleted_count
