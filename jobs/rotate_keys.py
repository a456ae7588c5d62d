"""Turn the master key after erasures, so that backups hold nothing readable of who was erased (R24, R98)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from jobs.job import Batch
from records.declaration.registry import registered
from records.storage import key_rotation, keys
from records.storage.database import database

TOGETHER = 10_000
AT_ONCE = 200


def rotate_keys(now: datetime) -> Iterator[Batch]:
    """Take the steps of `records.storage.key_rotation` that are due: all erasures since the last turn share one.

    Safe to kill at any point: what is left is found by asking again. Keys that are in memory alone,
    as tests have them, are not turned.
    """
    if keys.has_file():
        yield from _turn(now)
        yield from _reindex(now)


def _turn(now: datetime) -> Iterator[Batch]:
    current = keys.state().get("epoch", 1)
    ended = {"epoch": {"$gte": current}}
    if database()[keys.ENDINGS].find_one(ended, {"_id": 1}):
        begin = partial(key_rotation.begin_turn, now=now)
        yield _part(key_rotation.EndedKey, ended, f"begin after master key {current}", begin, TOGETHER)
    epoch = keys.keyring().epoch
    older = {"epoch": {"$lt": epoch}}
    if database()[keys.COLLECTION].find_one(older, {"_id": 1}):
        yield _part(
            key_rotation.DataKey, older, f"wrap under master key {epoch}", key_rotation.rewrap, AT_ONCE
        )
    if len(keys.keyring().masters) > 1 or keys.state().get("destroyed", 0) < keys.state().get("epoch", 1) - 1:
        yield _state_part("destroy the old master key", lambda: key_rotation.end_turn(now))


def _reindex(now: datetime) -> Iterator[Batch]:
    if not keys.keyring().reindexing:
        return
    for kind in registered():
        if "search" in kind._fields:
            yield _part(
                kind, key_rotation.to_reindex(), "make search tokens anew", key_rotation.reindex, AT_ONCE
            )
    yield _state_part("end the old search key", lambda: key_rotation.end_reindexing(now))


def _state_part(rule: str, step: Any) -> Batch:
    return _part(key_rotation.KeyState, {"_id": keys.STATE_ID}, rule, lambda _: step(), 1)


def _part(kind: Any, where: dict[str, Any], rule: str, change: Any, batch: int) -> Batch:
    return Batch(kind, where, rule, change=change, batch=batch)
