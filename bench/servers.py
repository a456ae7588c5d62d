"""The database server that is measured on: the one named, or one started for the occasion."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.database import Embedded

NAMED = "STEWARD_TEST_MONGODB_URI"
PROGRAM = "secantusd-rs"
PROMISES = "directConnection=true&w=majority&journal=true&retryWrites=false"
HERE = Path(__file__).resolve().parent.parent
START_SECONDS = 20


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """The server's address without a database name, and what to call it in the table.

    The one named by the environment; else the second engine, where it stands on the path or in a
    folder beside this one; else the embedded database.
    """
    if named := os.environ.get(NAMED):
        yield named, f"the server named by {NAMED}"
    elif program := _program():
        with tempfile.TemporaryDirectory() as folder, _started(program, Path(folder)) as uri:
            yield uri, _version(program)
    else:
        with tempfile.TemporaryDirectory() as folder, Embedded(Path(folder)) as uri:
            yield uri, "the embedded database"


def _program() -> str | None:
    beside = sorted(HERE.parent.glob(f"*/bin/{PROGRAM}"))
    return shutil.which(PROGRAM) or (str(beside[0]) if beside else None)


def _version(program: str) -> str:
    """Its name and version, which stand in the first line of what it says of itself."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return next(iter(said.splitlines()), PROGRAM)


@contextmanager
def _started(program: str, folder: Path) -> Iterator[str]:
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                program,
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--storage-path",
                folder / "database",
                "--sync-on-commit",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        yield f"mongodb://{_address(log, server)}/?{PROMISES}"
    finally:
        server.terminate()
        server.wait()


def _address(log: Path, server: subprocess.Popen) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        for line in log.read_text().splitlines():
            if " listening on " in line:
                return line.rpartition(" ")[2]
        time.sleep(0.1)
    raise RuntimeError(f"{PROGRAM} did not start: {log.read_text()[-500:]}")
