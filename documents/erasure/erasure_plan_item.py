"""The lines of an erasure plan: which record, at which version, found how, and what is to become of it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any

import pymongo
from bson import ObjectId
from mongoengine import Document, IntField, ListField, ObjectIdField, StringField
from pymongo import UpdateOne

from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate
from records.storage.database import database, session
from records.storage.indexes import track
from records.subject_records import MatchReason, RecordSummary, kinds_with_personal_data, summarize_records

Line = Mapping[str, Any]
COLLECTION = "erasure_items"
NEEDS_DECISION = {"$gt": ""}
"""What the query for lines that ask says of them: a range, which an index answers."""
SECONDS = 20
BATCH = 1_000
AUDIT = "audit"


class Decision(Choice):
    """What a person decided where no rule can: who is meant, and whether a text may stay."""

    ACT = "act", N_("Yes: erase it, or black it out")
    LEAVE = "leave", N_("No: leave it as it is")


class Question(Choice):
    """What somebody has to decide about a record."""

    IDENTITY = "identity", N_("Does the same address mean the same person?")
    PERSON = "person", N_("Is this other user the same person?")
    TEXT = "text", N_("Is the person to be blacked out of this text?")
    FILE = "file", N_("Is this file to go? Its words name the person.")
    UNREAD = "unread", N_("No program could read this file: please look yourself. Is it to go?")


ONE_BY_ONE = (Question.PERSON.value, Question.UNREAD.value)
"""What nobody answers with yes for all lines at once: each has to be looked at."""


@track
class ErasurePlanItem(Document):
    """One record of a plan. It holds ids and names of fields, nothing that the record says.

    `asks`: what somebody has to decide. `fate` is None where nothing is done but black out the fields
    named in `residue`.
    """

    plan = ObjectIdField(required=True)
    collection = StringField(required=True)
    record = ObjectIdField(required=True)
    version = IntField(required=True)
    fate = StringField(choices=list(Fate))
    found = StringField(choices=list(MatchReason), required=True)
    residue = ListField(StringField())
    asks = StringField(choices=list(Question))
    decision = StringField(choices=list(Decision))
    done_at = UTCDateTimeField()

    meta = {
        "collection": COLLECTION,
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["plan", "collection", "record"], "unique": True, "name": "once"},
            {"fields": ["plan", "asks", "decision"], "name": "to_decide"},
            {"fields": ["plan", "done_at"], "name": "to_do"},
            {"fields": ["plan", "found", "collection"], "name": "by_find"},
        ],
    }


def is_to_be_done(line: Line) -> bool:
    """Whether the record of a line ends: nothing was asked, or it was answered with yes; what names the
    person ends whatever becomes of its words."""
    return not line["asks"] or line["found"] == MatchReason.REFERENCE or line["decision"] == Decision.ACT


def is_to_be_redacted(line: Line) -> bool:
    """Whether the person is blacked out of the texts of a line's record."""
    return bool(line["residue"]) and line["asks"] != Question.FILE and line["decision"] == Decision.ACT


def upsert_items(rows: Iterable[dict[str, Any]]) -> None:
    """Store lines of a plan, as part of the transaction under way; a record has one line: the one by
    which it was found first. Safe to repeat."""
    operations = [
        UpdateOne({name: row[name] for name in ("plan", "collection", "record")}, {"$setOnInsert": row}, True)
        for row in rows
    ]
    if operations:
        database()[COLLECTION].bulk_write(operations, session=session())


