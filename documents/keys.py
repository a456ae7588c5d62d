"""Data keys: one for each person, kept apart from what it opens; who loses it is unreadable for good."""

from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock

from bson import ObjectId
from cachetools import TTLCache
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from documents.database import after_commit, database, session
from security import ciphers
from security.keyring import Keyring

COLLECTION = "data_keys"
_ring: Keyring | None = None
_cache: TTLCache[ObjectId, bytes] = TTLCache(maxsize=20_000, ttl=60)
_lock = Lock()


class NoKeyring(Exception):
    """Personal data was touched before the keys were handed over."""


def use(ring: Keyring) -> None:
    """Work with these keys from now on."""
    global _ring  # noqa: PLW0603 — one keyring a process, handed over once by app.py
    _ring = ring
    forget()


def ring() -> Keyring:
    if _ring is None:
        raise NoKeyring("documents.keys.use(keyring) comes first.")
    return _ring


def forget(owners: Iterable[ObjectId] | None = None) -> None:
    """Drop opened keys from memory: those of `owners`, or all."""
    with _lock:
        if owners is None:
            _cache.clear()
        else:
            for owner in owners:
                _cache.pop(owner, None)


def opened(owners: Iterable[ObjectId]) -> dict[ObjectId, bytes]:
    """Return the data keys of `owners`, in one query at most; who was erased is absent."""
    wanted = set(owners)
    with _lock:
        found = {owner: _cache[owner] for owner in wanted if owner in _cache}
    missing = wanted - found.keys()
    return found | _fetched(missing, session()) if missing else found


def _fetched(owners: Iterable[ObjectId], within: ClientSession | None) -> dict[ObjectId, bytes]:
    fresh = {
        row["_id"]: ciphers.unwrap(ring().masters[row["epoch"]], row["wrapped"])
        for row in database()[COLLECTION].find({"_id": {"$in": list(owners)}}, session=within)
    }
    with _lock:
        _cache.update(fresh)
    return fresh


def ensure(owners: Iterable[ObjectId]) -> dict[ObjectId, bytes]:
    """Return the data keys of `owners`, making those that are missing. Safe to repeat.

    They are made beside the transaction under way, which may have begun before them and then does
    not see them: so they are read beside it as well.
    """
    wanted = set(owners)
    found = opened(wanted)
    missing = wanted - found.keys()
    if not missing:
        return found
    master, epoch = ring().masters[ring().epoch], ring().epoch
    made_at = datetime.now(UTC)
    database()[COLLECTION].bulk_write(
        [
            UpdateOne(
                {"_id": owner},
                {"$setOnInsert": {"wrapped": _wrapped(master), "epoch": epoch, "made_at": made_at}},
                upsert=True,
            )
            for owner in missing
        ],
        ordered=False,
    )
    return found | _fetched(missing, None)


def _wrapped(master: bytes) -> bytes:
    return ciphers.wrap(master, ciphers.new_key())


def destroy(owners: Iterable[ObjectId]) -> int:
    """Delete data keys, as part of the transaction under way; return how many there were."""
    gone = list(owners)
    after_commit(lambda: forget(gone))
    return database()[COLLECTION].delete_many({"_id": {"$in": gone}}, session=session()).deleted_count
