"""Files of tasks: what was handed in for one, or what it made; sealed, and kept for days.

A file is cut into pieces, each sealed under the key of its task and bound to its place, so that a
piece that is altered, moved or missing is noticed. Destroying the key ends all copies of the file.
"""

from collections.abc import Iterable, Iterator
from typing import IO, Any

import pymongo
from bson import ObjectId
from gridfs import GridFSBucket
from gridfs.errors import NoFile

from documents import keys
from documents.database import database, session
from documents.task import Task
from security import ciphers

BUCKET = "task_files"
PIECE = 256 * 1024 - 64
SECONDS = 120
LENGTH = 4


class FileGone(Exception):
    """The file is no longer kept."""


def _bucket() -> GridFSBucket:
    return GridFSBucket(database(), bucket_name=BUCKET, chunk_size_bytes=PIECE + 64)


def keep(task: Task, source: IO[bytes], name: str, media_type: str) -> dict[str, Any]:
    """Store a file from where `source` stands; return what `Task.file` says of it.

    It is stored beside the transaction under way: one that nothing names in the end goes with its task.
    """
    key = keys.ensure([task.pk])[task.pk]
    size, number, file = 0, 0, ObjectId()
    with (
        pymongo.timeout(SECONDS),
        _bucket().open_upload_stream_with_id(file, "sealed", metadata={"task": task.pk}) as stored,
    ):
        while True:
            piece = source.read(PIECE)
            sealed = ciphers.seal_bytes(key, piece, _place(file, number, last=not piece))
            stored.write(len(sealed).to_bytes(LENGTH) + sealed)
            if not piece:
                break
            size, number = size + len(piece), number + 1
    return {"id": file, "name": name, "type": media_type, "size": size}


def pieces(task: Task) -> Iterator[bytes]:
    """Read a task's file piece by piece. Raises `FileGone`, and `Unreadable` where it was altered."""
    key = keys.opened([task.pk]).get(task.pk)
    if not (task.file and key):
        raise FileGone(str(task.pk))
    return _opened(task.file["id"], key)


def _opened(file: ObjectId, key: bytes) -> Iterator[bytes]:
    try:
        stored = _bucket().open_download_stream(file)
    except NoFile as error:
        raise FileGone(str(file)) from error
    number = 0
    while length := stored.read(LENGTH):
        sealed = stored.read(int.from_bytes(length))
        last = len(sealed) == ciphers.NONCE_BYTES + ciphers.TAG_BYTES
        piece = ciphers.unseal_bytes(key, sealed, _place(file, number, last=last))
        if last:
            return
        yield piece
        number += 1
    raise ciphers.Unreadable("The end of this file is missing.")


def _place(file: ObjectId, number: int, *, last: bool) -> bytes:
    return file.binary + number.to_bytes(LENGTH) + bytes([last])


def remove(tasks: Iterable[Task]) -> None:
    """Delete all files of tasks, and the keys to them, as part of the transaction under way."""
    gone = [task.pk for task in tasks]
    files = database()[f"{BUCKET}.files"]
    ids = [row["_id"] for row in files.find({"metadata.task": {"$in": gone}}, {"_id": 1}, session=session())]
    database()[f"{BUCKET}.chunks"].delete_many({"files_id": {"$in": ids}}, session=session())
    files.delete_many({"_id": {"$in": ids}}, session=session())
    keys.destroy(gone)
