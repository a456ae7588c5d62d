"""Keys are turned, backups restored and records purged by processes that are killed midway: nothing is lost,
and nothing left behind."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import runtime
from backup import create_backup, create_key_backup, restore_backup, restore_is_running
from documents.conversation.attachment import Attachment
from documents.erasure.erase import apply_fate
from documents.people.user import User
from documents.tickets.complaint import Complaint
from jobs import cli_runner, run_now
from records.declaration.actions import Upload
from records.declaration.policy import Fate
from records.storage import key_rotation, keys, search_tokens
from records.storage.orphan_files import MIN_AGE
from security.keyring import Keyring, KeyringFile

COUNT = 40
JUST = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def ring(panel, tmp_path) -> Path:
    """Keys that are kept in a file."""
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    return file


@pytest.fixture
def people(now) -> list[User]:
    people = [User(name=f"Li {n}", email=f"li{n}@example.cn").save(now=now) for n in range(COUNT)]
    for person in people:
        Complaint(user=person, content=f"The lamp of {person.name} hums.").save(now=now)
    return people


@pytest.fixture
def killed(panel, database_uri, ring):
    """Do something in a process of its own that dies after so many commands, or storing something in a
    collection; tell whether it did."""

    def killed(limit: int | str, *what: str) -> bool:
        arguments = [database_uri, panel.name, str(ring), str(limit), *what]
        process = subprocess.run(
            [sys.executable, "-m", "tests.jobs.processes.rotation_and_restore", *arguments], check=False
        )
        assert process.returncode in {0, -signal.SIGKILL}
        return process.returncode != 0

    return killed


@pytest.mark.clause("R98")
def test_keys_turned_by_processes_killed_ten_times_leave_all_readable_and_found(
    killed, people, panel, ring, now, monkeypatch
):
    key_rotation.ask_to_turn(now)
    key_rotation.rotate_search_key(now)
    monkeypatch.setattr(key_rotation, "WRITE_GRACE", timedelta())
    monkeypatch.setattr(cli_runner, "LEASE_MILLISECONDS", 300)

    deaths = [killed(10 + 4 * round_, "turn") for round_ in range(10)]
    run_now("rotate-keys", now=now)

    assert all(deaths)
    keys.forget()
    assert list(Keyring.read(ring).masters) == [2]
    assert not Keyring.read(ring).reindexing
    assert panel["data_keys"].count_documents({"epoch": {"$ne": 2}}) == 0
    assert [user.name for user in User.objects.order_by("id")] == [user.name for user in people]
    assert Complaint.objects(__raw__=search_tokens.condition("lamp")).count() == COUNT
    for person in people:
        assert User.objects.get(__raw__=search_tokens.condition(person.email)).pk == person.pk


@pytest.mark.clause("R99")
def test_a_restore_killed_five_times_is_whole_in_the_end(killed, people, panel, tmp_path, now):
    backup = tmp_path / "backup"
    create_backup(backup, now)
    apply_fate([people[0]], Fate.ERASE, "a rule", now)
    create_key_backup(backup / "keys", now)
    keys.forget()
    collections = panel.list_collection_names()
    for name in collections:
        panel[name].delete_many({})

    deaths = 0
    for further in (15, 23, 31, 39, 75):  # each collection is looked into before anything is written
        if killed(len(collections) + further, "restore", str(backup)):
            assert restore_is_running()
            deaths += 1
    assert deaths >= 3
    restore_backup(backup, None, now)

    assert not restore_is_running()
    assert [user.name for user in User.objects.order_by("id")] == [user.name for user in people[1:]]
    assert Complaint.objects.count() == COUNT


@pytest.mark.clause("R24")
def test_what_a_killed_purge_copied_is_swept_although_its_record_stays(
    killed, people, panel, now, monkeypatch
):
    monkeypatch.setattr(cli_runner, "LEASE_MILLISECONDS", 300)
    ticket = Complaint(user=people[0], content="A lamp", closed_at=now - timedelta(days=5 * 366)).save(
        now=now
    )
    ticket.attach(now, Upload("bill.txt", "", b"Sold to Li 0."))
    assert killed("quarantine", "purge", now.isoformat())
    left = panel["quarantined_files.files"].find_one()
    assert left["metadata"]["key"] in keys.get_keys([left["metadata"]["key"]])
    assert panel["quarantine"].count_documents({}) == 0
    Complaint.objects.get(pk=ticket.pk).hold(now, "A lawsuit")

    stored_at(panel, left["_id"], now - MIN_AGE + JUST)
    run_now("purge-expired", now=now)
    assert panel["quarantined_files.chunks"].count_documents({}) > 0  # it might be part of what is under way
    stored_at(panel, left["_id"], now - MIN_AGE - JUST)
    run_now("purge-expired", now=now)

    keys.forget()
    assert panel["quarantined_files.files"].count_documents({}) == 0
    assert panel["quarantined_files.chunks"].count_documents({}) == 0
    assert keys.get_keys([left["metadata"]["key"]]) == {}
    assert b"".join(Attachment.objects.get().pieces()) == b"Sold to Li 0."


def test_of_a_file_sealed_anew_only_the_one_that_its_record_names_is_kept(panel, people, now):
    ticket = Complaint(user=people[0], content="A lamp").save(now=now)
    ticket.attach(now, Upload("bill.txt", "", b"Sold to Li 0."))
    ticket.user = people[1]
    ticket.save(now=now)
    assert panel["evidence.files"].count_documents({}) == 2
    for file in panel["evidence.files"].find():
        stored_at(panel, file["_id"], now - MIN_AGE - JUST, "evidence")

    run_now("purge-expired", now=now)

    kept = Attachment.objects.get()
    assert [file["_id"] for file in panel["evidence.files"].find()] == [kept.file]
    assert b"".join(kept.pieces()) == b"Sold to Li 0."


def stored_at(panel, file, moment, bucket: str = "quarantined_files") -> None:
    panel[f"{bucket}.files"].update_one({"_id": file}, {"$set": {"uploadDate": moment}})
