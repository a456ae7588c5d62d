"""What every kept document is: versioned, audited, and declared."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from bson import ObjectId
from mongoengine import (
    Document,
    IntField,
    ListField,
    LongField,
    ObjectIdField,
    QuerySet,
    StringField,
    ValidationError,
)

from documents.declaration.fields import EncryptedString, Moment, Reference, Sealed
from documents.declaration.policy import Policy
from documents.declaration.verbs import Ask, Group, verb
from documents.declaration.words import N_
from documents.privacy import keys
from documents.storage import writing
from documents.storage.database import database, session
from security.actor import Actor
from security.permissions import Action


class WrittenElsewhere(TypeError):
    """A query tried to write: records are written one way only, `save` and `delete`."""


class ReadingQuerySet(QuerySet):
    """Queries read. Writes go through `documents.storage.writing`, which checks, counts and audits them."""

    def _refuse(self, *_args: Any, **_options: Any) -> Any:
        raise WrittenElsewhere("Queries only read; write with documents.storage.writing.save and .delete.")

    update = update_one = upsert_one = modify = delete = insert = create = _refuse


class Record(Document):
    """A document whose every change has an author, a version and an entry in the audit trail."""

    created_at = Moment(verbose_name=N_("Created"), system=True)
    updated_at = Moment(verbose_name=N_("Changed"), system=True)
    version = IntField(default=0, verbose_name=N_("Version"), system=True)

    policy: ClassVar[Policy]
    meta = {
        "abstract": True,
        "strict": False,  # a field of a later version, or of another program, is kept as it is
        "auto_create_index": False,
        "queryset_class": ReadingQuerySet,
    }

    stored: dict[str, Any] | None = None
    """The document as it was read: what a save compares with. None: not stored yet."""

    @classmethod
    def _from_son(cls, son: dict[str, Any], *args: Any, **options: Any) -> Self:
        record = super()._from_son(son, *args, **options)
        record.stored = dict(son)
        return record

    @classmethod
    def one(cls, where: Mapping[str, Any]) -> Self | None:
        """A record that matches, as the transaction under way sees it. For what every request reads:
        a queryset takes twice as long about it."""
        row = database()[cls._get_collection_name()].find_one(where, session=session())
        return cls._from_son(row) if row else None

    def save(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> Self:
        """Store what changed. See `documents.storage.writing.save`."""
        writing.save(self, reason=reason, now=now)
        return self

    def delete(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> None:
        """Delete this record. See `documents.storage.writing.delete`."""
        writing.delete(self, reason=reason, now=now)

    def modify(self, *_args: Any, **_options: Any) -> Any:
        raise WrittenElsewhere("Change the fields, then save().")

    update = modify

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        """Fill in what new records owe to the moment of their creation: numbers, promised times."""

    @classmethod
    @cache
    def encrypted(cls) -> dict[str, EncryptedString]:
        """The fields that are stored sealed."""
        return {name: field for name, field in cls._fields.items() if isinstance(field, EncryptedString)}

    @classmethod
    @cache
    def references(cls) -> dict[str, Reference]:
        """The fields that point at another record."""
        return {name: field for name, field in cls._fields.items() if isinstance(field, Reference)}

    def is_erased(self, name: str) -> bool:
        """Tell whether the value of `name` is stored but its key is gone for good."""
        return isinstance(self._data.get(name), Sealed) and getattr(self, name) is None

    def __str__(self) -> str:
        return str(self.pk)


class Governed(Record):
    """A record that a policy speaks about: pages, masks, retention and erasure follow from it."""

    hold_reason = StringField(max_length=2000, verbose_name=N_("Legal hold"), system=True)
    anonymised_at = Moment(verbose_name=N_("Anonymised"), system=True)
    detached_at = Moment(internal=True)
    search = ListField(LongField(), internal=True)
    import_key = LongField(internal=True)
    import_batch = ObjectIdField(internal=True)

    brought_in: ClassVar[tuple[str, ...]] = ()
    """Fields of the system's own that an import may fill in, since the register it reads knows them."""

    meta = {
        "abstract": True,
        "indexes": [  # what every list and every search reads by
            {"fields": ["-created_at", "-_id"], "name": "newest"},
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    @verb(
        N_("Place a legal hold"),
        Action.HOLD,
        when=lambda r: not r.anonymised_at,
        asks=(
            Ask("note", N_("Why it must be kept"), "long-text"),
            Ask("reviewer", N_("Who looks at it again"), "reference", required=False, collection="staff"),
            Ask(
                "review_at",
                N_("Look at it again"),
                "moment",
                required=False,
                help=N_("Left open, in 90 days."),
            ),
        ),
        group=Group.DATA,
    )
    def hold(
        self, now: datetime, note: str, reviewer: ObjectId | None = None, review_at: datetime | None = None
    ) -> None:
        """Keep this record, whatever retention or a deletion request says."""
        from documents import hold  # a hold is a governed record itself

        hold.place(self, note, now, reviewer, review_at)

    @verb(
        N_("Release the legal hold"),
        Action.HOLD,
        when=lambda r: bool(r.hold_reason),
        note=N_("Why it may go"),
        group=Group.DATA,
    )
    def release(self, now: datetime, note: str) -> None:
        """Let retention and deletion requests have this record again."""
        from documents import hold

        hold.release(self, note, now)

    @classmethod
    @cache
    def personal(cls) -> dict[str, Any]:
        """The fields that say something of a person, by name."""
        return {name: field for name, field in cls._fields.items() if getattr(field, "personal", None)}

    @classmethod
    def collection_name(cls) -> str:
        return cls._get_collection_name()

    blacked_out_by: ClassVar[str | None] = None
    """The field that says which words of the others are blacked out, where a kind has one."""

    def readable(self, name: str) -> Any:
        """What of a field everybody may read who may read the record: what search finds it by."""
        return getattr(self, name)

    def of_its_person(self, name: str) -> Any:
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

    def is_fixed(self) -> bool:
        """Tell whether nobody changes it in a form any more, as what was published or closed."""
        return False

    def key_owner(self) -> ObjectId:
        """Whose data key seals this record: its person's; its own where no person is known, and from
        the moment it no longer hangs on its person (`documents.privacy.erasing`)."""
        return self.pk if self.detached_at else self.subject_id() or self.pk

    def come_from(self, source: str, key: str) -> None:
        """Keep which register an import found this record in, and under which number there: a kind that
        has a place for it says where. Comes before any value of the file."""

    @classmethod
    def hanging(cls, records: Sequence[Self]) -> list["Governed"]:
        """Records of other kinds that go where these go, such as the notes on them."""
        return []

    @classmethod
    def discard(cls, records: Sequence[Self]) -> None:
        """Delete what these keep outside themselves, as part of the transaction that deletes them."""

    def kept_outside(self) -> bytes | None:
        """What this keeps outside itself, such as a file; None where that is nothing, or gone."""
        return None

    def keep_outside(self, content: bytes) -> None:
        """Keep again what `kept_outside` gave; the caller stores the record."""

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

    def open_together(self, others: list["Governed"]) -> None:
        """Fetch the data keys of many records in one query."""
        keys.opened({record.key_owner() for record in [self, *others]})

    def __str__(self) -> str:
        return str(getattr(self, self.policy.label) or self.pk)
