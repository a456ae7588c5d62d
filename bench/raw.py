"""The least that the same work can cost: PyMongo and nothing around it. It reads pages of the data in the
clear; what it does to many, it does to the panel's own documents, or the ratio would be that of the documents."""

from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import islice
from typing import Any

from bson import ObjectId
from pymongo import MongoClient, UpdateOne
from pymongo.database import Database

from bench import data
from bench.cases import BULK, DEEP, EXPORT, PAGE, SEALED, SEARCH_EN, SEARCH_ZH, Case
from documents.tickets.complaint import Complaint
from exchange import exporting
from records.declaration.fields import Encrypted
from records.storage import keys
from records.storage.database import connect

BATCH = 500
COLUMNS = ("number", "content", "kind", "state", "priority", "user", "assignee", "due_at", "created_at")
FIELDS = dict.fromkeys(COLUMNS, 1)
NEWEST = [("created_at", -1), ("_id", -1)]


def cases(uri: str, name: str) -> Iterator[Case]:
    """The work that is measured, in the order of `bench.panel.cases`."""
    db: Database = MongoClient(uri, tz_aware=True, tzinfo=UTC)[name]
    count = db.complaints.estimated_document_count()
    overdue = {"closed_at": None, "due_at": {"$lt": data.NOW}}
    yield "first page", _page(db, {}, NEWEST)
    yield "sorted by due time", _page(db, {}, [("due_at", 1), ("_id", 1)])
    yield "deep page", _page(db, {}, NEWEST, skip=DEEP)
    yield "filter overdue", _page(db, overdue, NEWEST)
    yield "search en", _page(db, _scan(SEARCH_EN), NEWEST)
    yield "search zh", _page(db, _scan(SEARCH_ZH), NEWEST)
    one = db.complaints.find_one({"created_at": {"$lte": data.at_row(DEEP, count)}}, {"_id": 1})
    yield "edit get", lambda: db.complaints.find_one({"_id": one["_id"]})
    yield "edit post", lambda: _edit(db, one["_id"])
    ours = db.client[name.replace("stock", "panel")]
    data.use_keys()
    connect(uri, ours.name)  # for the keys alone
    usual = [name for name, ticked in exporting.columns_of(Complaint).items() if ticked]
    yield f"bulk {BULK:,}", lambda: _bulk(ours)
    yield f"export {EXPORT:,}", lambda: _export(ours, count, dict.fromkeys(usual, 1))
    yield f"export {EXPORT:,}, sealed", lambda: _export(ours, count, dict.fromkeys([*usual, *SEALED], 1))
    yield f"export {EXPORT:,}, nine columns in the clear", lambda: _export(db, count, FIELDS)


def _scan(text: str) -> dict[str, Any]:
    return {
        "$or": [{"number": {"$regex": text, "$options": "i"}}, {"content": {"$regex": text, "$options": "i"}}]
    }


def _page(
    db: Database, query: dict[str, Any], order: list[tuple[str, int]], skip: int = 0
) -> Callable[[], Any]:
    def read() -> None:
        rows = list(db.complaints.find(query, FIELDS).sort(order).skip(skip).limit(PAGE))
        _labels(db, rows)

    return read


def _labels(db: Database, rows: list[dict[str, Any]]) -> dict[ObjectId, str]:
    people = {row["user"] for row in rows}
    colleagues = {row["assignee"] for row in rows}
    found = {
        row["_id"]: row["number"] for row in db.users.find({"_id": {"$in": list(people)}}, {"number": 1})
    }
    return found | {
        row["_id"]: row["name"] for row in db.staff.find({"_id": {"$in": list(colleagues)}}, {"name": 1})
    }


def _edit(db: Database, pk: ObjectId) -> None:
    db.complaints.update_one({"_id": pk}, {"$set": {"topic": str(ObjectId())}})


def _bulk(db: Database) -> None:
    """Read the panel's documents, change them, and leave an entry for each in the audit trail, in batches."""
    ids = [row["_id"] for row in db.complaints.find({}, {"_id": 1}).sort("_id", 1).limit(BULK)]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        rows = list(db.complaints.find({"_id": {"$in": batch}}, {"priority": 1, "version": 1}))
        db.complaints.bulk_write([UpdateOne({"_id": row["_id"]}, _to_low(row)) for row in rows])
        db.audit.insert_many(_entry(row) for row in rows)


def _to_low(row: dict[str, Any]) -> dict[str, Any]:
    return {"$set": {"priority": "low", "updated_at": data.NOW, "version": row["version"] + 1}}


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": data.NOW, "actor": "command:bench", "actor_name": "bench", "origin": "", "deed": "change",
        "collection": "complaints", "record": row["_id"], "reason": "measured",
        "changes": [{"field": "priority", "from": row["priority"], "to": "low"}],
    }  # fmt: skip


def _export(db: Database, count: int, fields: dict[str, int]) -> None:
    """A cursor with batched references, which opens what is sealed and writes nothing."""
    since = {"created_at": {"$gte": data.at_row(EXPORT, count)}}
    with db.complaints.find(since, fields).sort(NEWEST).batch_size(BATCH) as cursor:
        while rows := list(islice(cursor, BATCH)):
            _labels(db, rows)
            _open(rows, [name for name in SEALED if isinstance(rows[0].get(name), bytes)])


def _open(rows: list[dict[str, Any]], names: list[str]) -> None:
    if not names:
        return
    opened = keys.get_keys({row["user"] for row in rows})
    for row in rows:
        for name in names:
            one = Complaint._fields[name]
            one.decrypt_with(opened[row["user"]], Encrypted(row[name]), row["_id"], "complaints")
