"""The field types declarations are made of, beside MongoEngine's own."""

import re
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from mongoengine import DateTimeField, Document, ListField, ObjectIdField, StringField
from mongoengine.base import BaseDocument

from records.storage import keys
from security import ciphers

_SCHEME = b"\x01"
_OWNER = slice(1, 13)
_BODY = slice(13, None)


def _without_compiled_patterns() -> None:
    """Send `$regex` as a document: a compiled pattern on an indexed field finds nothing on the
    embedded database, and every `icontains`, `startswith` or `iexact` makes one."""
    prepare = StringField.prepare_query_value

    def prepare_query_value(self: StringField, op: str, value: Any) -> Any:
        prepared = prepare(self, op, value)
        if isinstance(prepared, re.Pattern):
            return {"$regex": prepared.pattern, "$options": "i" if prepared.flags & re.IGNORECASE else ""}
        return prepared

    StringField.prepare_query_value = prepare_query_value


_without_compiled_patterns()


class UTCDateTimeField(DateTimeField):
    """An aware moment in UTC, kept to the millisecond as the database does."""

    def __set__(self, instance: BaseDocument, value: Any) -> None:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                self.error(f"{self.name} needs a time zone, and {value} has none")
            value = value.astimezone(UTC)
            value = value.replace(microsecond=value.microsecond // 1000 * 1000)
        super().__set__(instance, value)

    def to_mongo(self, value: Any) -> Any:
        return value


class AuthorField(StringField):
    """Who did something, by the name they had then; of a job, its name in the timetable."""


class RuleNameField(StringField):
    """By which rule something ended or is to end, under the one name that every language shares
    (`documents.retention.retention_rule_label`)."""


class RecordLabelField(StringField):
    """What a record of the register beside it is called, kept where the record itself may be gone."""

    register = "register"


class FieldNamesField(ListField):
    """Fields of a record, whose register the field `register` names among those beside it."""

    def __init__(self, register: str, **options: Any) -> None:
        self.register = register
        super().__init__(StringField(), **options)


class TranslatableField(StringField):
    """A sentence of ours, marked with `N_` and said in the reader's language, or somebody's own words."""


class ReferenceIdField(ObjectIdField):
    """The id of another record, and of which kind: read on purpose, in batches, never by accident.

    `kind` is a collection's name, so that declarations may name each other in any order.
    What it points at may be gone: whoever shows it says "(erased)".
    """

    def __init__(self, kind: str, **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)

    def __set__(self, instance: BaseDocument, value: Any) -> None:
        super().__set__(instance, value.pk if isinstance(value, Document) else value or None)

    def prepare_query_value(self, op: str, value: Any) -> Any:
        return super().prepare_query_value(op, value.pk if isinstance(value, Document) else value)


class Encrypted(bytes):
    """An encrypted value as it is stored; it names whose key opens it."""

    @property
    def owner(self) -> ObjectId:
        return ObjectId(bytes(self[_OWNER]))


class EncryptedStringField(StringField):
    """Text stored under the data key of the person it concerns.

    Reading it gives the text, or None once the key is gone. The record's id and the field's
    name are bound in, so a value copied elsewhere does not open.
    """

    def __get__(self, instance: BaseDocument | None, owner: type) -> Any:
        value = super().__get__(instance, owner)
        if instance is None or not isinstance(value, Encrypted):
            return value
        return self.decrypt(value, instance.pk, instance._get_collection_name())

    def to_python(self, value: Any) -> Any:
        return Encrypted(value) if isinstance(value, bytes) else value

    def to_mongo(self, value: Any) -> Any:
        if not isinstance(value, Encrypted):
            raise TypeError(f"{self.name} is stored sealed only: it is written by records.storage.writer")
        return bytes(value)

    def validate(self, value: Any) -> None:
        if not isinstance(value, Encrypted):
            super().validate(value)

    def prepare_query_value(self, op: str, value: Any) -> Any:
        raise TypeError(
            f"{self.name} is encrypted: look for it by records.storage.search_tokens.identity or .words"
        )

    def encrypt(self, text: str, pk: ObjectId, collection: str, owner: ObjectId, key: bytes) -> Encrypted:
        """Encrypt `text` of record `pk` under `key`, the data key of `owner`."""
        return Encrypted(_SCHEME + owner.binary + ciphers.seal(key, text, self._context(pk, collection)))

    def decrypt(self, value: Encrypted, pk: ObjectId, collection: str) -> str | None:
        """Decrypt; None once the owner's key is gone. Raises `DecryptionError` for an altered value."""
        key = keys.get_keys([value.owner]).get(value.owner)
        return self.decrypt_with(key, value, pk, collection) if key else None

    def decrypt_with(self, key: bytes, value: Encrypted, pk: ObjectId, collection: str) -> str:
        """Decrypt with the owner's key, for who has fetched the keys of many. Raises `DecryptionError`."""
        return ciphers.unseal(key, value[_BODY], self._context(pk, collection))

    def _context(self, pk: ObjectId, collection: str) -> bytes:
        return b"|".join((_SCHEME, collection.encode(), pk.binary, self.name.encode()))
