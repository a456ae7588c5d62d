"""Keys are turned, and backups restored, by processes that are killed midway: nothing is lost."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from documents.backup import back_up, back_up_keys, restore, under_way
from documents.complaint import Complaint
from documents.declaration.policy import Fate
from documents.lists import tokens
from documents.privacy import keys, rotation
from documents.privacy.erasing import end
from documents.user import User
from jobs import by_hand, run_now
from security.keyring import Keyring

COUNT = 40


@pytest.fixture(autouse=True)
def ring(panel, tmp_path) -> Path:
    """Keys that are kept in a file."""
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    keys.use(Keyring.read(file), file)
    return file


@pytest.fixture
def people(now) -> list[User]:
    people = [User(name=f"Li {n}", email=f"li{n}@example.cn").save(now=now) for n in range(COUNT)]
    for person in people:
        Complaint(user=person, content=f"The lamp of {person.name} hums.").save(now=now)
    return people


@pytest.fixture
def killed(panel, database_uri, ring):
    """Do something in a process of its own that dies after so many commands; tell whether it did."""

    def killed(commands: int, *what: str) -> bool:
        arguments = [database_uri, panel.name, str(ring), str(commands), *what]
        process = subprocess.run([sys.executable, "-m", "tests.jobs.keeper", *arguments], check=False)
        assert process.returncode in {0, -signal.SIGKILL}
        return process.returncode != 0

    return killed


@pytest.mark.clause("R98")
def test_keys_turned_by_processes_killed_ten_times_leave_all_readable_and_found(
    killed, people, panel, ring, now, monkeypatch
):
    rotation.ask_to_turn(now)
    rotation.renew_blind(now)
    monkeypatch.setattr(rotation, "SETTLE", timedelta())
    monkeypatch.setattr(by_hand, "LEASE_MILLISECONDS", 300)

    deaths = [killed(10 + 4 * round_, "turn") for round_ in range(10)]
    run_now("rotate-keys", now=now)

    assert all(deaths)
    keys.forget()
    assert list(Keyring.read(ring).masters) == [2]
    assert not Keyring.read(ring).reindexing
    assert panel["data_keys"].count_documents({"epoch": {"$ne": 2}}) == 0
    assert [user.name for user in User.objects.order_by("id")] == [user.name for user in people]
    assert Complaint.objects(__raw__=tokens.condition("lamp")).count() == COUNT
    for person in people:
        assert User.objects.get(__raw__=tokens.condition(person.email)).pk == person.pk


@pytest.mark.clause("R99")
def test_a_restore_killed_five_times_is_whole_in_the_end(killed, people, panel, tmp_path, now):
    backup = tmp_path / "backup"
    back_up(backup, now)
    end([people[0]], Fate.ERASE, "a rule", now)
    back_up_keys(backup / "keys", now)
    keys.forget()
    collections = panel.list_collection_names()
    for name in collections:
        panel[name].delete_many({})

    deaths = 0
    for further in (15, 23, 31, 39, 75):  # each collection is looked into before anything is written
        if killed(len(collections) + further, "restore", str(backup)):
            assert under_way()
            deaths += 1
    assert deaths >= 3
    restore(backup, None, now)

    assert not under_way()
    assert [user.name for user in User.objects.order_by("id")] == [user.name for user in people[1:]]
    assert Complaint.objects.count() == COUNT
