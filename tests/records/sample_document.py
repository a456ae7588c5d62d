"""A register that only tests know: one field of each sort that writing treats in its own way."""

from mongoengine import EmbeddedDocumentField, IntField, ListField, StringField

from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Mask, Personal, Policy
from records.declaration.record import Governed
from records.declaration.subdocument import Subdocument


class Stamp(Subdocument):
    """One mark on a letter."""

    place = StringField()
    at = UTCDateTimeField()


class Letter(Governed):
    """What somebody wrote to us."""

    policy = Policy(
        title="Letters", singular="Letter", group="Tests", subject="writer", label="title", search=("title",)
    )
    writer = ReferenceIdField("users")
    title = StringField(required=True, max_length=80)
    pages = IntField(min_value=1)
    day = UTCDateTimeField()
    key = StringField(locked=True)
    words = ListField(StringField())
    stamps = ListField(EmbeddedDocumentField(Stamp), append_only=True)
    body = EncryptedStringField(personal=Personal("user.content", mask=Mask.OPEN))
    sender = EncryptedStringField(personal=Personal("user.contact.email", identity="email"))

    meta = {"collection": "letters"}
