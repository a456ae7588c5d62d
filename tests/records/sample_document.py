"""A register that only tests know: one field of each sort that writing treats in its own way."""

from mongoengine import EmbeddedDocumentField, IntField, ListField, StringField

from records.declaration.fields import EncryptedString, Moment, Reference
from records.declaration.policy import Mask, Personal, Policy
from records.declaration.record import Governed
from records.declaration.subdocument import Part


class Stamp(Part):
    """One mark on a letter."""

    place = StringField()
    at = Moment()


class Letter(Governed):
    """What somebody wrote to us."""

    policy = Policy(
        title="Letters", one="Letter", group="Tests", subject="writer", label="title", search=("title",)
    )
    writer = Reference("users")
    title = StringField(required=True, max_length=80)
    pages = IntField(min_value=1)
    day = Moment()
    key = StringField(locked=True)
    words = ListField(StringField())
    stamps = ListField(EmbeddedDocumentField(Stamp), append_only=True)
    body = EncryptedString(personal=Personal("user.content", mask=Mask.OPEN))
    sender = EncryptedString(personal=Personal("user.contact.email", identity="email"))

    meta = {"collection": "letters"}
