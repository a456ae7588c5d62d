"""What lies in the embedded database's folder: its files, the locks of its users, and a note for latecomers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedded.file_lock import FileLock
from embedded.free_space import MIB, free_space
from embedded.server import EmbeddedDatabaseError, is_free, launch

DOOR_SECONDS = 60.0


class EmbeddedFolder:
    """The folder of one embedded database.

    database/            the storage engine's own files
    database.log         what the server says, and database.log.1 before it
    database.json        the port, the server's pid and its supervisor's, for who comes later
    database.locks/      door: held while the server is started, revived or ended
                         users: shared by everyone who uses the server
                         supervisor: held by the one who watches over it
    """

    def __init__(self, path: Path, floor: int | None) -> None:
        self.path = path.absolute()
        self.home = self.path / "database"
        self.log = self.path / "database.log"
        self.users = FileLock(self._locks / "users")
        self.supervisor = FileLock(self._locks / "supervisor")
        self._note = self.path / "database.json"
        self._floor = floor

    @property
    def _locks(self) -> Path:
        return self.path / "database.locks"

    def make(self) -> None:
        """Make what is missing of it, readable by this user alone; safe to repeat."""
        for folder in (self.path, self.home, self._locks):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def door(self) -> Iterator[None]:
        """Keep every other process from starting, reviving or ending the server meanwhile."""
        door = FileLock(self._locks / "door")
        if not door.wait(DOOR_SECONDS):
            raise EmbeddedDatabaseError(
                f"Another process has been starting or ending the database in {self.path} for "
                f"{DOOR_SECONDS:.0f} seconds. End that process, then start again."
            )
        try:
            yield
        finally:
            door.leave()

    @contextmanager
    def in_plain_words(self) -> Iterator[None]:
        """Say of a folder that cannot be read or written what is wrong and what to do."""
        try:
            yield
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The folder {self.path} cannot be used for the embedded database: {error.strerror or error}. "
                "Let this user read and write it, or name another folder."
            ) from error

    def noted(self) -> dict[str, Any]:
        """Return the note left for latecomers; empty when there is none, or none that can be read."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def write_note(self, **facts: int | None) -> None:
        """Write these facts into the note, whole or not at all, and leave its others as they are."""
        draft = self._note.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self.noted() | facts), encoding="utf-8")
        draft.replace(self._note)

    def remove_note(self) -> None:
        self._note.unlink(missing_ok=True)

    def start_server(self, port: int) -> None:
        """Start the server on these files and on `port`; for whoever holds the door and found no server."""
        self.refuse_to_start(port)
        self.write_note(port=port, pid=None)  # before: whoever finds us killed here finds the server by it
        self.write_note(pid=launch(self.home, port, self.log))

    def refuse_to_start(self, port: int) -> None:
        """Raise `EmbeddedDatabaseError` for a full disk or a taken port."""
        if lack := self.lack_of_space():
            raise EmbeddedDatabaseError(lack)
        if not is_free(port):
            raise EmbeddedDatabaseError(
                f"Port {port}, where other processes look for the embedded database, is taken by another "
                "program. End that program, or stop every Steward process and start again."
            )

    def space(self) -> tuple[int, int]:
        """Return the bytes that are free and the bytes that must be."""
        free, floor = free_space(self.path)
        return free, floor if self._floor is None else self._floor

    def lack_of_space(self) -> str | None:
        """Say what is missing when the disk is too full for the database, or nothing."""
        free, floor = self.space()
        if free >= floor:
            return None
        return (
            f"The disk of {self.path} has {free // MIB} MB free, and the embedded database needs "
            f"{floor // MIB} MB. Make room there, or name a folder on another disk."
        )
