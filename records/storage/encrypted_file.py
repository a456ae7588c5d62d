"""Files in the database: sealed piece by piece, so that one altered, moved or missing is noticed.

Each piece is encrypted under the owner's key and bound to its place. Destroying the key ends all
copies of the file. GridFS makes its indexes when first used, which no transaction allows: files are
stored beside the one under way, under an id that is named nowhere until then.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

import pymongo
from bson import ObjectId
from gridfs import GridFSBucket
from gridfs.errors import NoFile

from records.storage.database import database, session
from security import ciphers

PIECE = 256 * 1024 - 64
SECONDS = 120
LENGTH = 4
NAME = "sealed"
"""What every file is called: what it is of stands in the record that names it."""


class FileGone(Exception):
    """The file is no longer kept."""


def _bucket(name: str) -> GridFSBucket:
    return GridFSBucket(database(), bucket_name=name, chunk_size_bytes=PIECE + 64)


def store(
    bucket: str, source: IO[bytes], key: bytes, metadata: dict[str, Any], file: ObjectId | None = None
) -> tuple[ObjectId, int]:
    """Store a file from where `source` stands; return its id and its size.

    Under a `file` of the caller's it takes the place of what an earlier try may have left there.
    """
    size, number = 0, 0
    if file:
        with suppress(NoFile):
            _bucket(bucket).delete(file)
    file = file or ObjectId()
    with (
        pymongo.timeout(SECONDS),
        _bucket(bucket).open_upload_stream_with_id(file, NAME, metadata=metadata) as stored,
    ):
        while True:
            piece = source.read(PIECE)
            sealed = ciphers.seal_bytes(key, piece, _place(file, number, last=not piece))
            stored.write(len(sealed).to_bytes(LENGTH) + sealed)
            if not piece:
                return file, size
            size, number = size + len(piece), number + 1


def pieces(bucket: str, file: ObjectId, key: bytes) -> Iterator[bytes]:
    """Read a file piece by piece. Raises `FileGone`, and `DecryptionError` where it was altered."""
    try:
        stored = _bucket(bucket).open_download_stream(file)
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
    raise ciphers.DecryptionError("The end of this file is missing.")


def remove(bucket: str, where: dict[str, Any]) -> int:
    """Delete the files whose description matches, as part of the transaction under way; return how many."""
    files = database()[f"{bucket}.files"]
    ids = [row["_id"] for row in files.find(where, {"_id": 1}, session=session())]
    if ids:
        database()[f"{bucket}.chunks"].delete_many({"files_id": {"$in": ids}}, session=session())
        files.delete_many({"_id": {"$in": ids}}, session=session())
    return len(ids)


def _place(file: ObjectId, number: int, *, last: bool) -> bytes:
    return file.binary + number.to_bytes(LENGTH) + bytes([last])
