"""Evidence: files kept with a ticket, sealed under the key of the person they concern (R61)."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Self

from bson import ObjectId
from mongoengine import IntField, ObjectIdField, StringField

from documents.conversation.file_types import ALLOWED, kind_of, safe_name
from documents.conversation.note import about
from language.words import N_
from records.declaration.actions import Upload
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Mask, Personal, Policy
from records.legal_hold import Holdable
from records.storage import encrypted_file, keys
from records.storage.encrypted_file import FileGone
from security.actor import current_actor
from security.permissions import PAPERS

BUCKET = "evidence"


class Attachment(Holdable):
    """One file on a ticket; it goes when its ticket's data go."""

    policy = Policy(
        title=N_("Evidence"),
        singular=N_("Piece of evidence"),
        group=N_("Tickets"),
        icon="download",
        access=PAPERS,
        subject="user",
        on_erasure=Fate.ERASE,
        label="number",
        columns=("number", "name", "type", "size", "by", "created_at"),
        filters=("type", "created_at"),
        search=("number", "name", "what"),
    )

    collection = StringField(required=True, internal=True, locked=True)
    ticket = ObjectIdField(required=True, internal=True, locked=True)
    number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    user = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    by = StringField(system=True, locked=True, verbose_name=N_("Who"))
    name = EncryptedStringField(
        required=True,
        system=True,
        locked=True,
        verbose_name=N_("File name"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    what = EncryptedStringField(
        system=True,
        locked=True,
        verbose_name=N_("What it shows"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    type = StringField(
        choices=sorted(set(ALLOWED.values())),
        required=True,
        system=True,
        locked=True,
        verbose_name=N_("Type"),
    )
    size = IntField(required=True, system=True, locked=True, verbose_name=N_("Bytes"))
    file = ObjectIdField(required=True, internal=True)
    sealed_for = ObjectIdField(required=True, internal=True)

    meta = {
        "collection": "attachments",
        "indexes": [
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def on(cls, ticket: Any, upload: Upload, what: str, now: datetime) -> Self:
        """Keep a file with a ticket. Raises `ActionRefused` where it is empty, too large, or of another kind."""
        extension = kind_of(upload)
        one = cls(**about(ticket), by=current_actor().name, what=what or None)
        one.pk = ObjectId()
        one.name = safe_name(upload.name, extension)
        one.type, one.size = ALLOWED[extension], len(upload.content)
        one._seal(upload.content)
        try:
            return one.save(now=now)
        except BaseException:
            encrypted_file.remove(BUCKET, {"_id": one.file})
            raise

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece. Raises `FileGone` once its key is gone, `DecryptionError` where it was altered."""
        key = keys.get_keys([self.sealed_for]).get(self.sealed_for)
        if key is None:
            raise FileGone(str(self.pk))
        return encrypted_file.pieces(BUCKET, self.file, key)

    def external_content(self) -> bytes | None:
        try:
            return b"".join(self.pieces())
        except FileGone:
            return None

    def restore_external(self, content: bytes) -> None:
        self._seal(content)

    def hand_to(self, user: Any) -> None:
        """Let the file be another person's, in memory: sealed anew, under their key."""
        content = b"".join(self.pieces())
        self.user = user
        self._seal(content)

    def _seal(self, content: bytes) -> None:
        self.sealed_for = self.key_owner()
        key = keys.get_or_create_keys([self.sealed_for])[self.sealed_for]
        metadata = {"attachment": self.pk, "ticket": self.ticket}
        self.file, _size = encrypted_file.store(BUCKET, io.BytesIO(content), key, metadata)

    @classmethod
    def delete_external(cls, records: Sequence[Self]) -> None:
        """Delete the files of records that go, as part of the transaction under way."""
        encrypted_file.remove(BUCKET, {"metadata.attachment": {"$in": [record.pk for record in records]}})
