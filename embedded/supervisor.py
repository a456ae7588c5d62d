"""Watching over the embedded database: one process of its users is the supervisor and revives it."""

import logging
import os
import threading
import time

from embedded.data_folder import EmbeddedFolder
from embedded.server import EmbeddedDatabaseError, holder, last_words, shorten

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
REPEAT_SECONDS = 60.0
DEATHS, WITHIN_SECONDS = 5, 30.0
"""A server that dies this often in this time is not revived again."""


class Supervisor:
    """What one process sees of the server on `port`, as its supervisor or ready to become it.

    A server that is alive and slow is left alone: a large query is no death.
    """

    def __init__(self, folder: EmbeddedFolder, port: int) -> None:
        self.restarts = 0
        self.trouble: str | None = None
        self._folder = folder
        self._port = port
        self._deaths: list[float] = []
        self._gave_up = False
        self._warned = -REPEAT_SECONDS
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="embedded-database", daemon=True)

    def begin(self) -> None:
        """Look once at once, so that the role is known, and from then on in a thread."""
        self._look()
        self._thread.start()

    def end(self) -> None:
        """Stop looking, and leave the supervision to whoever else watches."""
        self._leaving.set()
        self._thread.join()
        self._folder.supervisor.leave()

    def _keep_looking(self) -> None:
        while not self._leaving.wait(LOOK_SECONDS * 2 ** len(self._deaths)):
            self._look()

    def _look(self) -> None:
        try:
            if self._is_supervisor():
                self._look_after_the_server()
        except (EmbeddedDatabaseError, OSError) as error:
            self.trouble = str(error)
            self._warn(self.trouble)

    def _is_supervisor(self) -> bool:
        supervisor = self._folder.supervisor
        if not supervisor.held and supervisor.take():
            with self._folder.door():
                self._folder.write_note(supervisor=os.getpid())
        return supervisor.held

    def _look_after_the_server(self) -> None:
        shorten(self._folder.log)
        self._deaths = [death for death in self._deaths if death > time.monotonic() - WITHIN_SECONDS]
        if holder(self._folder.home) is not None:
            self.trouble, self._gave_up = None, False
            if lack := self._folder.lack_of_space():
                self._warn(lack)
        elif not self._gave_up:
            self._revive()

    def _revive(self) -> None:
        with self._folder.door():
            if holder(self._folder.home) is not None:
                return  # somebody who came in just now has started it
            self._folder.refuse_to_start(self._port)
            self._deaths.append(time.monotonic())
            if len(self._deaths) >= DEATHS:
                self._give_up()
                return
            log.warning("The embedded database died and is started again. %s", self._last_words())
            self._folder.start_server(self._port)
            self.restarts += 1

    def _give_up(self) -> None:
        self._gave_up = True
        self.trouble = (
            f"The embedded database died {DEATHS} times within {WITHIN_SECONDS:.0f} seconds and is not started "
            f"again. Mend what its log names, then restart Steward. {self._last_words()}"
        )
        log.error(self.trouble)

    def _last_words(self) -> str:
        return f"Its last words, from {self._folder.log}: {last_words(self._folder.log)}"

    def _warn(self, sentence: str) -> None:
        """Log what stays wrong once a minute and not at every look."""
        if time.monotonic() >= self._warned + REPEAT_SECONDS:
            self._warned = time.monotonic()
            log.warning(sentence)
