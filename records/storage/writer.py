"""The one place that writes records: it asks who acts, checks the version, and leaves an audit entry.

Everything here is all or nothing: the record and its audit entry are stored in one transaction,
which becomes part of a larger one where `in_transaction` is under way.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from mongoengine import BooleanField, ListField, LongField, ObjectIdField, StringField, ValidationError
from pymongo import DeleteOne, InsertOne, UpdateOne

from records.declaration.fields import Encrypted, EncryptedStringField, UTCDateTimeField
from records.storage import audit, keys, search_tokens
from records.storage.audit import AuditAction
from records.storage.database import database, session
from records.storage.record import Record
from records.storage.write_batch import (
    Change,
    ConcurrentModification,
    DuplicateValue,
    RecordDeleted,
    batched_writes,
    store,
)
from security.actor import current_actor

__all__ = [
    "ConcurrentModification",
    "DuplicateValue",
    "ImmutableField",
    "RecordDeleted",
    "batched_writes",
    "delete",
    "record_event",
    "save",
    "search_fields",
    "tokens_of_record",
]

UNAUDITED = frozenset({"_id", "created_at", "updated_at", "version", "search"})


class ImmutableField(Exception):
    """A field that is fixed once the record exists was to be changed; nothing was written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def save(
    *records: Record, reason: str = "", now: datetime | None = None, deed: AuditAction | None = None
) -> int:
    """Store new and changed records; return how many there were. One that is as stored is not written.

    Raises `ConcurrentModification`, `RecordDeleted`, `ImmutableField`, `DuplicateValue` and MongoEngine's
    `ValidationError`, and then nothing of all `records` is stored. `now` is aware, UTC. `deed`
    names a change that is more than that: an erasure may empty locked fields.
    """
    moment = _millisecond(now)
    _prepare([record for record in records if record.stored is None], moment)
    _seal(records)
    changes = [change for record in records if (change := _change(record, moment, reason, deed))]
    store(changes)
    return len(changes)


def delete(
    *records: Record, reason: str = "", now: datetime | None = None, deed: AuditAction = AuditAction.DELETE
) -> int:
    """Delete records; return how many. Raises `ConcurrentModification` where one changed since it was read,
    and then none is deleted. Deleting what is gone already raises `RecordDeleted`."""
    moment = _millisecond(now)
    changes = [
        Change(
            record,
            DeleteOne({"_id": record.pk, "version": record.version}),
            audit.entry(current_actor(), deed, moment, _collection(record), record.pk, reason=reason),
            None,
        )
        for record in records
    ]
    store(changes)
    return len(changes)


