"""Sealed files that nothing names: a process that died between storing a file and what names it left them.

Files are stored beside the transaction that names them (`records.storage.encrypted_file`), so each bucket
is looked through now and then for what none of its records calls its own.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from bson import ObjectId
from mongoengine import DictField, Document

from records.storage import encrypted_file, keys
from records.storage.database import database, session

MIN_AGE, MAX_AGE = timedelta(hours=1), timedelta(days=30)
"""How old a file is that is looked at: no transaction lasts an hour, and in a month each is looked at often."""
BATCH = 1_000


class OrphanFile(Document):
    """A file as its bucket knows it; subclasses say which records name those of one bucket, and how."""

    metadata = DictField()

    bucket: ClassVar[str]
    register: ClassVar[str]
    meta: ClassVar[dict[str, Any]] = {"abstract": True, "strict": False, "auto_create_index": False}

    @classmethod
    def collection_name(cls) -> str:
        return f"{cls.bucket}.files"

    @classmethod
    def naming(cls, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The query for the records that would name some files, as they are stored: one that an index
        answers."""
        raise NotImplementedError


class OrphanAttachmentFile(OrphanFile):
    """Left where a file was taken in, or sealed anew for another person."""

    bucket, register = "evidence", "attachments"
    meta = {"collection": "evidence.files"}

    @classmethod
    def naming(cls, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {"_id": {"$in": [file["metadata"]["attachment"] for file in files]}}


class OrphanQuarantineFile(OrphanFile):
    """Left where a purge broke off: a copy of what was to be purged, with a key of its own."""

    bucket, register = "quarantined_files", "quarantine"
    meta = {"collection": "quarantined_files.files"}

    @classmethod
    def naming(cls, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {"record": {"$in": [file["_id"] for file in files]}}


KINDS: tuple[type[OrphanFile], ...] = (OrphanAttachmentFile, OrphanQuarantineFile)


def orphans(kind: type[OrphanFile], now: datetime) -> Iterator[list[ObjectId]]:
    """The files of a bucket that nothing names, in stretches. Two queries for so many files."""
    aged = {"filename": encrypted_file.NAME, "uploadDate": {"$gte": now - MAX_AGE, "$lt": now - MIN_AGE}}
    after: ObjectId | None = None
    while True:
        where = {**aged, "_id": {"$gt": after}} if after else aged
        files = list(database()[kind.collection_name()].find(where).sort("_id").limit(BATCH))
        if not files:
            return
        if found := [file["_id"] for file in _unnamed(kind, files)]:
            yield found
        after = files[-1]["_id"]


def remove(records: Sequence[OrphanFile]) -> int:
    """Delete those of some files that nothing names still, and the keys that are theirs alone, as part of
    the transaction under way; return how many."""
    kind = type(records[0])
    where = {"_id": {"$in": [record.pk for record in records]}}
    files = list(database()[kind.collection_name()].find(where, session=session()))
    gone = _unnamed(kind, files)
    keys.destroy(file["metadata"]["key"] for file in gone if "key" in file["metadata"])
    return encrypted_file.remove(kind.bucket, {"_id": {"$in": [file["_id"] for file in gone]}})


def _unnamed(kind: type[OrphanFile], files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = database()[kind.register].find(kind.naming(files), {"file": 1}, session=session())
    named = {row.get("file") for row in rows}
    return [file for file in files if file["_id"] not in named]
