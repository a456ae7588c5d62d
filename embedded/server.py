"""The embedded database as a process: who holds its folder, does it answer, start it, end it.

The program is SecantusDB's, started from the command line and never imported.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

HOST = "127.0.0.1"
PROGRAM = "secantusd-py"
START_SECONDS = 30.0
"""It answers after about a second; a crowded machine, or one that replays a long log, takes longer."""
STOP_SECONDS = 10.0
KNOCK_SECONDS = 0.2
"""A server told to stop waits 2 s for one more client: a knock spares that. Sooner, it may miss the signal."""
ENTRY_SECONDS = 1.0
"""A process that has ended stays listed until its parent asks; not every parent in a container does."""
PORTS = range(20_000, 30_000)
PAUSE_SECONDS = 0.02
LOG_BYTES = 1024 * 1024
FLOCK = "qqihh" if sys.platform == "darwin" else "hhqqi"
"""The C structure `flock`: start, length, pid, kind, whence on macOS; kind, whence, … on Linux."""


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot do its work; the message says why and what to do about it."""


def holder(home: Path) -> int | None:
    """Return the pid of the process that has the database files in `home` open, if there is one.

    The storage engine locks a file for as long as it has the database open, and the kernel says who
    holds that lock: unlike a pid noted in a file, this cannot be a stranger who got the number later.
    0 is a process that cannot be seen from here, as in another container.
    """
    kind_at, pid_at = (3, 2) if sys.platform == "darwin" else (0, 4)
    question = [0] * 5
    question[kind_at] = fcntl.F_WRLCK
    try:
        file = os.open(home / "WiredTiger.lock", os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        answer = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(FLOCK, *question)))
    finally:
        os.close(file)
    return None if answer[kind_at] == fcntl.F_UNLCK else max(answer[pid_at], 0)


def answering(port: int) -> int | None:
    """Return the pid of the database server that answers on `port` of this machine, if one does."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        client: MongoClient
        with MongoClient(HOST, port, directConnection=True, timeoutMS=2000) as client:
            return client.admin.command("serverStatus").get("pid")
    except (OSError, ValueError, PyMongoError):  # nobody there, or a program that speaks otherwise
        return None


def free_port() -> int:
    """Return a port that nothing uses at this moment, for a server that will come back on it.

    From below the range that systems hand out to outgoing connections, or one of those could have
    taken the port when a server that died comes back, even a client's that was knocking there.
    """
    ports = secrets.SystemRandom().sample(PORTS, len(PORTS))
    return next(port for port in ports if is_free(port))


def is_free(port: int) -> bool:
    """Say whether the server could listen on `port`, under the same terms as the server asks."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def launch(home: Path, port: int, log: Path) -> int:
    """Start the server on the files in `home` and return its pid once it answers on `port`.

    It stands in a session of its own, so that Ctrl-C reaches only the application, which ends the
    database after its own work; and it outlives a killed application, so that another process that
    uses it can go on. It is given none of the application's secrets. Raises `EmbeddedDatabaseError`.
    """
    server = _run(home, port, log)
    threading.Thread(target=server.wait, name="embedded-database-end", daemon=True).start()  # no zombie stays
    try:
        _await_answer(server, port, log)
    except BaseException:
        server.kill()
        raise
    return server.pid


def _run(home: Path, port: int, log: Path) -> subprocess.Popen:
    shorten(log)
    program = _program()
    arguments = ["--host", HOST, "--port", str(port), "--storage-path", str(home), "--sync-on-commit"]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        try:
            return subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=home,  # a secantusd.toml that happens to lie in the working directory is not for us
                env={name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")},
                start_new_session=True,
            )
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The embedded database's program {program} cannot be run: {error.strerror}. Install it again "
                "with `pip install --force-reinstall secantusdb`, or set STEWARD_MONGODB_URI to use MongoDB."
            ) from error


def _await_answer(server: subprocess.Popen, port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while answering(port) != server.pid:
        if server.poll() is not None:
            raise EmbeddedDatabaseError(
                f"The embedded database stopped while starting (exit {server.returncode}). Its last words, "
                f"from {log}: {last_words(log)}"
            )
        if time.monotonic() > until:
            raise EmbeddedDatabaseError(
                f"The embedded database did not answer within {START_SECONDS:.0f} seconds. See {log}, and "
                f"try again when the machine is less busy. Its last words: {last_words(log)}"
            )
        time.sleep(PAUSE_SECONDS)


def end(home: Path, port: int) -> None:
    """End the server on `home`, cleanly if it can, and return when it is gone; safe to repeat."""
    pid = holder(home)
    if not pid:
        return
    for means in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, means)
        if not _lets_go(home, pid, KNOCK_SECONDS):
            _knock(port)
        if _lets_go(home, pid, STOP_SECONDS):
            _comes_true(lambda: not _is_alive(pid), ENTRY_SECONDS)
            return
    raise EmbeddedDatabaseError(
        f"The embedded database, process {pid}, does not end. End it with: kill -9 {pid}"
    )


def _knock(port: int) -> None:
    with suppress(OSError):
        socket.create_connection((HOST, port), timeout=1).close()


def _lets_go(home: Path, pid: int, seconds: float) -> bool:
    return _comes_true(lambda: holder(home) != pid, seconds)


def _comes_true(question: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def shorten(log: Path) -> None:
    """Keep the server's output small: what is beyond the bound moves to one older file."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copy(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)  # the server only ever appends, so it goes on at the new end


def last_words(log: Path, lines: int = 5) -> str:
    """Return the last lines the server wrote, on one line."""
    written = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return " | ".join([line.strip() for line in written if line.strip()][-lines:]) or "none"


def _program() -> str:
    beside = Path(sys.executable).with_name(PROGRAM)
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        raise EmbeddedDatabaseError(
            f"The embedded database's program {PROGRAM} is neither beside {sys.executable} nor on the PATH. "
            "Install it with `pip install -r requirements.txt`, or set STEWARD_MONGODB_URI to use MongoDB."
        )
    return found
