"""A folder of a backup: a stream of documents for each collection, and a manifest that vouches for them.

A stream is the documents as the database sends them (BSON), one after another, packed with gzip. The
manifest comes last, so a folder without one was not finished.
"""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

FORMAT = 1
MANIFEST = "manifest.json"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
CHUNK = 1024 * 1024

Manifest = dict[str, Any]


class BackupRefused(Exception):
    """A backup cannot be made, or must not be restored; the message says why and what to do."""


def begin(folder: Path) -> None:
    """Make the folder. Raises `BackupRefused` where something is in it: a backup is never mixed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupRefused(f"There is something in {folder} already. Name a new folder for this backup.")
        folder.chmod(0o700)
    except OSError as error:
        raise BackupRefused(f"The backup cannot be written to {folder}: {error.strerror}.") from error


def write(folder: Path, name: str, documents: Iterable[RawBSONDocument]) -> dict[str, Any]:
    """Store one stream; return what the manifest says of it."""
    file, count = f"{name}.bson.gz", 0
    descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as stream:
            for document in documents:
                stream.write(document.raw)
                count += 1
        packed.flush()
        os.fsync(packed.fileno())
    return {"file": file, "count": count, "sha256": _digest(folder / file)}


def read(folder: Path, entry: dict[str, Any]) -> Iterator[RawBSONDocument]:
    """Read one stream, document by document."""
    with gzip.open(folder / entry["file"], "rb") as stream:
        yield from bson.decode_file_iter(stream, RAW)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest: from now on the folder is a backup."""
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **manifest}, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)


def verify(folder: Path, holds: str) -> Manifest:
    """Return the manifest of a folder whose every file is as it was written.

    Raises `BackupRefused` for a folder that is none, holds something else or was damaged.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT or manifest["holds"] != holds:
            raise BackupRefused(f"{folder} holds no {holds} that this version can restore.")
        entries = manifest["collections"]
        for entry in [*entries.values(), *manifest.get("more", {}).values()]:
            if _digest(folder / entry["file"]) != entry["sha256"]:
                raise BackupRefused(
                    f"{folder / entry['file']} is not as it was written: it was damaged or altered. "
                    "Nothing was restored; take another copy of this backup."
                )
    except FileNotFoundError as error:
        raise BackupRefused(
            f"{error.filename} is missing: this is no backup, or it was not finished. Nothing was restored."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(
            f"The backup in {folder} cannot be read ({type(error).__name__}). Nothing was restored."
        ) from error
    return manifest


def move_into_place(fresh: Path, folder: Path) -> None:
    """Have a finished folder take the place of an older one."""
    former = folder.with_name(f"{folder.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if folder.exists():
        folder.replace(former)
    fresh.replace(folder)
    shutil.rmtree(former, ignore_errors=True)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