def record_event(
    deed: AuditAction,
    collection: str = "",
    record: ObjectId | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Leave an audit entry for a deed that changes no record: a reveal, an export, a sign-in."""
    entry = audit.entry(current_actor(), deed, _millisecond(now), collection, record, reason=reason)
    database()[audit.AuditEntry._get_collection_name()].insert_one(entry, session=session())


def _millisecond(now: datetime | None) -> datetime:
    moment = now or datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _collection(record: Record) -> str:
    return record._get_collection_name()


def _prepare(records: list[Record], now: datetime) -> None:
    """Let new records of each kind get ready together, so that many take their numbers at once."""
    kinds: dict[type[Record], list[Record]] = {}
    for record in records:
        record.pk = record.pk or ObjectId()
        kinds.setdefault(type(record), []).append(record)
    for kind, group in kinds.items():
        kind.prepare(group, now)


def _seal(records: Sequence[Record]) -> None:
    """Encrypt what was assigned in the clear, fetching or making all data keys at once."""
    waiting = [record for record in records if _unsealed(record)]
    if not waiting:
        return
    owners = {record.pk: record.key_owner() for record in waiting}
    opened = keys.get_or_create_keys(owners.values())
    for record in waiting:
        owner = owners[record.pk]
        for name in _unsealed(record):
            record._data[name] = _sealed(record, name, owner, opened[owner])


def _unsealed(record: Record) -> list[str]:
    """The fields to encrypt: those assigned anew, and those sealed for a person it no longer concerns."""
    values = {name: record._data.get(name) for name in record.encrypted()}
    present = {name: value for name, value in values.items() if value is not None}
    if not present:
        return []
    owner = record.key_owner()
    return [
        name
        for name, value in present.items()
        if not isinstance(value, Encrypted) or (value.owner != owner and not record.is_erased(name))
    ]


def _sealed(record: Record, name: str, owner: ObjectId, key: bytes) -> Encrypted:
    field = record.encrypted()[name]
    text = getattr(record, name)
    before = (record.stored or {}).get(field.db_field)
    if before is not None:
        kept = Encrypted(before)
        if kept.owner == owner and field.decrypt(kept, record.pk, _collection(record)) == text:
            return kept
    field._validate(text)
    return field.encrypt(text, record.pk, _collection(record), owner, key)


def _change(record: Record, now: datetime, reason: str, deed: AuditAction | None) -> Change | None:
    before = record.stored
    after = dict(record.to_mongo())
    _validate(record, before, after)
    _index(record, before, after)
    if before is None:
        after |= {"created_at": record.created_at or now, "updated_at": now, "version": 1}
        operation: Any = InsertOne(after)
        deed = deed or AuditAction.CREATE
        changed = list(after)
    else:
        changed = _changed(record, before, after)
        if not changed:
            return None
        if deed is not AuditAction.ERASE:
            _refuse_locked(record, changed, before, after)
        values: dict[str, Any] = {name: after[name] for name in changed if name in after}
        if any(_audited(record, name) for name in changed):  # what nobody edits makes no edit stale
            values |= {"updated_at": now, "version": before.get("version", 0) + 1}
        update: dict[str, Any] = {"$set": values}
        if gone := {name: "" for name in changed if name not in after}:
            update["$unset"] = gone
        operation = UpdateOne({"_id": record.pk, "version": before.get("version", 0)}, update)
        after = {**{k: v for k, v in before.items() if k not in gone}, **values}
        deed = deed or AuditAction.CHANGE
    differences = [
        _difference(record, name, (before or {}).get(name), after.get(name), deed)
        for name in changed
        if _audited(record, name) and not _only_resealed(record, name, before or {}, after)
    ]
    silent = deed is AuditAction.CHANGE and not differences
    entry = audit.entry(current_actor(), deed, now, _collection(record), record.pk, differences, reason)
    return Change(record, operation, None if silent else entry, after)


def _validate(record: Record, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Check a new record whole, and of a stored one what changed: what was fine under an older rule
    does not stand in the way of other changes. Raises `ValidationError`."""
    try:
        record.validate()
    except ValidationError as error:
        if before is None:
            raise
        changed = {record._reverse_db_field_map.get(name, name) for name in _changed(record, before, after)}
        if wrong := {name: why for name, why in error.errors.items() if name in changed}:
            error.errors = wrong
            raise


def _changed(record: Record, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The stored names that are not what they were. What reading alone adds, a default or an empty
    list, is no change."""
    declared = {field.db_field for field in record._fields.values()}
    different = [name for name in declared if before.get(name) != after.get(name)]
    if all(_is_no_work_of_reading(record, name, before, after) for name in different):
        return different
    as_read = type(record)._from_son(before).to_mongo()
    return [name for name in different if as_read.get(name) != after.get(name)]


def _is_no_work_of_reading(record: Record, name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether values that differ were made to: the field's come out of a reading as they went in,
    and it has no value of its own where none is stored."""
    field = record._fields[record._reverse_db_field_map.get(name, name)]
    if isinstance(field, ListField):
        return isinstance(field.field, LongField) and bool(before.get(name) or after.get(name))
    simple = isinstance(field, StringField | ObjectIdField | BooleanField | UTCDateTimeField)
    return simple and (name in before or field.default is None)


def _audited(record: Record, name: str) -> bool:
    field = record._fields.get(record._reverse_db_field_map.get(name, name))
    return name not in UNAUDITED and not getattr(field, "unaudited", False)


def _index(record: Record, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """Keep the search tokens true to the fields they are made of."""
    policy = getattr(record, "policy", None)
    if policy is None or "search" not in record._fields:
        return
    sources = {record._fields[name].db_field for name in search_fields(record)} | {record.redacted_by}
    if before is not None and all(before.get(name) == after.get(name) for name in sources):
        if "search" in before:
            after["search"] = before["search"]
        return
    found = tokens_of_record(record)
    record._data["search"] = found
    if found:
        after["search"] = found
    else:
        after.pop("search", None)


def search_fields(record: Record) -> set[str]:
    """The fields whose words or identity the search index holds."""
    identities = {
        name
        for name, field in record._fields.items()
        if (personal := getattr(field, "personal", None)) and personal.identity
    }
    return identities | set(record.policy.search)


def tokens_of_record(record: Record) -> list[int]:
    """The tokens under which a record is found: words of its search fields, identities whole."""
    pieces: set[str] = set()
    found: set[int] = set()
    for name in search_fields(record):
        value = record.searchable_value(name)
        if not value:
            continue
        personal = getattr(record._fields[name], "personal", None)
        if personal and personal.identity:
            found.add(search_tokens.identity(personal.identity, value))
        else:
            pieces |= search_tokens.words(" ".join(value) if isinstance(value, list) else str(value))
    found |= set(search_tokens.hash_tokens(pieces))
    return sorted({*found, search_tokens.marker()}) if found else []


def _refuse_locked(
    record: Record, changed: Iterable[str], before: dict[str, Any], after: dict[str, Any]
) -> None:
    for name in changed:
        field = record._fields[record._reverse_db_field_map.get(name, name)]
        if getattr(field, "locked", False) and before.get(name) is not None:
            if _only_resealed(record, name, before, after):
                continue
            raise ImmutableField(field.name)
        if getattr(field, "append_only", False):
            old, new = before.get(name) or [], after.get(name) or []
            if new[: len(old)] != old:
                raise ImmutableField(field.name)


def _difference(record: Record, name: str, before: Any, after: Any, deed: AuditAction) -> dict[str, Any]:
    """What an entry says of one field; of what is erased, no word."""
    field_name = record._reverse_db_field_map.get(name, name)
    field = record.encrypted().get(field_name)
    if field is None:
        gone = deed is AuditAction.ERASE and isinstance(before, str | list)
        if gone or getattr(record._fields.get(field_name), "secret", False):
            return audit.hashed_change_entry(field_name, before and str(before), after and str(after))
        return audit.change_entry(field_name, before, after)
    return audit.hashed_change_entry(field_name, *_texts(record, field, before, after))


def _only_resealed(record: Record, name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether a value says what it said and only its key is another's: its record has got
    another person, or none."""
    field = record.encrypted().get(record._reverse_db_field_map.get(name, name))
    if field is None or not (before.get(name) and after.get(name)):
        return False
    old, new = _texts(record, field, before[name], after[name])
    return old == new


def _texts(record: Record, field: EncryptedStringField, *values: Any) -> list[str | None]:
    return [
        None if value is None else field.decrypt(Encrypted(value), record.pk, _collection(record)) or ""
        for value in values
    ]
