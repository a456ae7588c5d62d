"""Files of tasks: what was handed in for one, or what it made; sealed under its key, and kept for days."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

from documents.work.task import Task
from records.storage import encrypted_file, keys
from records.storage.encrypted_file import FileGone

BUCKET = "task_files"

__all__ = ["FileGone", "keep", "pieces", "remove"]


def keep(task: Task, source: IO[bytes], name: str, media_type: str) -> dict[str, Any]:
    """Store a file from where `source` stands; return what `Task.file` says of it.

    It is stored beside the transaction under way: one that nothing names in the end goes with its task.
    """
    key = keys.get_or_create_keys([task.pk])[task.pk]
    file, size = encrypted_file.store(BUCKET, source, key, {"task": task.pk})
    return {"id": file, "name": name, "type": media_type, "size": size}


def pieces(task: Task) -> Iterator[bytes]:
    """Read a task's file piece by piece. Raises `FileGone`, and `DecryptionError` where it was altered."""
    key = keys.get_keys([task.pk]).get(task.pk)
    if not (task.file and key):
        raise FileGone(str(task.pk))
    return encrypted_file.pieces(BUCKET, task.file["id"], key)


def remove(tasks: Iterable[Task]) -> None:
    """Delete all files of tasks, and the keys to them, as part of the transaction under way."""
    gone = [task.pk for task in tasks]
    encrypted_file.remove(BUCKET, {"metadata.task": {"$in": gone}})
    keys.destroy(gone)
