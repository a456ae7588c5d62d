"""The embedded database: who starts it, who joins it, who revives it, and who ends it.

Every server and every process here is a real one.
"""

import json
import logging
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from embedded import server as embedded_server
from embedded import supervisor as embedded_watch
from embedded.data_folder import EmbeddedFolder
from embedded.database import Embedded, EmbeddedDatabaseError

PATIENCE_SECONDS = 30.0
HOUSE = Path(__file__).parents[2]
NEIGHBOUR = """
import json, sys
from pathlib import Path
from embedded.database import Embedded

server = Embedded(Path(sys.argv[1]))
uri = server.start()
if "watching" in sys.argv:
    server.supervise()
print(json.dumps({"uri": uri}), flush=True)
for line in sys.stdin:
    print(json.dumps(server.health()), flush=True)
server.stop()
"""
"""Another process on the same folder: it answers each line with its health, and stops at the last."""


class Neighbour:
    """A process of its own that uses the same folder."""

    def __init__(self, folder: Path, *how: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NEIGHBOUR, folder, *how],
            cwd=HOUSE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def told(self) -> dict[str, Any]:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def health(self) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return self.told()

    def stop(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of which no server is left behind, whatever a test does."""
    yield tmp_path / "data"
    port = EmbeddedFolder(tmp_path / "data", None).noted().get("port", 0)
    embedded_server.end(tmp_path / "data" / "database", port)


@pytest.fixture
def server(folder: Path) -> Iterator[Embedded]:
    """A server that this process started and watches over."""
    server = Embedded(folder)
    with server:
        yield server


@pytest.fixture
def neighbour(folder: Path) -> Iterator[Callable[..., Neighbour]]:
    """Another process on the same folder."""
    all_of_them: list[Neighbour] = []

    def neighbour(*how: str) -> Neighbour:
        all_of_them.append(Neighbour(folder, *how))
        return all_of_them[-1]

    yield neighbour
    for one in all_of_them:
        if one.process.returncode is None:
            one.stop()


def eventually(question: Callable[[], Any]) -> Any:
    """Ask until the answer is yes, and return it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (answer := question()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)
    return answer


def kill(pid: int) -> None:
    os.kill(pid, 9)
    eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def servers(folder: Path) -> list[int]:
    """The database servers that run on `folder`, by what their command lines say."""
    home = str(folder / "database")
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if home in (process.info["cmdline"] or []) and process.status() != psutil.STATUS_ZOMBIE
    ]


def note(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "database.json").read_text())


# -- Starting and ending


def test_it_starts_and_keeps_what_it_acknowledges(server: Embedded, folder: Path) -> None:
    uri = server.start()
    with MongoClient[dict](uri) as client:
        client.test.things.insert_one({"_id": 1})
        assert client.test.things.find_one() == {"_id": 1}
        assert client.write_concern.document == {"w": "majority", "j": True}
        assert client.options.retry_writes is False
    health = server.health()
    assert health["running"]
    assert health["role"] == "supervisor"
    assert servers(folder) == [health["pid"]]
    assert note(folder) == {"port": health["port"], "pid": health["pid"], "supervisor": os.getpid()}


