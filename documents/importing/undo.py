"""Taking back what one import brought in, but for what people have worked on since."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from documents import audit
from documents.declaration.policy import Fate
from documents.declaration.record import Governed
from documents.declaration.words import N_
from documents.privacy import erasing
from documents.storage.database import database, session
from documents.task import problem
from documents.work import bulk
from documents.work.bulk import Outcome

RULE = "import undone"


def take_back(
    kind: type[Governed], batch: ObjectId, ids: Sequence[ObjectId], reason: str, now: datetime
) -> Outcome:
    """Delete those of `ids` that the import `batch` brought, as part of the transaction under way.

    What somebody changed since stays, and what a legal hold keeps; tombstones are left for the others.
    """
    where = {"_id": {"$in": list(ids)}, "import_batch": batch}
    rows = database()[kind.collection_name()].find(where, session=session()).sort("_id")
    records = [kind._from_son(row) for row in rows]
    changed = _changed(kind, [record.pk for record in records])
    unchanged = [record for record in records if record.pk not in changed]
    free = erasing.free_of_hold(unchanged) if unchanged else []
    freed = {record.pk for record in free}
    kept = [
        problem(
            bulk.label(record),
            N_("It was changed since the import, so it stays.")
            if record.pk in changed
            else N_("A legal hold keeps it."),
        )
        for record in records
        if record.pk not in freed
    ]
    return Outcome(erasing.end(free, Fate.ERASE, f"{RULE}: {reason}", now), kept)


def _changed(kind: type[Governed], ids: list[ObjectId]) -> set[ObjectId]:
    """Those that anything but a job has changed: a flag or a reminder is nobody's work."""
    trail = database()[audit.AuditEntry._get_collection_name()]
    where = {"collection": kind.collection_name(), "record": {"$in": ids}}
    return {
        entry["record"]
        for entry in trail.find(where, {"record": 1, "deed": 1, "actor": 1}, session=session())
        if entry["deed"] != audit.Deed.CREATE and not entry["actor"].startswith("job:")
    }
