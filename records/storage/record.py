"""A stored document with a version, its stored form and its encrypted fields. It writes nothing itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from mongoengine import Document, IntField, QuerySet

from language.words import N_
from records.declaration.fields import Encrypted, EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Policy
from records.storage.database import database, session


class DirectWriteError(TypeError):
    """A query tried to write: records are written one way only, `save` and `delete`."""


class ReadOnlyQuerySet(QuerySet):
    """Queries read. Writes go through `records.storage.writer`, which checks, counts and audits them."""

    def _refuse(self, *_args: Any, **_options: Any) -> Any:
        raise DirectWriteError("Queries only read; write with records.storage.writer.save and .delete.")

    update = update_one = upsert_one = modify = delete = insert = create = _refuse


class Record(Document):
    """A document whose every change has an author, a version and an entry in the audit trail."""

    created_at = UTCDateTimeField(verbose_name=N_("Created"), system=True)
    updated_at = UTCDateTimeField(verbose_name=N_("Changed"), system=True)
    version = IntField(default=0, verbose_name=N_("Version"), system=True)

    policy: ClassVar[Policy]
    meta = {
        "abstract": True,
        "strict": False,  # a field of a later version, or of another program, is kept as it is
        "auto_create_index": False,
        "queryset_class": ReadOnlyQuerySet,
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

    def modify(self, *_args: Any, **_options: Any) -> Any:
        raise DirectWriteError("Change the fields, then save().")

    update = modify

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        """Fill in what new records owe to the moment of their creation: numbers, promised times."""

    @classmethod
    @cache
    def encrypted(cls) -> dict[str, EncryptedStringField]:
        """The fields that are stored sealed."""
        return {name: field for name, field in cls._fields.items() if isinstance(field, EncryptedStringField)}

    @classmethod
    @cache
    def references(cls) -> dict[str, ReferenceIdField]:
        """The fields that point at another record."""
        return {name: field for name, field in cls._fields.items() if isinstance(field, ReferenceIdField)}

    def is_erased(self, name: str) -> bool:
        """Tell whether the value of `name` is stored but its key is gone for good."""
        return isinstance(self._data.get(name), Encrypted) and getattr(self, name) is None

    def __str__(self) -> str:
        return str(self.pk)
