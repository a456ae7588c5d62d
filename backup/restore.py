"""Restore a backup into an empty database, and delete anew what was deleted since it was made.

While it lasts, a document says so: nobody signs in, no job runs, and a restore that was broken off is
begun again from the start.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError

from backup import archive
from backup.create import HOURS, KEYS_FOLDER, MARKER, PASSING, WITH_KEYS, Progress, key_proof
from backup.reapply_erasures import reapply
from records.storage import keys, writer
from records.storage.audit import AuditAction
from records.storage.database import database
from security.ciphers import DecryptionError, unwrap

BATCH, BATCH_BYTES = 1_000, 4 * 1024 * 1024
LEFT_ALONE = {MARKER, "jobs", "runs"}
"""The timetable of processes that may run already, and wait."""


def restore_is_running() -> bool:
    """Tell whether a restore was begun and has not ended."""
    return database()[MARKER].find_one({"_id": MARKER}, {"_id": 1}) is not None


def restore_backup(
    folder: Path, keys_folder: Path | None, now: datetime, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Restore what `create_backup` wrote to `folder`; return the counts. Safe to repeat where it broke off.

    The keys come from `keys_folder`, else from the folder itself; where the database has its keys
    still, as when only data were lost, those are kept. Everything is checked before anything is
    written. Raises `BackupRefused`.
    """
    data = archive.verify(folder, "data")
    begun = database()[MARKER].find_one({"_id": MARKER})
    here = begun["keys_here"] if begun else bool(database()[keys.COLLECTION].find_one({}, {"_id": 1}))
    held = None if here else _checked_keys(keys_folder or folder / KEYS_FOLDER)
    if here and keys_folder:
        raise archive.BackupRefused(
            "This database has its data keys still, and they are the newest there are: restore without --keys."
        )
    if not begun:
        _refuse_unless_empty()
        database()[MARKER].insert_one({"_id": MARKER, "keys_here": here, "at": now})
    _clear(set() if held else set(WITH_KEYS))
    counts = _load(folder, data, held, keys_folder or folder / KEYS_FOLDER, progress)
    keys.forget()
    if held:
        keys.note_copy(now)  # the copy that has just been read
    gone = reapply(now)
    writer.record_event(AuditAction.RUN, "backup", reason=f"restored {data['id']} of {data['at']}", now=now)
    database()[MARKER].delete_one({"_id": MARKER})
    return {
        "restored": data["id"],
        "of": data["at"],
        "collections": counts,
        "documents": sum(counts.values()),
        "deleted_again": gone,
    }


def _checked_keys(folder: Path) -> archive.Manifest:
    """The manifest of keys that this keyring opens, every one of them."""
    manifest = archive.verify(folder, KEYS_FOLDER)
    ring = keys.keyring()
    if manifest["proof"] not in {key_proof(key) for key in ring.audits}:
        raise archive.BackupRefused(
            f"The keys in {folder} belong to another keyring. Put the keyring of this installation in place."
        )
    for row in archive.read(folder, manifest["collections"][keys.COLLECTION]):
        if row["epoch"] not in ring.masters:
            why = "destroyed since" if row["epoch"] < ring.epoch else "made after your copy of the keyring"
            remedy = (
                "Name the newest backup of the keys: restore FOLDER --keys FOLDER."
                if row["epoch"] < ring.epoch
                else "Put the newest copy of the keyring in place."
            )
            raise archive.BackupRefused(
                f"The keys in {folder} are wrapped under master key {row['epoch']}, which was {why}: "
                f"nothing would be readable. {remedy}"
            )
        try:
            unwrap(ring.masters[row["epoch"]], row["wrapped"])
        except DecryptionError:
            raise archive.BackupRefused(f"The keys in {folder} do not open with this keyring.") from None
    return manifest


def _refuse_unless_empty() -> None:
    for name in sorted(database().list_collection_names()):
        kept_anyway = name in PASSING or name in WITH_KEYS or name.startswith("system.")
        if not kept_anyway and database()[name].find_one({}, {"_id": 1}):
            raise archive.BackupRefused(
                f"This database is not empty ({name}). A backup is restored into an empty one: name another "
                "in STEWARD_MONGODB_URI, or another folder in STEWARD_DATA_DIR."
            )


def _clear(but: set[str]) -> None:
    """Empty the database of what an earlier try left, and of whoever is signed in."""
    with pymongo.timeout(HOURS):
        for name in set(database().list_collection_names()) - but - LEFT_ALONE:
            if not name.startswith("system."):
                database()[name].delete_many({})


def _load(
    folder: Path, data: archive.Manifest, held: archive.Manifest | None, keys_folder: Path, progress: Progress
) -> dict[str, int]:
    sources = [
        (keys_folder, name, entry) for name, entry in (held or {"collections": {}})["collections"].items()
    ]
    sources += [(folder, name, entry) for name, entry in data["collections"].items()]
    of, done = sum(entry["count"] for _, _, entry in sources), 0
    counts = {}
    for place, name, entry in sources:
        counts[name] = 0
        for batch in _batches(archive.read(place, entry)):
            _insert(name, batch)
            counts[name] += len(batch)
            done += len(batch)
            progress(done, of)
        if counts[name] != entry["count"]:
            raise archive.BackupRefused(
                f"{entry['file']} has {counts[name]} documents, not {entry['count']}."
            )
    for row in archive.read(folder, data["more"]["late"]):
        _put_late(row)
    return counts


def _batches(rows: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.raw)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _insert(name: str, batch: list[RawBSONDocument]) -> None:
    collection = database().get_collection(name, codec_options=archive.RAW)
    with pymongo.timeout(HOURS):
        try:
            collection.insert_many(batch, ordered=False)
        except BulkWriteError as error:
            raise archive.BackupRefused(
                f"The database refused documents of {name} ({error.code}). Begin the restore again."
            ) from error


def _put_late(row: RawBSONDocument) -> None:
    """Put in what was changed while the backup was made, as it was at its end."""
    collection = database().get_collection(row["collection"], codec_options=archive.RAW)
    with pymongo.timeout(HOURS):
        if row["now"] is None:
            collection.delete_one({"_id": row["record"]})
        else:
            collection.replace_one({"_id": row["record"]}, row["now"], upsert=True)
