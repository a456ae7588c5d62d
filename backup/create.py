"""Take a backup while everybody works on: the data first, what changed meanwhile, then the keys.

Every change of a record leaves an audit entry in the same transaction. So what was changed while the
collections were read, one after another, is known, and is read again until nothing new comes: the
backup holds every record as it was at its end, on every server alike.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pymongo
from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection

from backup import archive
from documents.erasure.tombstone import Tombstone
from records.storage import keys, sequence
from records.storage.audit import AuditEntry
from records.storage.database import database
from security.ciphers import keyed_hash

KEYS_FOLDER = "keys"
MARKER = "restoring"
PASSING = frozenset({"sessions", "sign_in_tries", "done", "jobs", "runs", MARKER})
"""What only this moment means something for: who is signed in, and which process has what in hand."""
WITH_KEYS = (keys.COLLECTION, Tombstone._get_collection_name(), keys.STATE, keys.ENDINGS)
"""What must always be the newest, however old the data: who can be read, and who is gone."""
HOURS = 12 * 60 * 60
OVERLAP = timedelta(minutes=1)
PASSES = 20
TRIES = 5

Progress = Callable[[int, int], None]


def create_backup(folder: Path, now: datetime, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Write a backup to a new folder, and return its counts. `now` is aware, UTC.

    The data keys lie in the folder `keys` in it, to be kept elsewhere; the keyring, which opens them,
    is not in it. Raises `BackupRefused`.
    """
    archive.begin(folder)
    began = ObjectId.from_datetime(datetime.now(now.tzinfo) - OVERLAP)
    of = sum(_raw(name).estimated_document_count() for name in _data())
    counter = _Counter(progress, of)
    collections = {name: archive.write(folder, name, counter.count(_all(name))) for name in _data()}
    late = archive.write(folder, "late", _late(began))
    backup = uuid.uuid4().hex
    archive.write_manifest(
        folder,
        {
            "holds": "data",
            "id": backup,
            "at": now.isoformat(),
            "collections": collections,
            "more": {"late": late},
        },
    )
    kept = _write_keys(folder / KEYS_FOLDER, now)
    return {
        "backup": backup,
        "folder": str(folder),
        "collections": {name: entry["count"] for name, entry in collections.items()},
        "documents": sum(entry["count"] for entry in collections.values()),
        "changed_meanwhile": late["count"],
        "keys": kept["collections"][keys.COLLECTION]["count"],
        "epoch": keys.keyring().epoch,
    }


def create_key_backup(folder: Path, now: datetime) -> dict[str, Any]:
    """Write the keys alone to `folder`, in the place of those that may be there; return their counts.

    Raises `BackupRefused`.
    """
    if folder.exists() and any(folder.iterdir()):
        archive.verify(folder, KEYS_FOLDER)
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    manifest = _write_keys(fresh, now)
    archive.move_into_place(fresh, folder)
    counts = {name: entry["count"] for name, entry in manifest["collections"].items()}
    return {"folder": str(folder), "keys": counts[keys.COLLECTION], "epoch": keys.keyring().epoch}


def key_proof(key: bytes) -> str:
    """What shows that a keyring is that of a backup, and tells nothing of it."""
    return keyed_hash(key, "backup")


class _Counter:
    def __init__(self, progress: Progress, of: int) -> None:
        self.progress, self.of, self.done = progress, of, 0

    def count(self, rows: Iterator[RawBSONDocument]) -> Iterator[RawBSONDocument]:
        for row in rows:
            yield row
            self.done += 1
            if not self.done % 1000:
                self.progress(self.done, max(self.of, self.done))


def _data() -> list[str]:
    """The collections to back up, the audit trail last: no record is in it that its own stream lacks."""
    names = set(database().list_collection_names()) - PASSING - set(WITH_KEYS)
    trail = AuditEntry._get_collection_name()
    return sorted((name for name in names if not name.startswith("system.")), key=lambda n: (n == trail, n))


def _raw(name: str) -> Collection[RawBSONDocument]:
    return database().get_collection(name, codec_options=archive.RAW)


def _all(name: str) -> Iterator[RawBSONDocument]:
    with pymongo.timeout(HOURS):
        yield from _raw(name).find({})


def _late(began: ObjectId) -> Iterator[RawBSONDocument]:
    """The audit entries since `began`, and the records they name as they are now, until none is new; last
    the numbers given, so that none of theirs is given again."""
    trail = AuditEntry._get_collection_name()
    seen: set[ObjectId] = set()
    for _ in range(PASSES):
        with pymongo.timeout(HOURS):
            entries = list(database()[trail].find({"_id": {"$gt": began}}).sort("_id"))
        fresh = [entry for entry in entries if entry["_id"] not in seen]
        if not fresh:
            yield from (_as_it_is(sequence.COLLECTION, row["_id"]) for row in _all(sequence.COLLECTION))
            return
        seen |= {entry["_id"] for entry in fresh}
        places = {(entry.get("collection"), entry.get("record")) for entry in fresh if entry.get("record")}
        places |= {(trail, entry["_id"]) for entry in fresh}
        for collection, pk in sorted(places, key=str):
            if collection and collection not in PASSING and collection not in WITH_KEYS:
                yield _as_it_is(collection, pk)
    raise archive.BackupRefused("So much changes at this moment that the backup cannot catch up; try later.")


def _as_it_is(collection: str, pk: Any) -> RawBSONDocument:
    found = _raw(collection).find_one({"_id": pk})
    return RawBSONDocument(bson.encode({"collection": collection, "record": pk, "now": found}))


def _write_keys(folder: Path, now: datetime) -> archive.Manifest:
    """Write the keys; should the master key be turned meanwhile, once more."""
    for _ in range(TRIES):
        archive.begin(folder)
        collections = {name: archive.write(folder, name, _all(name)) for name in WITH_KEYS}
        rows = archive.read(folder, collections[keys.COLLECTION])
        if {row["epoch"] for row in rows} <= keys.keyring().masters.keys():
            manifest = {
                "holds": KEYS_FOLDER,
                "at": now.isoformat(),
                "epoch": keys.keyring().epoch,
                "proof": key_proof(keys.keyring().audit),
                "collections": collections,
            }
            archive.write_manifest(folder, manifest)
            keys.note_copy(now)
            return manifest
        shutil.rmtree(folder)
    raise archive.BackupRefused("The master key is being turned at this moment; try again in a minute.")
