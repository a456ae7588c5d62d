"""The embedded database of one folder, shared by every process that works there.

Whoever comes first starts the server and whoever leaves last ends it. One of those that watch is
the supervisor, and revives the server on the same port when it dies; when the supervisor is gone,
another takes its place. All of this rests on locks that the kernel gives back:

    database.locks/door        held while the server is started, revived or ended
    database.locks/users       shared by everyone who uses the server
    database.locks/supervisor  held by the one who watches over it

`database.json` tells latecomers the port, `database.log` is what the server says.
"""

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from documents.embedded_server import (
    HOST,
    PAUSE_SECONDS,
    START_SECONDS,
    EmbeddedDatabaseError,
    answering,
    end,
    free_port,
    holder,
    is_free,
    last_words,
    launch,
    shorten,
)
from documents.file_lock import FileLock
from documents.free_space import MIB, free_space

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
DOOR_SECONDS = 60.0
DEATHS, WITHIN_SECONDS = 5, 30.0
"""A server that dies this often in this time is not revived again."""


class Embedded:
    """The embedded database of `folder`, as one process uses it.

    `floor` is the number of bytes that must be free to start; without it, see `free_space`.
    """

    def __init__(self, folder: Path, *, floor: int | None = None) -> None:
        self.folder = folder.absolute()
        self.home = self.folder / "database"
        self._log = self.folder / "database.log"
        self._note = self.folder / "database.json"
        self._floor = floor
        self._users = FileLock(self._locks / "users")
        self._supervisor = FileLock(self._locks / "supervisor")
        self._port = 0
        self._restarts = 0
        self._deaths: deque[float] = deque(maxlen=DEATHS)
        self._trouble: str | None = None
        self._leaving = threading.Event()
        self._watch: threading.Thread | None = None

    def __enter__(self) -> str:
        uri = self.start()
        self.supervise()
        return uri

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- Coming and going

    def start(self) -> str:
        """Start the server, or join the one that runs, and return its address once it answers.

        Safe to repeat. Raises `EmbeddedDatabaseError`.
        """
        if self._users.held:
            return self._uri()
        try:
            self._make_folders()
            with self._door():
                self._come_in()
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The folder {self.folder} cannot be used for the embedded database: {error.strerror}. Let this "
                "user read and write it, or name another folder."
            ) from error
        return self._uri()

    def _come_in(self) -> None:
        alone = self._users.take()
        self._users.take(shared=True)
        try:
            self._port = self._join() or self._launch(self._noted().get("port"), may_move=alone)
        except BaseException:
            self._users.leave()
            raise

    def stop(self) -> None:
        """Leave the server; the last to leave ends it. Safe to repeat, and in a forked child does nothing."""
        if not self._users.held:
            return
        self._leaving.set()
        if self._watch:
            self._watch.join()
            self._watch = None
        try:
            with self._door():
                if self._users.take():  # alone: nobody else is left
                    end(self.home)
                    self._note.unlink(missing_ok=True)
        finally:
            self._users.leave()
            self._supervisor.leave()
            self._leaving.clear()

    # -- Watching

    def supervise(self) -> None:
        """Watch over the server from now on in a thread: as its supervisor, or ready to become it."""
        if self._watch or not self._users.held:
            return
        self._look()
        self._watch = threading.Thread(target=self._keep_looking, name="embedded-database", daemon=True)
        self._watch.start()

    def _keep_looking(self) -> None:
        while not self._leaving.wait(LOOK_SECONDS * 2 ** len(self._recent_deaths())):
            try:
                self._look()
            except (EmbeddedDatabaseError, OSError) as error:
                log.warning("The embedded database could not be revived: %s", error)

    def _look(self) -> None:
        if not self._supervisor.held and self._supervisor.take():
            with self._door():
                self._write_note(self._port)
        if not self._supervisor.held:
            return
        shorten(self._log)
        if holder(self.home) is None:
            self._revive()

    def _revive(self) -> None:
        with self._door():
            if holder(self.home) is not None:
                return  # somebody who came in just now has started it
            self._deaths.append(time.monotonic())
            log.warning("The embedded database died and is started again: %s", last_words(self._log))
            self._launch(self._port, may_move=False)
            self._restarts += 1

    def _recent_deaths(self) -> list[float]:
        return [death for death in self._deaths if death > time.monotonic() - WITHIN_SECONDS]

    def health(self) -> dict[str, Any]:
        """Return how the server is: running, pid, port, restarts, role, free and floor (bytes), trouble."""
        pid = holder(self.home)
        free, floor = self._space()
        return {
            "running": pid is not None and answering(self._port) == pid,
            "pid": pid,
            "port": self._port,
            "restarts": self._restarts,
            "role": "supervisor" if self._supervisor.held else "joined",
            "free": free,
            "floor": floor,
            "trouble": self._trouble,
        }

    # -- The server

    def _join(self) -> int | None:
        """Return the port of the server that runs on this folder, or nothing when none does."""
        until = time.monotonic() + START_SECONDS
        while (pid := holder(self.home)) is not None:
            port = self._noted().get("port")
            if port and answering(port) == pid:
                return port
            if time.monotonic() > until:
                raise EmbeddedDatabaseError(
                    f"The database in {self.home} is held by process {pid or 'unseen from here'}, which does not "
                    "answer as Steward's. End that process, then start again."
                )
            time.sleep(PAUSE_SECONDS)
        return None

    def _launch(self, port: int | None, *, may_move: bool) -> int:
        """Start the server, on `port` if it can be had, and return its port; others rely on it unless `may_move`."""
        self._refuse_a_full_disk()
        if port is None or (may_move and not is_free(port)):
            port = free_port()
        if not is_free(port):
            raise EmbeddedDatabaseError(
                f"Port {port}, on which other processes expect the embedded database, is taken by another "
                "program. End that program, or stop every Steward process and start again."
            )
        self._write_note(port)
        launch(self.home, port, self._log)
        return port

    def _refuse_a_full_disk(self) -> None:
        free, floor = self._space()
        if free < floor:
            raise EmbeddedDatabaseError(
                f"The disk of {self.folder} has {free // MIB} MB free, and the embedded database needs "
                f"{floor // MIB} MB to start. Make room there, or name a folder on another disk."
            )

    # -- The folder

    @property
    def _locks(self) -> Path:
        return self.folder / "database.locks"

    def _make_folders(self) -> None:
        for folder in (self.folder, self.home, self._locks):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def _door(self) -> Iterator[None]:
        door = FileLock(self._locks / "door")
        if not door.wait(DOOR_SECONDS):
            raise EmbeddedDatabaseError(
                f"Another process has been starting or ending the database in {self.folder} for "
                f"{DOOR_SECONDS:.0f} seconds. End it, then start again."
            )
        try:
            yield
        finally:
            door.leave()

    def _space(self) -> tuple[int, int]:
        free, floor = free_space(self.folder)
        return free, floor if self._floor is None else self._floor

    def _noted(self) -> dict[str, Any]:
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def _write_note(self, port: int) -> None:
        supervisor = os.getpid() if self._supervisor.held else None
        draft = self._note.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"port": port, "pid": holder(self.home), "supervisor": supervisor}))
        draft.replace(self._note)

    def _uri(self) -> str:
        promises = "w=majority&journal=true&retryWrites=false&timeoutMS=3500&directConnection=true"
        return f"mongodb://{HOST}:{self._port}/?{promises}"
