"""The embedded database of one folder, shared by every process that works there.

Whoever comes first starts the server and whoever leaves last ends it. One of those that watch is
the supervisor, and revives the server on the same port when it dies; when the supervisor is gone,
another takes its place. All of this rests on locks that the kernel gives back when their holder
dies, and not on pids, which another process may have got since.
"""

import time
from pathlib import Path
from typing import Any

from embedded.data_folder import EmbeddedFolder
from embedded.server import (
    HOST,
    PAUSE_SECONDS,
    START_SECONDS,
    EmbeddedDatabaseError,
    answering,
    end,
    free_port,
    holder,
    is_free,
)
from embedded.supervisor import Supervisor

__all__ = ["Embedded", "EmbeddedDatabaseError"]


class Embedded:
    """The embedded database of `folder`, as one process uses it.

    `floor` is how many bytes must be free; without it, see `embedded.free_space`.
    """

    def __init__(self, folder: Path, *, floor: int | None = None) -> None:
        self._folder = EmbeddedFolder(folder, floor)
        self._port = 0
        self._watch: Supervisor | None = None

    def __enter__(self) -> str:
        uri = self.start()
        self.supervise()
        return uri

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Start the server, or join the one that runs, and return its address once it answers.

        Safe to repeat. Raises `EmbeddedDatabaseError`.
        """
        if not self._folder.users.held:
            with self._folder.in_plain_words():
                self._folder.make()
                with self._folder.door():
                    self._come_in()
        promises = "w=majority&journal=true&retryWrites=false&timeoutMS=3500&directConnection=true"
        return f"mongodb://{HOST}:{self._port}/?{promises}"

    def supervise(self) -> None:
        """Watch over the server from now on in a thread, as its supervisor or ready to become it.

        Safe to repeat; does nothing before `start`.
        """
        if self._folder.users.held and self._watch is None:
            self._watch = Supervisor(self._folder, self._port)
            self._watch.begin()

    def stop(self) -> None:
        """Leave the server; the last to leave ends it.

        Safe to repeat; does nothing in a forked child, which has not come in. Raises
        `EmbeddedDatabaseError` for a server that cannot be ended.
        """
        if not self._folder.users.held:
            return
        if self._watch:
            self._watch.end()
            self._watch = None
        try:
            with self._folder.in_plain_words(), self._folder.door():
                if self._folder.users.take():  # alone: nobody else is left
                    end(self._folder.home, self._port)
                    self._folder.remove_note()
        finally:
            self._folder.users.leave()

    def health(self) -> dict[str, Any]:
        """Return how the server is.

        `running`, `pid`, `port`, `role` ("supervisor" or "joined"), `restarts` by this process,
        `free` and `floor` (bytes), and `trouble`: what keeps it from being revived, in a sentence.
        """
        pid = holder(self._folder.home)
        free, floor = self._folder.space()
        return {
            "running": pid is not None and answering(self._port) == pid,
            "pid": pid,
            "port": self._port,
            "role": "supervisor" if self._folder.supervisor.held else "joined",
            "restarts": self._watch.restarts if self._watch else 0,
            "free": free,
            "floor": floor,
            "trouble": self._watch.trouble if self._watch else None,
        }

    def _come_in(self) -> None:
        alone = self._folder.users.take()
        self._folder.users.take(shared=True)
        try:
            self._port = self._joined() or self._started(alone=alone)
        except BaseException:
            self._folder.users.leave()
            raise

    def _joined(self) -> int | None:
        """Return the port of the server that runs on this folder, or nothing when none does."""
        until = time.monotonic() + START_SECONDS
        while (pid := holder(self._folder.home)) is not None:
            port = self._folder.noted().get("port")
            if port and answering(port) == pid:
                return port
            if time.monotonic() > until:
                raise EmbeddedDatabaseError(
                    f"The database in {self._folder.home} is held by a process that Steward did not start or "
                    f"that does not answer: {pid or 'outside this container'}. End it, then start again."
                )
            time.sleep(PAUSE_SECONDS)
        return None

    def _started(self, *, alone: bool) -> int:
        """Start the server and return its port: the one that others rely on, unless we are alone."""
        port = self._folder.noted().get("port")
        if port is None or (alone and not is_free(port)):
            port = free_port()
        try:
            self._folder.start_server(port)
        except EmbeddedDatabaseError:
            # Whoever was killed while starting may have left a server that was first at the files just now.
            if joined := self._joined():
                return joined
            raise
        return port
