"""Locks between processes, which the kernel gives back when their holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from weakref import WeakSet

PAUSE_SECONDS = 0.02


class FileLock:
    """A lock on one file, held alone or shared with others.

    The file itself stays: removing it would let two processes each hold a lock of the same name.
    A forked child holds none of its parent's locks.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def take(self, *, shared: bool = False) -> bool:
        """Take the lock now or not at all; taking it again changes between alone and shared.

        Says whether it was had. A refused change may have given up the lock held before.
        Raises `OSError` when the file cannot be opened.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
            _held.add(self)
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.leave()
            return False
        return True

    def wait(self, seconds: float) -> bool:
        """Take the lock alone as soon as it is free; says whether it was had in time."""
        until = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE_SECONDS)
        return True

    def leave(self) -> None:
        """Give the lock back; safe to repeat."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            _held.discard(self)


_held: WeakSet[FileLock] = WeakSet()


def _forget_the_locks_of_the_parent() -> None:
    """Close a forked child's copies, or a dead parent's locks would live on in its children."""
    for lock in list(_held):
        lock.leave()


os.register_at_fork(after_in_child=_forget_the_locks_of_the_parent)
