"""A document that a policy speaks about: pages, masks, retention and erasure follow from it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from bson import ObjectId
from mongoengine import ListField, LongField, ObjectIdField, StringField, ValidationError

from language.words import N_
from records.declaration.fields import UTCDateTimeField
from records.storage import keys, writer
from records.storage.record import Record
from security.actor import Actor


class Governed(Record):
    """A record that a policy speaks about: pages, masks, retention and erasure follow from it."""

    hold_reason = StringField(max_length=2000, verbose_name=N_("Legal hold"), system=True)
    anonymised_at = UTCDateTimeField(verbose_name=N_("Anonymised"), system=True)
    detached_at = UTCDateTimeField(internal=True)
    search = ListField(LongField(), internal=True)
    import_key = LongField(internal=True)
    import_batch = ObjectIdField(internal=True)

    importable_system_fields: ClassVar[tuple[str, ...]] = ()
    """Fields of the system's own that an import may fill in, since the register it reads knows them."""

    meta = {
        "abstract": True,
        "indexes": [  # what every list and every search reads by
            {"fields": ["-created_at", "-_id"], "name": "newest"},
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    def save(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> Self:
        """Store what changed. See `records.storage.writer.save`."""
        writer.save(self, reason=reason, now=now)
        return self

    def delete(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> None:
        """Delete this record. See `records.storage.writer.delete`."""
        writer.delete(self, reason=reason, now=now)

    @classmethod
    @cache
    def personal(cls) -> dict[str, Any]:
        """The fields that say something of a person, by name."""
        return {name: field for name, field in cls._fields.items() if getattr(field, "personal", None)}

    @classmethod
    def collection_name(cls) -> str:
        return cls._get_collection_name()

    redacted_by: ClassVar[str | None] = None
    """The field that says which words of the others are blacked out, where a kind has one."""

    def searchable_value(self, name: str) -> Any:
        """What of a field everybody may read who may read the record: what search finds it by."""
        return getattr(self, name)

    def subject_copy_value(self, name: str) -> Any:
        """What of a field its person gets in the copy of their data."""
        return getattr(self, name)

    @classmethod
    def scope(cls, actor: Actor) -> dict[str, Any]:
        """The query for those records that `actor` may see: all, unless a kind says otherwise."""
        return {}

    def subject_id(self) -> ObjectId | None:
        """Whose data this is: a user's id, or None where nobody is known."""
        subject = self.policy.subject
        if subject is None:
            return None
        return self.pk if subject == "self" else getattr(self, subject)

    def is_immutable(self) -> bool:
        """Tell whether nobody changes it in a form any more, as what was published or closed."""
        return False

    def key_owner(self) -> ObjectId:
        """Whose data key seals this record: its person's; its own where no person is known, and from
        the moment it no longer hangs on its person (`documents.erasure.erase`)."""
        return self.pk if self.detached_at else self.subject_id() or self.pk

    def set_import_source(self, source: str, key: str) -> None:
        """Keep which register an import found this record in, and under which number there: a kind that
        has a place for it says where. Comes before any value of the file."""

    @classmethod
    def dependents(cls, records: Sequence[Self]) -> list["Governed"]:
        """Records of other kinds that go where these go, such as the notes on them."""
        return []

    @classmethod
    def delete_external(cls, records: Sequence[Self]) -> None:
        """Delete what these keep outside themselves, as part of the transaction that deletes them."""

    def external_content(self) -> bytes | None:
        """What this keeps outside itself, such as a file; None where that is nothing, or gone."""
        return None

    def restore_external(self, content: bytes) -> None:
        """Keep again what `external_content` gave; the caller stores the record."""

    def validate(self, clean: bool = True) -> None:
        """As declared; only may an anonymised record lack personal values that were once required."""
        try:
            super().validate(clean)
        except ValidationError as error:
            wrong = {
                name: reason
                for name, reason in error.errors.items()
                if not (self.anonymised_at and name in self.personal() and getattr(self, name) is None)
            }
            if wrong:
                error.errors = wrong
                raise

    def prefetch_keys(self, others: list["Governed"]) -> None:
        """Fetch the data keys of many records in one query."""
        keys.get_keys({record.key_owner() for record in [self, *others]})

    def __str__(self) -> str:
        return str(getattr(self, self.policy.label) or self.pk)