def test_only_this_user_may_read_the_folder_and_what_lies_in_it(server: Embedded, folder: Path) -> None:
    assert server.health()["running"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("database.json", "database.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_it_stands_apart_from_the_terminal_and_from_our_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD_MASTER_KEY", "secret")
    server = Embedded(folder)
    with server:
        pid = server.health()["pid"]
        assert os.getsid(pid) == pid
        assert "STEWARD_MASTER_KEY" not in psutil.Process(pid).environ()


def test_a_clean_stop_leaves_no_process_and_no_note(folder: Path) -> None:
    server = Embedded(folder)
    server.start()
    server.supervise()
    port = server.health()["port"]
    server.stop()
    assert servers(folder) == []
    assert embedded_server.is_free(port)
    assert sorted(path.name for path in folder.iterdir()) == ["database", "database.locks", "database.log"]


def test_what_was_stored_is_there_at_the_next_start(folder: Path) -> None:
    for times in (1, 2):
        with Embedded(folder) as uri, MongoClient[dict](uri) as client:
            client.test.things.insert_one({})
            assert client.test.things.count_documents({}) == times


# -- Several processes


def test_a_second_process_joins_the_server_that_runs(
    server: Embedded, folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    other = neighbour("watching")
    assert other.told()["uri"] == server.start()
    assert other.health()["role"] == "joined"
    assert len(servers(folder)) == 1


def test_processes_that_start_at_once_share_one_server(
    folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    several = [neighbour("watching") for _ in range(3)]
    assert len({one.told()["uri"] for one in several}) == 1
    healths = [one.health() for one in several]
    assert all(health["running"] for health in healths)
    assert [health["role"] for health in healths].count("supervisor") == 1
    assert len(servers(folder)) == 1


def test_the_last_to_leave_ends_it_and_nobody_before(
    folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    first = Embedded(folder)
    first.start()
    first.supervise()
    last = neighbour("watching")
    last.told()
    first.stop()
    assert eventually(lambda: last.health()["role"] == "supervisor")
    assert last.health()["running"]
    last.stop()
    assert servers(folder) == []
    assert not (folder / "database.json").exists()


def test_a_forked_child_does_not_end_the_server_of_its_parent(server: Embedded) -> None:
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert server.health()["running"]


# -- Deaths


def test_a_killed_server_comes_back_on_its_port_with_every_acknowledged_write(server: Embedded) -> None:
    before = server.health()
    written = 0
    with MongoClient[dict](server.start()) as client:
        for number in range(200):
            client.test.things.insert_one({"_id": number})
            written += 1
            if number == 150:
                kill(before["pid"])
                break
        after = eventually(lambda: (health := server.health())["running"] and health["restarts"] and health)
        assert after["port"] == before["port"]
        assert after["pid"] != before["pid"]
        assert after["restarts"] == 1
        stored = eventually(lambda: all_of(client))
    assert stored == list(range(written))


def all_of(client: MongoClient) -> list[int]:
    try:
        return [thing["_id"] for thing in client.test.things.find().sort("_id")]
    except PyMongoError:
        return []


def test_when_the_supervisor_is_killed_another_adopts_the_server_and_revives_it(
    folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    first = neighbour("watching")
    first.told()
    second = neighbour("watching")
    second.told()
    before = second.health()
    first.kill()
    assert eventually(lambda: second.health()["role"] == "supervisor")
    assert second.health()["pid"] == before["pid"]
    assert note(folder)["supervisor"] == second.process.pid
    kill(before["pid"])
    after = eventually(lambda: (health := second.health())["running"] and health)
    assert after["pid"] != before["pid"]
    assert after["port"] == before["port"]


def test_when_supervisor_and_server_die_together_another_revives_it(
    server: Embedded, folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    server.stop()
    first = neighbour("watching")
    first.told()
    server.start()
    before = server.health()
    first.kill()
    kill(before["pid"])
    server.supervise()
    after = eventually(lambda: (health := server.health())["running"] and health)
    assert after["port"] == before["port"]


def test_a_server_whose_users_were_all_killed_is_found_by_the_next(
    folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    killed = neighbour("watching")
    uri = killed.told()["uri"]
    (pid,) = servers(folder)
    killed.kill()
    server = Embedded(folder)
    with server as found:
        assert found == uri
        assert server.health()["pid"] == pid
    assert servers(folder) == []


def test_a_start_that_was_killed_half_way_is_taken_up_by_the_next(
    folder: Path, neighbour: Callable[..., Neighbour]
) -> None:
    killed = neighbour()
    eventually(lambda: servers(folder))
    killed.kill()
    server = Embedded(folder)
    with server:
        assert server.health()["running"]
        assert eventually(lambda: len(servers(folder)) == 1)  # of two that came up, one finds the files taken
        assert server.health()["running"]


def test_a_server_that_dies_again_and_again_is_given_up_with_its_last_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedded_watch, "LOOK_SECONDS", 0.02)
    executable = sys.executable
    server = Embedded(folder)
    with server, caplog.at_level(logging.ERROR, "embedded.supervisor"):
        program = tmp_path / embedded_server.PROGRAM
        program.write_text("#!/bin/sh\necho the page is torn\nexit 3\n")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        kill(server.health()["pid"])
        assert "is not started again" in eventually(lambda: caplog.text)
        assert "the page is torn" in server.health()["trouble"]
        assert not server.health()["running"]
        monkeypatch.setattr(sys, "executable", executable)
        with Embedded(folder):
            assert eventually(lambda: server.health()["trouble"] is None)


# -- What stands in the way


def test_a_note_that_names_somebody_elses_server_misleads_nobody(
    server: Embedded, folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "database.json").write_text((folder / "database.json").read_text())
    second = Embedded(own)
    with second as uri:
        assert uri != server.start()
        assert second.health()["running"]
        assert second.health()["pid"] not in servers(folder)


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"port": null}'])
def test_a_torn_note_is_no_note(torn: str, tmp_path: Path) -> None:
    (tmp_path / "database.json").write_text(torn)
    assert not EmbeddedFolder(tmp_path, None).noted().get("port")


def test_a_process_that_is_not_ours_on_the_files_is_named_and_left_alone(
    server: Embedded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.database.START_SECONDS", 0.1)
    pid = server.health()["pid"]
    (folder / "database.json").unlink()
    with pytest.raises(EmbeddedDatabaseError, match=f"did not start or that does not answer: {pid}"):
        Embedded(folder).start()
    assert servers(folder) == [pid]


def test_a_noted_port_that_a_stranger_took_is_given_up_by_whoever_is_alone(folder: Path) -> None:
    with listening() as port:
        folder.mkdir()
        (folder / "database.json").write_text(json.dumps({"port": port}))
        server = Embedded(folder)
        with server:
            assert server.health()["running"]
            assert server.health()["port"] != port


def test_a_port_on_which_others_rely_is_not_given_up(folder: Path) -> None:
    place = EmbeddedFolder(folder, None)
    place.make()
    with listening() as port, pytest.raises(EmbeddedDatabaseError, match=f"Port {port}, .* is taken"):
        place.start_server(port)
    assert servers(folder) == []


class listening:  # noqa: N801 — reads as a verb
    """A program that has nothing to do with us, on a port of its own."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return self._socket.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def test_a_full_disk_refuses_to_start_and_says_how_much_is_missing(folder: Path) -> None:
    with pytest.raises(EmbeddedDatabaseError, match=rf"{folder} has \d+ MB free, .* needs 1099511627776 MB"):
        Embedded(folder, floor=2**60).start()
    assert servers(folder) == []


def test_a_full_disk_keeps_nobody_from_joining_and_is_warned_of(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Embedded(folder)
    first.start()
    second = Embedded(folder, floor=2**60)
    with caplog.at_level(logging.WARNING, "embedded.supervisor"), second:
        assert second.health()["free"] < second.health()["floor"]
        assert "Make room there" in caplog.text
        assert second.health()["running"]
    first.stop()


def test_a_missing_program_is_named_with_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmbeddedDatabaseError, match=r"secantusd-py is neither .* PATH. Install it"):
        Embedded(folder).start()


def test_a_program_that_stops_while_starting_is_quoted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / embedded_server.PROGRAM
    program.write_text("#!/bin/sh\necho the page is torn\nexit 3\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    server = Embedded(folder)
    with pytest.raises(EmbeddedDatabaseError, match=r"\(exit 3\).*the page is torn"):
        server.start()
    monkeypatch.undo()
    with server:  # the refusal held nothing back
        assert server.health()["running"]


def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedDatabaseError, match=r"cannot be used .*: File exists\. Let this user"):
        Embedded(tmp_path / "file").start()


def test_what_the_server_says_is_kept_within_bounds(tmp_path: Path) -> None:
    log = tmp_path / "database.log"
    log.write_text("old\n" * (embedded_server.LOG_BYTES // 4))
    embedded_server.shorten(log)
    assert log.read_text().startswith("old")
    with log.open("a") as server:
        server.write("one too many\n")
        server.flush()
        embedded_server.shorten(log)
        server.write("new\n")
    assert log.read_text() == "new\n"
    assert (tmp_path / "database.log.1").read_text().endswith("one too many\n")
