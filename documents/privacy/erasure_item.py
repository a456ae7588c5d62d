"""The lines of an erasure plan: which record, at which version, found how, and what is to become of it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pymongo
from bson import ObjectId
from mongoengine import Document, IntField, ListField, ObjectIdField, StringField
from pymongo import UpdateOne

from documents.declaration.fields import Moment
from documents.declaration.policy import Fate
from documents.declaration.words import N_, Choice
from documents.privacy.belonging import Found
from documents.storage.database import database, session

COLLECTION = "erasure_items"
SECONDS = 20


class Decision(Choice):
    """What a person decided where no rule can: who is meant, and whether a text may stay."""

    ACT = "act", N_("Yes: erase it, or black it out")
    LEAVE = "leave", N_("No: leave it as it is")


class ErasureItem(Document):
    """One record of a plan. It holds ids and names of fields, nothing that the record says.

    `asks`: somebody has to decide, because only the identity is the same or a text speaks of the
    person. `fate` is None where nothing is done but black out the fields named in `residue`.
    """

    plan = ObjectIdField(required=True)
    collection = StringField(required=True)
    record = ObjectIdField(required=True)
    version = IntField(required=True)
    fate = StringField(choices=list(Fate))
    found = StringField(choices=list(Found), required=True)
    residue = ListField(StringField())
    asks = StringField()
    decision = StringField(choices=list(Decision))
    done_at = Moment()

    meta = {
        "collection": COLLECTION,
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["plan", "collection", "record"], "unique": True, "name": "once"},
            {"fields": ["plan", "asks", "decision"], "name": "to_decide"},
            {"fields": ["plan", "found", "collection"], "name": "by_find"},
        ],
    }

    @property
    def is_to_be_done(self) -> bool:
        return not self.asks or self.found == Found.REFERENCE or self.decision == Decision.ACT

    @property
    def is_to_be_redacted(self) -> bool:
        return bool(self.residue) and self.decision == Decision.ACT


def keep(rows: Iterable[dict[str, Any]]) -> None:
    """Store lines of a plan, as part of the transaction under way; a record has one line: the one by
    which it was found first. Safe to repeat."""
    operations = [
        UpdateOne({name: row[name] for name in ("plan", "collection", "record")}, {"$setOnInsert": row}, True)
        for row in rows
    ]
    if operations:
        database()[COLLECTION].bulk_write(operations, session=session())


def items(plan: ObjectId, **where: Any) -> list[ErasureItem]:
    """The lines of a plan that match, in order, as the transaction under way sees them."""
    rows = database()[COLLECTION].find({"plan": plan, **where}, session=session())
    return [ErasureItem._from_son(row) for row in rows]


def fingerprint_of_records(plan: ObjectId) -> str:
    """The SHA-256 over all lines of a plan, sorted: which records, at which version, with which fate."""
    found = database()[COLLECTION].find({"plan": plan}, session=session())
    rows = found.sort([("plan", 1), ("collection", 1), ("record", 1)])
    return hash_of((row["collection"], row["record"], row["version"], row.get("fate")) for row in rows)


def fingerprint(plan: ObjectId, records: str) -> str:
    """The SHA-256 over `records`, as above, and every decision: what a second officer approves."""
    where = {"plan": plan, "asks": {"$ne": None}}
    with pymongo.timeout(SECONDS):
        rows = list(database()[COLLECTION].find(where, session=session()))
    lines = sorted((row["collection"], str(row["record"]), row.get("decision")) for row in rows)
    return hash_of([(records,), *lines])


def undecided(plan: ObjectId) -> int:
    """How many lines still ask for a decision."""
    where = {"plan": plan, "asks": {"$ne": None}, "decision": None}
    with pymongo.timeout(SECONDS):
        return database()[COLLECTION].count_documents(where, session=session())


def hash_of(lines: Iterable[tuple[Any, ...]]) -> str:
    """The hash over lines that come sorted: a stream, however many there are."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(json.dumps(line, default=str).encode() + b"\n")
    return digest.hexdigest()


def changed(plan: ObjectId) -> Iterator[tuple[str, ObjectId]]:
    """The records of a plan that are no longer as they were when it was made; those gone among them."""
    for collection in database()[COLLECTION].distinct("collection", {"plan": plan}):
        planned = {
            row["record"]: row["version"]
            for row in database()[COLLECTION].find(
                {"plan": plan, "collection": collection, "done_at": None}, {"record": 1, "version": 1}
            )
        }
        ids = sorted(planned)
        for start in range(0, len(ids), 1_000):
            stretch = ids[start : start + 1_000]
            now = {
                row["_id"]: row.get("version", 0)
                for row in database()[collection].find({"_id": {"$in": stretch}}, {"version": 1})
            }
            yield from ((collection, pk) for pk in stretch if now.get(pk) != planned[pk])
