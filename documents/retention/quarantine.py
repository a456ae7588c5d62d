"""Quarantine: what retention purged is kept sealed for some days, under a key of its own, in case the rule
was wrong. Two people can bring it back; then the key is destroyed, and nobody can (R24).

What a person asked to have deleted never comes here, and what is here goes with its person. Files are
sealed anew, under the same key as their record here, so they end with it.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from bson import ObjectId, json_util
from mongoengine import EmbeddedDocumentField, ListField, ObjectIdField, StringField

from documents.erasure import tombstone
from documents.retention import purge_limit
from documents.work.task import JSON
from language.words import N_, Choice
from records import legal_hold
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import (
    EncryptedStringField,
    RecordLabelField,
    ReferenceIdField,
    RuleNameField,
    UTCDateTimeField,
)
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import RegisterChoices
from records.declaration.registry import by_collection
from records.declaration.subdocument import Subdocument
from records.storage import encrypted_file, keys, writer
from records.storage.audit import AuditAction
from records.storage.database import database, in_transaction, session
from security.actor import current_actor
from security.permissions import PURGES, Action

APPROVALS = 2
BUCKET = "quarantined_files"


class QuarantineState(Choice):
    """What has become of a purged record."""

    KEPT = "kept", N_("Can come back")
    RETURNED = "returned", N_("Brought back")


class Approval(Subdocument):
    """Somebody says that it is to come back."""

    by = StringField(required=True)
    name = StringField(verbose_name=N_("By"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    note = StringField(max_length=2000, verbose_name=N_("Why"))


class QuarantinedRecord(Governed):
    """One purged record: sealed under a key that belongs to nothing else."""

    policy = Policy(
        title=N_("Quarantine"),
        singular=N_("Purged record"),
        group=N_("Deletion"),
        icon="quarantine",
        access=PURGES,
        subject="person",
        on_erasure=Fate.ERASE,
        label="name",
        columns=("name", "register", "fate", "rule", "purged_at", "until", "state", "approvals"),
        filters=("state", "register", "fate", "purged_at", "until"),
        order="-purged_at",
        sections=(
            (N_("What was purged"), ("name", "register", "fate", "rule", "purged_at")),
            (N_("Until it is gone for good"), ("until", "state", "approvals")),
        ),
    )

    name = RecordLabelField(required=True, system=True, verbose_name=N_("Record"))
    register = StringField(
        choices=RegisterChoices(), required=True, locked=True, system=True, verbose_name=N_("Register")
    )
    record = ObjectIdField(required=True, locked=True, internal=True)
    person = ReferenceIdField("users", locked=True, internal=True)
    fate = StringField(choices=list(Fate), required=True, system=True, verbose_name=N_("What was done"))
    rule = RuleNameField(required=True, system=True, verbose_name=N_("Rule"))
    purged_at = UTCDateTimeField(required=True, system=True, verbose_name=N_("Purged"))
    until = UTCDateTimeField(required=True, system=True, verbose_name=N_("Can come back until"))
    state = StringField(
        choices=list(QuarantineState), default=QuarantineState.KEPT, system=True, verbose_name=N_("State")
    )
    sealed = EncryptedStringField(internal=True, unaudited=True)
    file = ObjectIdField(internal=True, unaudited=True)
    approvals = ListField(
        EmbeddedDocumentField(Approval), append_only=True, system=True, verbose_name=N_("Approved by")
    )

    meta = {
        "collection": "quarantine",
        "indexes": [
            {"fields": ["until", "_id"], "name": "over"},
            {"fields": ["-purged_at", "-_id"], "name": "by_purge"},
            {"fields": ["person"], "name": "of_person"},
            {"fields": ["record"], "name": "of_record"},
        ],
    }

    def key_owner(self) -> ObjectId:
        """Its own, so that destroying one key destroys one record and nothing else."""
        return self.pk

    @classmethod
    def delete_external(cls, records: Sequence[Self]) -> None:
        """Delete the files that go with records, as part of the transaction under way."""
        if files := [record.file for record in records if record.file]:
            encrypted_file.remove(BUCKET, {"_id": {"$in": files}})

    @action(
        N_("Approve the return"),
        Action.ALLOW,
        when=lambda row: row.state == QuarantineState.KEPT,
        comment=N_("Why it must come back"),
    )
    def approve(self, now: datetime, note: str) -> None:
        """Agree that the record comes back; with the second person's word it does, under a legal hold
        so that the rule does not take it again at once. Raises `ActionRefused`."""
        if self.until <= now or self.state != QuarantineState.KEPT:
            raise ActionRefused(N_("Its time is over: it cannot come back any more."))
        if current_actor().id in {approval.by for approval in self.approvals}:
            raise ActionRefused(N_("You have approved this. It comes back when somebody else does as well."))
        self.approvals.append(Approval(by=current_actor().id, name=current_actor().name, at=now, note=note))
        if len(self.approvals) < APPROVALS:
            self.save(now=now, reason=note)
        else:
            in_transaction(lambda: self._bring_back(now, note))

    def _bring_back(self, now: datetime, note: str) -> None:
        kind = by_collection(self.register)
        text = self.sealed
        if kind is None or text is None:
            raise ActionRefused(N_("Its time is over: it cannot come back any more."))
        kept = json_util.loads(text, json_options=JSON)
        there = database()[self.register].find_one({"_id": self.record}, session=session())
        record = _as_it_was(kind, kept, there, now)
        if self.file:
            record.restore_external(self._content())
        writer.save(record, now=now, reason=note, deed=AuditAction.RETURN)
        database()[tombstone.Tombstone.collection_name()].delete_many(
            {"mark": tombstone.identity_hash(self.register, self.record)}, session=session()
        )
        self.delete_external([self])
        self.state, self.sealed, self.file = QuarantineState.RETURNED, None, None
        self.save(now=now, reason=note)
        keys.destroy([self.pk])
        if stored := database()[self.register].find_one({"_id": self.record}, session=session()):
            legal_hold.place(kind._from_son(stored), note, now)

    def _keep(self, content: bytes) -> None:
        """Keep a record's file here too: under the record's id, so that trying again leaves one; it says
        whose key it has, so that this goes with one that a purge which broke off left here."""
        key = keys.get_or_create_keys([self.pk])[self.pk]
        place = {"register": self.register, "key": self.pk}
        self.file, _size = encrypted_file.store(BUCKET, io.BytesIO(content), key, place, self.record)

    def _content(self) -> bytes:
        key = keys.get_keys([self.pk])[self.pk]
        return b"".join(encrypted_file.pieces(BUCKET, self.file, key))


def put(records: Sequence[Governed], fate: Fate, rule: str, now: datetime) -> None:
    """Keep records of one kind as they are now, before retention does to them what `fate` says; part of
    the transaction under way. What hangs on them, such as notes and files, is kept as well. `now`
    is aware, UTC."""
    hanging = type(records[0]).dependents(records)
    keys.get_keys(record.key_owner() for record in [*records, *hanging])
    until = now + purge_limit.current_limits(now).kept
    rows = [_row(record, fate, rule, now, until) for record in records]
    rows += [_row(record, Fate.ERASE, rule, now, until) for record in hanging]
    writer.save(*rows, now=now, reason=rule)


def _row(record: Governed, fate: Fate, rule: str, now: datetime, until: datetime) -> QuarantinedRecord:
    row = QuarantinedRecord(
        id=ObjectId(),
        name=_name(record),
        register=record.collection_name(),
        record=record.pk,
        person=record.subject_id(),
        fate=fate,
        rule=rule,
        purged_at=now,
        until=until,
        sealed=_as_text(record),
    )
    if (content := record.external_content()) is not None:
        row._keep(content)
    return row


def destroy(rows: Sequence[QuarantinedRecord], now: datetime, reason: str) -> int:
    """Destroy the keys of what lies in quarantine, and the rows with them; return how many."""
    QuarantinedRecord.delete_external(rows)
    writer.delete(*rows, now=now, reason=reason, deed=AuditAction.ERASE)
    keys.destroy(row.pk for row in rows)
    return len(rows)


def _as_text(record: Governed) -> str:
    """The stored record, its sealed values opened: the keys to them may be about to go."""
    opened = {name: text for name in record.encrypted() if (text := getattr(record, name)) is not None}
    sealed = {field.db_field for field in record.encrypted().values()}
    stored = {name: value for name, value in (record.stored or {}).items() if name not in sealed}
    return json_util.dumps({"stored": stored, "opened": opened}, json_options=JSON)


def _as_it_was(
    kind: type[Governed], kept: dict[str, Any], there: dict[str, Any] | None, now: datetime
) -> Governed:
    """The record to be saved: an anonymised one with its values again, an erased one as a new one."""
    record = kind._from_son(there or kept["stored"])
    if there:
        record.anonymised_at = None
    else:
        record.stored = None
    record.detached_at = None if _has_person(record) else record.detached_at or now
    for name, text in kept["opened"].items():
        setattr(record, name, text)
    return record


def _has_person(record: Governed) -> bool:
    """Whether the person it is about is still here: a key is not made again for one who is gone."""
    subject = record.subject_id()
    name = record.policy.subject
    if subject is None or name in {None, "self"}:
        return True
    collection = record.references()[str(name)].kind
    return database()[collection].count_documents({"_id": subject}, limit=1, session=session()) > 0


def _name(record: Governed) -> str:
    """What it is called, never by a personal value."""
    return str(record.pk if record.policy.label in record.personal() else record)[:200]
