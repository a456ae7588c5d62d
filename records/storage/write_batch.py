"""Putting changes into the database, each with its audit entry: all or nothing, in few commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from records.storage import audit
from records.storage.database import after_commit, database, flush_before_read, in_transaction, session
from records.storage.record import Record

DUPLICATE_KEY = 11000


class ConcurrentModification(Exception):
    """Somebody else saved this record since it was read; nothing was written."""


class RecordDeleted(ConcurrentModification):
    """This record was deleted since it was read; a save does not bring it back."""


class DuplicateValue(Exception):
    """Another record already has this value, and there may be only one; nothing was written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Change:
    """One record: what is done to it, what the audit trail says of that, and what it is afterwards."""

    record: Record
    operation: InsertOne | UpdateOne | DeleteOne
    entry: dict[str, Any] | None
    after: dict[str, Any] | None


def store(changes: list[Change]) -> None:
    """Write changes and their entries in one transaction; within `batched_writes`, as late as can be.

    Raises `ConcurrentModification`, `RecordDeleted` and `DuplicateValue`, and then none of them is stored.
    """
    gathered = _gathered.get()
    if gathered is None:
        _store_now(changes)
    else:
        gathered.add(changes, {})


def write_unaudited(collection: str, operations: list[UpdateOne]) -> None:
    """Write what no audit is kept of, as part of the transaction under way; within `batched_writes`, as late as
    the changes that it belongs to."""
    gathered = _gathered.get()
    if gathered is None:
        _write_beside({collection: operations})
    else:
        gathered.add([], {collection: operations})


@contextmanager
def batched_writes() -> Iterator[None]:
    """Write what is saved meanwhile, record by record, in few commands: as late as can be, at the end or
    before the next command that might see it. For a transaction under way; what clashes raises then."""
    gathered = WriteBuffer()
    token = _gathered.set(gathered)
    try:
        yield
        gathered.write()
    finally:
        gathered.clear()
        _gathered.reset(token)


@dataclass
class WriteBuffer:
    """What waits to be written together."""

    changes: list[Change] = field(default_factory=list)
    others: dict[str, list[UpdateOne]] = field(default_factory=dict)

    def add(self, changes: list[Change], others: dict[str, list[UpdateOne]]) -> None:
        was_empty = not (self.changes or self.others)
        self.changes += changes
        for collection, operations in others.items():
            if operations:
                self.others.setdefault(collection, []).extend(operations)
        if was_empty and (self.changes or self.others):
            flush_before_read(self.write)

    def write(self) -> None:
        changes, others = self.changes, self.others
        self.clear()
        _store_now(changes)
        _write_beside(others)

    def clear(self) -> None:
        self.changes, self.others = [], {}


_gathered: ContextVar[WriteBuffer | None] = ContextVar("gathered", default=None)


def _write_beside(operations: dict[str, list[UpdateOne]]) -> None:
    for collection, group in operations.items():
        if group:
            database()[collection].bulk_write(group, session=session())


def _store_now(changes: list[Change]) -> None:
    if not changes:
        return
    try:
        in_transaction(lambda: _write(changes))
    except BulkWriteError as error:
        details = error.details["writeErrors"][0]
        if details.get("code") == DUPLICATE_KEY:
            raise DuplicateValue(next(iter(details.get("keyPattern", {"": 1})))) from error
        raise


def _write(changes: list[Change]) -> None:
    by_collection: dict[str, list[Change]] = {}
    for change in changes:
        by_collection.setdefault(change.record._get_collection_name(), []).append(change)
    for collection, group in by_collection.items():
        result = database()[collection].bulk_write([c.operation for c in group], session=session())
        if result.inserted_count + result.matched_count + result.deleted_count != len(group):
            _raise_stale(group)
    trail = database()[audit.AuditEntry._get_collection_name()]
    if entries := [change.entry for change in changes if change.entry]:
        trail.insert_many(entries, session=session())
    after_commit(lambda: _settle(changes))


def _raise_stale(group: list[Change]) -> None:
    """Say which kind of clash it was; for a group, of the first record that clashed."""
    collection = database()[group[0].record._get_collection_name()]
    versions = {
        row["_id"]: row.get("version", 0)
        for row in collection.find(
            {"_id": {"$in": [c.record.pk for c in group]}}, {"version": 1}, session=session()
        )
    }
    for change in group:
        if change.record.pk not in versions and not isinstance(change.operation, DeleteOne):
            raise RecordDeleted(str(change.record))
    if isinstance(group[0].operation, DeleteOne) and not versions:
        raise RecordDeleted(str(group[0].record))
    raise ConcurrentModification(str(group[0].record))


def _settle(changes: list[Change]) -> None:
    """Let the records in memory be what is stored now."""
    for change in changes:
        record = change.record
        record.stored = change.after
        if change.after is None:
            continue
        record._created = False
        for name in ("created_at", "updated_at", "version"):
            record._data[name] = change.after.get(name)
        record._changed_fields = []
