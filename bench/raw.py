"""The least that the same work can cost: PyMongo and nothing around it, on the data in the clear."""

from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import islice
from typing import Any

from bson import ObjectId
from pymongo import MongoClient, UpdateOne
from pymongo.database import Database

from bench import data
from bench.cases import BULK, DEEP, EXPORT, PAGE, SEARCH_EN, SEARCH_ZH, Case

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
    yield f"bulk {BULK:,}", lambda: _bulk(db)
    yield f"export {EXPORT:,}", lambda: _export(db, count)


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
    """The changes, and an entry for each in the audit trail, in batches."""
    ids = [row["_id"] for row in db.complaints.find({}, {"_id": 1}).sort("_id", 1).limit(BULK)]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        rows = list(db.complaints.find({"_id": {"$in": batch}}))
        db.complaints.bulk_write([UpdateOne({"_id": pk}, {"$set": {"priority": "low"}}) for pk in batch])
        db.audit.insert_many(
            {"record": row["_id"], "at": data.NOW, "changes": [{"from": row["priority"], "to": "low"}]}
            for row in rows
        )


def _export(db: Database, count: int) -> None:
    """A cursor with batched references."""
    since = {"created_at": {"$gte": data.at_row(EXPORT, count)}}
    with db.complaints.find(since, FIELDS).sort(NEWEST).batch_size(BATCH) as cursor:
        while rows := list(islice(cursor, BATCH)):
            _labels(db, rows)
