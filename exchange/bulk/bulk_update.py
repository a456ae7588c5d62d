"""Writing the same values into many records, without making a document of each.

What `records.storage.writer.save` promises holds here: checked, versioned, audited, all or nothing. It is
for plain fields alone: none that is sealed, locked, or part of what the search index holds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import BooleanField
from pymongo import UpdateMany

from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.storage import audit, writer
from records.storage.audit import AuditAction
from records.storage.database import database, in_transaction, session
from security.actor import current_actor


def bulk_editable_fields(kind: type[Governed]) -> dict[str, Any]:
    """The fields that may be set for many at once: choices, references and yes-or-no that lists are
    filtered by and forms offer; never whose record it is."""
    return {
        name: kind._fields[name]
        for name in kind.policy.filters
        if name in kind._fields and name != kind.policy.subject and _is_plain(kind, name)
    }


def _is_plain(kind: type[Governed], name: str) -> bool:
    one = kind._fields[name]
    closed = ("system", "internal", "locked", "personal", "append_only")
    return (
        (isinstance(one, ReferenceIdField | BooleanField) or bool(one.choices))
        and not any(getattr(one, word, False) for word in closed)
        and name not in kind.policy.search
    )


def write(
    kind: type[Governed], where: Mapping[str, Any], values: Mapping[str, Any], reason: str, now: datetime
) -> int:
    """Set `values` on the records that match; return how many these were. One that is so already is
    not written. Safe to repeat.

    Raises MongoEngine's `ValidationError` for a value that does not fit, `KeyError` for a field that
    is not among `bulk_editable_fields`, and `ConcurrentModification` where somebody writes one at the same moment.
    """
    fields = bulk_editable_fields(kind)
    wanted = {fields[name].db_field: _checked(fields[name], value) for name, value in values.items()}
    return in_transaction(lambda: _write(kind, where, wanted, reason, now))


def _checked(one: Any, value: Any) -> Any:
    if value is None:
        if one.required:
            one.error("Field is required")
        return None
    python = one.to_python(value)
    one._validate(python)
    return one.to_mongo(python)


def _write(
    kind: type[Governed], where: Mapping[str, Any], wanted: Mapping[str, Any], reason: str, now: datetime
) -> int:
    collection = database()[kind.collection_name()]
    fields = dict.fromkeys(["version", *wanted], 1)
    rows = list(collection.find(where, fields, session=session()))
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    alike: dict[tuple[int, tuple[str, ...]], list[ObjectId]] = {}
    entries = []
    for row in rows:
        changed = {name: value for name, value in wanted.items() if row.get(name) != value}
        if changed:
            alike.setdefault((row.get("version", 0), tuple(changed)), []).append(row["_id"])
            entries.append(_entry(kind, row, changed, reason, moment))
    if not entries:
        return len(rows)
    operations = [
        _operation(ids, version, {name: wanted[name] for name in names}, moment)
        for (version, names), ids in alike.items()
    ]
    if collection.bulk_write(operations, session=session()).matched_count != len(entries):
        raise writer.ConcurrentModification(kind.collection_name())
    database()[audit.AuditEntry._get_collection_name()].insert_many(entries, session=session())
    return len(rows)


def _operation(ids: list[ObjectId], version: int, changed: Mapping[str, Any], now: datetime) -> UpdateMany:
    """One operation for all that change alike: half the work for the database of one each."""
    update: dict[str, Any] = {"$set": {"updated_at": now, "version": version + 1}}
    for name, value in changed.items():
        if value is None:
            update.setdefault("$unset", {})[name] = ""
        else:
            update["$set"][name] = value
    return UpdateMany({"_id": {"$in": ids}, "version": version}, update)


def _entry(
    kind: type[Governed], row: Mapping[str, Any], changed: Mapping[str, Any], reason: str, now: datetime
) -> dict[str, Any]:
    differences = [
        audit.change_entry(kind._db_field_map.get(name, name), row.get(name), value)
        for name, value in changed.items()
    ]
    return audit.entry(
        current_actor(), AuditAction.CHANGE, now, kind.collection_name(), row["_id"], differences, reason
    )
