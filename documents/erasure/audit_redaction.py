"""What the audit trail says of a person in words: reasons that somebody typed, and open texts that changed.

Personal fields stand in the trail as keyed hashes. Where a person decides so, a name in its other words
is blacked out. Nothing else of an entry is touched, and a keyed hash of what stood there stays with it.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import DictField, Document
from pymongo import UpdateOne

from documents.erasure.pii_scan import PersonMatcher
from records.storage import writer
from records.storage.audit import AuditAction, AuditEntry
from records.storage.database import database, session
from records.storage.keys import keyring
from security.ciphers import keyed_hash

COLLECTION = AuditEntry._get_collection_name()
WORDS = ("reason", "changes")
"""What of an entry somebody may have typed."""


class Entry(Document):
    """One entry, as far as it is blacked out: no governed record, since nobody edits the trail."""

    blacked_out = DictField()

    meta = {"collection": COLLECTION, "strict": False, "auto_create_index": False}

    @classmethod
    def collection_name(cls) -> str:
        return COLLECTION


def entries_mentioning(
    entries: Sequence[ObjectId], needles: PersonMatcher
) -> Iterator[tuple[ObjectId, list[str]]]:
    """Those of `entries` that speak of the person, and in which of their words. One query."""
    for row in _read(entries):
        found = [name for name in WORDS if needles.are_in_any(_texts(row.get(name)))]
        if found:
            yield row["_id"], found


def redact(entries: Sequence[ObjectId], needles: PersonMatcher, rule: str, now: datetime) -> int:
    """Black the person out of entries, as part of the transaction under way; return how many there were.
    Safe to repeat."""
    changes = []
    for row in _read(entries):
        before = {name: row.get(name) for name in WORDS}
        after = {name: _redacted(value, needles) for name, value in before.items()}
        if after != before:
            was = keyed_hash(keyring().audit, json.dumps(before, default=str, sort_keys=True))
            kept = {**after, "blacked_out": {"at": now, "was": was}}
            changes.append(UpdateOne({"_id": row["_id"]}, {"$set": kept}))
    if changes:
        database()[COLLECTION].bulk_write(changes, ordered=False, session=session())
        for entry in entries:
            writer.record_event(AuditAction.ERASE, COLLECTION, entry, rule, now)
    return len(changes)


def _read(entries: Sequence[ObjectId]) -> Iterator[dict[str, Any]]:
    fields = dict.fromkeys(WORDS, 1)
    yield from database()[COLLECTION].find({"_id": {"$in": list(entries)}}, fields, session=session())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _redacted(value: Any, needles: PersonMatcher) -> Any:
    if isinstance(value, str):
        return needles.redacted(value)
    if isinstance(value, list):
        return [_redacted(item, needles) for item in value]
    return (
        {name: _redacted(item, needles) for name, item in value.items()} if isinstance(value, dict) else value
    )
