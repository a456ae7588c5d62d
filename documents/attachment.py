"""Evidence: files kept with a ticket, sealed under the key of the person they concern (R61)."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Self

import puremagic
from bson import ObjectId
from mongoengine import IntField, ObjectIdField, StringField

from documents import keys, sealed_file
from documents.fields import EncryptedString, Reference
from documents.note import about
from documents.policy import Fate, Mask, Personal, Policy
from documents.record import Governed
from documents.sealed_file import FileGone
from documents.verbs import Refused, Upload
from documents.words import N_
from security.actor import acting
from security.permissions import PAPERS

BUCKET = "evidence"
LARGEST = 10 * 1024 * 1024
LONGEST_NAME = 120

ALLOWED: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".txt": "text/plain",
}
"""What may be kept, by what a file's content says it is. Nothing that a browser would run."""


class Attachment(Governed):
    """One file on a ticket; it goes when its ticket's data go."""

    policy = Policy(
        title=N_("Evidence"),
        one=N_("Piece of evidence"),
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
    user = Reference("users", system=True, verbose_name=N_("User"))
    by = StringField(system=True, locked=True, verbose_name=N_("Who"))
    name = EncryptedString(
        required=True,
        system=True,
        locked=True,
        verbose_name=N_("File name"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    what = EncryptedString(
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
            {"fields": ["-created_at", "-_id"], "name": "newest"},
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    @classmethod
    def on(cls, ticket: Any, upload: Upload, what: str, now: datetime) -> Self:
        """Keep a file with a ticket. Raises `Refused` where it is empty, too large, or of another kind."""
        extension = kind_of(upload)
        one = cls(**about(ticket), by=acting().name, what=what or None)
        one.pk = ObjectId()
        one.name = safe_name(upload.name, extension)
        one.type, one.size = ALLOWED[extension], len(upload.content)
        one._seal(upload.content)
        try:
            return one.save(now=now)
        except BaseException:
            sealed_file.remove(BUCKET, {"_id": one.file})
            raise

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece. Raises `FileGone` once its key is gone, `Unreadable` where it was altered."""
        key = keys.opened([self.sealed_for]).get(self.sealed_for)
        if key is None:
            raise FileGone(str(self.pk))
        return sealed_file.pieces(BUCKET, self.file, key)

    def hand_to(self, user: Any) -> None:
        """Let the file be another person's, in memory: sealed anew, under their key."""
        content = b"".join(self.pieces())
        self.user = user
        self._seal(content)

    def _seal(self, content: bytes) -> None:
        self.sealed_for = self.key_owner()
        key = keys.ensure([self.sealed_for])[self.sealed_for]
        metadata = {"attachment": self.pk, "ticket": self.ticket}
        self.file, _size = sealed_file.store(BUCKET, io.BytesIO(content), key, metadata)

    @classmethod
    def discard(cls, records: Sequence[Self]) -> None:
        """Delete the files of records that go, as part of the transaction under way."""
        sealed_file.remove(BUCKET, {"metadata.attachment": {"$in": [record.pk for record in records]}})


def kind_of(upload: Upload) -> str:
    """The extension that the content of a file deserves, whatever it is called. Raises `Refused`."""
    content = upload.content
    if not content:
        raise Refused(N_("This file is empty."))
    if len(content) > LARGEST:
        raise Refused(
            N_("This file is larger than %(most)s MB; nothing was stored."), most=LARGEST // 1024 // 1024
        )
    named = PurePath(upload.name).suffix.lower()
    found = _guesses(content, named)
    if not found:
        raise Refused(
            N_("Files of this kind are not kept: pictures, PDF, Office, sound, film and plain text are.")
        )
    return named if named in found else found[0]


def _guesses(content: bytes, named: str) -> list[str]:
    """The allowed extensions whose mark the content bears; plain text bears none, and no tag either."""
    try:
        marks = puremagic.magic_string(content, filename=f"file{named}")
    except (puremagic.PureError, ValueError):
        marks = []
    found = [one.extension for one in marks if one.extension in ALLOWED and one.byte_match]
    return found or ([".txt"] if named == ".txt" and _is_plain(content) else [])


def _is_plain(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\x00" not in text and "<" not in text[:1024]


def safe_name(name: str, extension: str) -> str:
    """A file's own name without folders and control characters, ending as its content deserves."""
    stem = PurePath(name.replace("\\", "/")).stem
    kept = "".join(letter for letter in stem if letter.isprintable() and letter not in '/:*?"<>|')
    return (kept.strip(" .")[:LONGEST_NAME] or "file") + extension