def carry_over_decisions(plan: ObjectId | None, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`rows`, with what was decided in an earlier `plan` on the same records, which say the same still."""
    asking = {(row["collection"], row["record"]): row for row in rows if row["asks"]}
    if plan and asking:
        earlier = {
            "plan": plan,
            "collection": {"$in": sorted({collection for collection, _record in asking})},
            "record": {"$in": [record for _collection, record in asking]},
        }
        for line in database()[COLLECTION].find(earlier, session=session()):
            row = asking.get((line["collection"], line["record"]))
            if row and all(line.get(name) == row[name] for name in ("version", "asks", "residue")):
                row["decision"] = line.get("decision")
    return rows


def items_for(plan: ObjectId, collection: str, records: Iterable[ObjectId]) -> dict[ObjectId, Line]:
    """The lines of a plan about some records of a collection, as they are stored, by record. One query,
    as the transaction under way sees it; asked for nothing else, it is answered by one index."""
    where = {"plan": plan, "collection": collection, "record": {"$in": list(records)}}
    return {row["record"]: row for row in database()[COLLECTION].find(where, session=session())}


def items(plan: ObjectId, **where: Any) -> list[ErasurePlanItem]:
    """The lines of a plan that match, in order, as the transaction under way sees them."""
    rows = database()[COLLECTION].find({"plan": plan, **where}, session=session())
    return [ErasurePlanItem._from_son(row) for row in rows]


def fingerprint_of_records(plan: ObjectId) -> str:
    """The SHA-256 over all lines of a plan, sorted: which records, at which version, with which fate."""
    rows = _sorted({"plan": plan})
    return hash_of((row["collection"], row["record"], row["version"], row.get("fate")) for row in rows)


def fingerprint(plan: ObjectId, records: str) -> str:
    """The SHA-256 over `records`, as above, and every decision: what a second officer approves."""
    rows = _sorted({"plan": plan, "asks": NEEDS_DECISION})
    lines = ((row["collection"], row["record"], row.get("decision")) for row in rows)
    with pymongo.timeout(SECONDS):
        return hash_of(chain([(records,)], lines))


def _sorted(where: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The stored lines that match, in one order on every server, one at a time."""
    fields = dict.fromkeys(("collection", "record", "version", "fate", "decision"), 1)
    found = database()[COLLECTION].find(where, fields, session=session())
    yield from found.sort([("plan", 1), ("collection", 1), ("record", 1)]).batch_size(BATCH)


def count_undecided(plan: ObjectId) -> int:
    """How many lines still ask for a decision."""
    where = {"plan": plan, "asks": NEEDS_DECISION, "decision": None}
    with pymongo.timeout(SECONDS):
        return database()[COLLECTION].count_documents(where, session=session())


def hash_of(lines: Iterable[tuple[Any, ...]]) -> str:
    """The hash over lines that come sorted: a stream, however many there are."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(json.dumps(line, default=str).encode() + b"\n")
    return digest.hexdigest()


def changed(plan: ObjectId, **lines: Any) -> Iterator[tuple[str, ObjectId]]:
    """The records among some lines of a plan that are no longer as they were when it was made; those
    gone among them. Read a stretch at a time. The audit trail never changes, and whether another user is
    somebody else does not hang on what their record says."""
    where = {"plan": plan, "done_at": None, "asks": {"$ne": Question.PERSON.value}, **lines}
    for collection, rows in groupby(_sorted(where), key=lambda row: row["collection"]):
        while planned := {row["record"]: row["version"] for row in islice(rows, BATCH)}:
            if collection == AUDIT:
                continue
            now = {
                row["_id"]: row.get("version", 0)
                for row in database()[collection].find(
                    {"_id": {"$in": list(planned)}}, {"version": 1}, session=session()
                )
            }
            yield from ((collection, pk) for pk, version in planned.items() if now.get(pk) != version)


@dataclass(frozen=True)
class Summary:
    """What all lines of a plan come to."""

    counts: dict[str, dict[str, int]]
    """How many records of each collection meet which fate."""
    base: str
    """The fingerprint of the records."""
    tallies: dict[str, RecordSummary]
    """For each collection the sums over what names the person, as it was when it was found: to be compared
    with what is there now (`records.subject_records.count_up_to`)."""


def summarize(plan: ObjectId) -> Summary:
    """Go through all lines of a plan, which may take a while: beside any transaction, and once none is
    added any more."""
    named = {"plan": plan, "found": MatchReason.REFERENCE.value}
    names = [kind.collection_name() for kind in kinds_with_personal_data()]
    tallies = {name: summarize_records(COLLECTION, {**named, "collection": name}, "record") for name in names}
    return Summary(_counts(plan), fingerprint_of_records(plan), tallies)


def _counts(plan: ObjectId) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    told = {"plan": plan, "asks": {"$ne": Question.PERSON.value}}
    by_fate = {"$group": {"_id": {"c": "$collection", "f": "$fate"}, "n": {"$sum": 1}}}
    for row in database()[COLLECTION].aggregate([{"$match": told}, by_fate], session=session()):
        found.setdefault(row["_id"]["c"], {})[row["_id"].get("f") or "redact"] = row["n"]
    return found
