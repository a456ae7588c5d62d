"""How much room is left on the disk of a folder, and below what it is too little for a database."""

import shutil
from pathlib import Path

MIB = 1024 * 1024
LEAST, MOST = 200 * MIB, 1024 * MIB
"""Two in a hundred of the disk, but never less than the one nor more than the other."""


def free_space(folder: Path) -> tuple[int, int]:
    """Return the free bytes on the disk of `folder` and the bytes that must stay free.

    The folder need not exist yet. Raises `OSError` when the disk cannot be read.
    """
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    disk = shutil.disk_usage(there)
    return disk.free, max(LEAST, min(disk.total // 50, MOST))
