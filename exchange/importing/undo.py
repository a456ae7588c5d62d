"""Taking back what one import brought in, but for what people have worked on since."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import pymongo
from bson import ObjectId

from documents.erasure import erase
from documents.work.task import problem
from exchange.bulk import bulk_actions
from exchange.bulk.bulk_actions import Outcome
from exchange.importing.references import referred
from language.words import N_
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage import audit
from records.storage.database import database, in_transaction, session

RULE = "import undone"
BATCH, BATCH_SECONDS = 200, 100


def take_back(
    kind: type[Governed], batch: ObjectId, ids: Sequence[ObjectId], reason: str, now: datetime
) -> Outcome:
    """Delete those of `ids` that the import `batch` brought, as part of the transaction under way.

    What somebody changed since stays, what others refer to, and what a legal hold keeps; tombstones are
    left for the others.
    """
    where = {"_id": {"$in": list(ids)}, "import_batch": batch}
    rows = database()[kind.collection_name()].find(where, session=session()).sort("_id")
    records = [kind._from_son(row) for row in rows]
    pks = [record.pk for record in records]
    reasons = dict.fromkeys(_referred_to(kind, pks, batch), N_("Other records refer to it, so it stays."))
    reasons |= dict.fromkeys(_changed(kind, pks), N_("It was changed since the import, so it stays."))
    untouched = [record for record in records if record.pk not in reasons]
    free = erase.without_hold(untouched) if untouched else []
    freed = {record.pk for record in free}
    held = N_("A legal hold keeps it.")
    kept = [
        problem(bulk_actions.label(record), reasons.get(record.pk, held))
        for record in records
        if record.pk not in freed
    ]
    return Outcome(erase.apply_fate(free, Fate.ERASE, f"{RULE}: {reason}", now), kept)


def take_all_back(
    kind: type[Governed],
    batch: ObjectId,
    reason: str,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Outcome:
    """Take back a whole import, some hundred records a transaction. Safe to repeat and to break off."""
    done, kept, seen = 0, list[dict[str, Any]](), 0
    total = count(kind, batch)
    left = brought(kind, batch)
    while ids := list(islice(left, BATCH)):
        with pymongo.timeout(BATCH_SECONDS):
            outcome = in_transaction(lambda ids=ids: take_back(kind, batch, ids, reason, now))  # type: ignore[misc]
        done, seen = done + outcome.done, seen + len(ids)
        kept += outcome.problems
        progress(seen, total)
    return Outcome(done, kept)


def count(kind: type[Governed], batch: ObjectId) -> int:
    """How many records of an import there still are."""
    return database()[kind.collection_name()].count_documents({"import_batch": batch})


def brought(kind: type[Governed], batch: ObjectId, after: ObjectId | None = None) -> Iterator[ObjectId]:
    """What an import brought and is still here, by id."""
    where = {"import_batch": batch} | ({"_id": {"$gt": after}} if after else {})
    for row in database()[kind.collection_name()].find(where, {"_id": 1}).sort("_id", 1):
        yield row["_id"]


def _changed(kind: type[Governed], ids: list[ObjectId]) -> set[ObjectId]:
    """Those that anything but a job has changed: a flag or a reminder is nobody's work."""
    trail = database()[audit.AuditEntry._get_collection_name()]
    where = {"collection": kind.collection_name(), "record": {"$in": ids}}
    return {
        entry["record"]
        for entry in trail.find(where, {"record": 1, "deed": 1, "actor": 1}, session=session())
        if entry["deed"] != audit.AuditAction.CREATE and not entry["actor"].startswith("job:")
    }


def _referred_to(kind: type[Governed], ids: list[ObjectId], batch: ObjectId) -> set[ObjectId]:
    """Those that a record refers to which did not come with them. One query for each reference to this
    kind, along the index that every reference has."""
    found: set[ObjectId] = set()
    for other in registered():
        for field in other._fields.values():
            reference = referred(field)
            if reference is None or reference.kind != kind.collection_name():
                continue
            name = field.db_field
            rows = database()[other.collection_name()].find(
                {name: {"$in": ids}}, {name: 1, "import_batch": 1}, session=session()
            )
            for row in rows:
                if row.get("import_batch") != batch:
                    found.update(row[name] if isinstance(row[name], list) else [row[name]])
    return found & set(ids)
