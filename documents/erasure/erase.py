"""How the personal data of a record ends: erased, anonymised, or kept by law without its person.

What a field says in `Personal(on_erasure=…)` holds whatever the reason: the end of its time, or a
request. Everything here is one transaction, or part of the one under way, and leaves a tombstone
for each record that went.
"""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from documents.erasure import tombstone
from documents.privacy import data_recall
from records.declaration.fields import Encrypted
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import subject_kinds
from records.storage import keys, writer
from records.storage.audit import AuditAction
from records.storage.database import database, in_transaction, session


def apply_fate(
    records: Sequence[Governed], fate: Fate, rule: str, now: datetime, request: ObjectId | None = None
) -> int:
    """Do to records of one kind what `fate` says, because of `rule`; return how many there were.

    `rule` is what tombstones and the audit trail say of it, so nothing personal stands in it. `now`
    is aware, UTC. Raises `ConcurrentModification` where one changed since it was read, and then none is changed.
    """
    ways = {Fate.ERASE: _erase, Fate.ANONYMISE: _anonymise, Fate.RETAIN: _unlink}

    def carry_out() -> None:
        if fate is not Fate.RETAIN:
            _erase_what_hangs_on(records, rule, now, request)
        ways[fate](records, rule, now, request)

    if records:
        in_transaction(carry_out)
    return len(records)


def _erase_what_hangs_on(
    records: Sequence[Governed], rule: str, now: datetime, request: ObjectId | None
) -> None:
    """Notes and files say as much of a person as the record they are about."""
    kinds: dict[type[Governed], list[Governed]] = {}
    for one in type(records[0]).dependents(records):
        kinds.setdefault(type(one), []).append(one)
    for group in kinds.values():
        if free := without_hold(group):
            _erase(free, rule, now, request)


def _erase(records: Sequence[Governed], rule: str, now: datetime, request: ObjectId | None) -> None:
    """Delete records and the data keys of their own: for a person's record, the key to all of theirs;
    who received data of that person is asked to delete it as well."""
    if records[0].policy.subject == "self":
        data_recall.open_for_all([person.pk for person in records], data_recall.RecallReason.ERASED, now)
    type(records[0]).delete_external(records)
    writer.delete(*records, reason=rule, now=now, deed=AuditAction.ERASE)
    keys.destroy(record.pk for record in records)
    tombstone.create_tombstones(list(records), Fate.ERASE, rule, now, request)


def _anonymise(records: Sequence[Governed], rule: str, now: datetime, request: ObjectId | None) -> None:
    """Empty the personal fields, but for those a law keeps. The reference to the person stays: it
    tells nothing once they are gone."""
    _open(records)
    for record in records:
        for name, field in record.personal().items():
            if field.personal.on_erasure is not Fate.RETAIN:
                setattr(record, name, None)
        record.anonymised_at = record.detached_at = now
    writer.save(*records, reason=rule, now=now, deed=AuditAction.ERASE)
    keys.destroy(record.pk for record in records if not _sealed(record))
    tombstone.create_tombstones(list(records), Fate.ANONYMISE, rule, now, request)


def _unlink(records: Sequence[Governed], rule: str, now: datetime, _request: ObjectId | None) -> None:
    """Seal what is kept with a key of the record's own, since its person's key is about to go."""
    _open(records)
    for record in records:
        record.detached_at = now
    writer.save(*records, reason=rule, now=now)


def _open(records: Sequence[Governed]) -> None:
    records[0].prefetch_keys(list(records[1:]))


def _sealed(record: Governed) -> bool:
    return any(isinstance(record._data.get(name), Encrypted) for name in record.encrypted())


def without_hold(records: Sequence[Governed]) -> list[Governed]:
    """Those of `records`, of one kind, that no legal hold keeps: neither their own nor their person's."""
    subjects = {subject for record in records if (subject := record.subject_id())}
    held = {
        row["_id"]
        for kind in subject_kinds()
        for row in database()[kind.collection_name()].find(
            {"_id": {"$in": list(subjects)}, "hold_reason": {"$nin": [None, ""]}},
            {"_id": 1},
            session=session(),
        )
    }
    return [record for record in records if not record.hold_reason and record.subject_id() not in held]
