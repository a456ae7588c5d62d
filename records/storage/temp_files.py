"""Files that only pass through, such as a workbook under way: none outlives its process for long."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "steward-passing-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the time of a block. What processes left behind that were killed in theirs is
    deleted first: it may be personal."""
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def _sweep() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if not _is_alive(int(left.name.removeprefix(PREFIX).partition("-")[0])):
                shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
