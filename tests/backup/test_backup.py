"""Backup and restore: all is there again, but for who was erased; and what is damaged is refused."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bson import ObjectId

import jobs
import runtime
from backup import (
    BackupRefused,
    create,
    create_backup,
    create_key_backup,
    restore,
    restore_backup,
    restore_is_running,
)
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erase import apply_fate
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.declaration.policy import Fate
from records.storage import key_rotation, keys
from records.storage.database import database as connected
from records.storage.writer import delete
from security.keyring import Keyring, KeyringFile
from tests.plugins.database import empty


@pytest.fixture(autouse=True)
def ring(database, actor, tmp_path) -> Path:
    """Keys that are kept in a file."""
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    return file


@pytest.fixture
def backup(tmp_path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def people(now) -> dict[str, User]:
    """Two persons, each with a complaint."""
    people = {}
    for name in ("李雷", "韩梅梅"):
        people[name] = User(name=name, email=f"{len(people)}@example.cn").save(now=now)
        Complaint(user=people[name], content=f"{name}: the lamp hums.").save(now=now)
    return people


def lose_everything() -> None:
    keys.forget()
    empty(connected())


def lose_the_data() -> None:
    keys.forget()
    for name in set(connected().list_collection_names()) - set(create.WITH_KEYS):
        connected()[name].delete_many({})


def kept() -> dict[str, list]:
    """Everything that is not of the moment, but for what the restore itself leaves in the trail."""
    names = set(connected().list_collection_names()) - create.PASSING - {keys.STATE}
    rows = {name: list(connected()[name].find().sort("_id")) for name in names}
    rows["audit"] = [row for row in rows["audit"] if row["collection"] not in {"backup", "data_keys"}]
    return {name: found for name, found in rows.items() if found}


def erase(user: User, now) -> None:
    DeletionRequest.create_request(user.pk, user.number, "asked", now)
    jobs.run_now("carry-out-erasures", now=now)


@pytest.mark.clause("R99")
def test_what_is_backed_up_is_restored_as_it_was(database, people, backup, now):
    database["task_files.chunks"].insert_one({"files_id": ObjectId(), "n": 0, "data": b"\0" * 300_000})
    before = kept()

    counts = create_backup(backup, now)
    assert not list(backup.rglob("*keyring*"))
    lose_everything()
    restored = restore_backup(backup, None, now)

    assert kept() == before
    assert restored["documents"] == sum(len(rows) for rows in before.values())
    assert counts["collections"]["users"] == restored["collections"]["users"] == 2
    assert sorted(c.content for c in Complaint.objects) == ["李雷: the lamp hums.", "韩梅梅: the lamp hums."]
    assert not restore_is_running()


def test_who_is_signed_in_and_what_is_in_hand_is_not_backed_up(database, people, backup, now):
    for name in ("sessions", "jobs", "runs", "done", "sign_in_tries"):
        database[name].insert_one({"of": "the moment"})

    assert not create.PASSING & set(create_backup(backup, now)["collections"])


@pytest.mark.clause("R24")
@pytest.mark.clause("R98")
@pytest.mark.clause("R99")
def test_drill_an_old_backup_brings_everyone_back_but_who_was_erased(people, backup, tmp_path, ring, now):
    ticket = Complaint(user=people["韩梅梅"], content="To be purged.").save(now=now)
    create_backup(backup, now)
    old_ring = Keyring.read(ring)
    erase(people["李雷"], now)
    apply_fate([Complaint.objects.get(pk=ticket.pk)], Fate.ERASE, "a rule", now)
    jobs.run_now("rotate-keys", now=now)
    create_key_backup(tmp_path / "newest", now)
    lose_everything()

    outcome = restore_backup(backup, tmp_path / "newest", now)

    assert [user.name for user in User.objects] == ["韩梅梅"]
    assert sorted(filter(None, (c.content for c in Complaint.objects))) == ["韩梅梅: the lamp hums."]
    assert outcome["deleted_again"] == 3  # a person, their complaint, and what was purged
    assert Tombstone.objects(fate=Fate.ERASE).count() >= 2
    assert set(keys.get_keys(user.pk for user in people.values())) == {people["韩梅梅"].pk}
    assert old_ring.masters[1] not in Keyring.read(ring).masters.values()


def test_data_alone_are_restored_beside_the_keys_that_are_there(people, backup, now):
    create_backup(backup, now)
    erase(people["李雷"], now)
    jobs.run_now("rotate-keys", now=now)
    lose_the_data()

    restore_backup(backup, None, now)

    assert [user.name for user in User.objects] == ["韩梅梅"]


def test_old_keys_are_refused_where_their_master_key_is_gone(database, people, backup, now):
    create_backup(backup, now)
    key_rotation.ask_to_turn(now)
    jobs.run_now("rotate-keys", now=now)
    lose_everything()

    with pytest.raises(BackupRefused, match="--keys FOLDER"):
        restore_backup(backup, None, now)

    assert kept_nothing(database)


def test_copies_of_the_keys_are_old_from_a_turn_until_the_next_copy(people, backup, tmp_path, now):
    create_backup(backup, now)
    assert not keys.copies_are_old()

    key_rotation.ask_to_turn(now)
    jobs.run_now("rotate-keys", now=now)
    assert keys.copies_are_old()

    create_key_backup(tmp_path / "newest", now)
    assert not keys.copies_are_old()


def test_the_copy_that_was_restored_is_a_copy(people, backup, now):
    key_rotation.ask_to_turn(now)
    jobs.run_now("rotate-keys", now=now)
    create_backup(backup, now)
    lose_everything()

    restore_backup(backup, None, now)

    assert not keys.copies_are_old()


def test_keys_newer_than_the_copy_of_the_keyring_are_refused(people, backup, ring, now):
    old = ring.read_bytes()
    key_rotation.ask_to_turn(now)
    jobs.run_now("rotate-keys", now=now)
    create_backup(backup, now)
    lose_everything()
    ring.write_bytes(old)

    with pytest.raises(BackupRefused, match="newest copy of the keyring"):
        restore_backup(backup, None, now)


def test_keys_of_another_keyring_are_refused(people, backup, now):
    create_backup(backup, now)
    lose_everything()
    runtime.configure(keyring=Keyring.new())

    with pytest.raises(BackupRefused, match="another keyring"):
        restore_backup(backup, None, now)


def test_a_database_that_is_not_empty_is_left_alone(people, backup, now):
    create_backup(backup, now)

    with pytest.raises(BackupRefused, match="not empty"):
        restore_backup(backup, None, now)

    assert User.objects.count() == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "manifest"])
@pytest.mark.parametrize("file", ["users.bson.gz", "late.bson.gz", "keys/data_keys.bson.gz"])
def test_a_damaged_backup_is_refused_before_anything_is_written(database, people, backup, now, damage, file):
    create_backup(backup, now)
    lose_everything()
    DAMAGES[damage](backup / file)

    with pytest.raises(BackupRefused, match="Nothing was restored"):
        restore_backup(backup, None, now)

    assert kept_nothing(database)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "flip": _flip,
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "remove": lambda file: file.unlink(),
    "manifest": lambda file: (file.parent / "manifest.json").unlink(),
}


def kept_nothing(database) -> bool:
    return not any(database[name].find_one() for name in database.list_collection_names())


def test_a_folder_with_something_in_it_takes_no_backup(people, backup, now):
    create_backup(backup, now)

    with pytest.raises(BackupRefused, match="new folder"):
        create_backup(backup, now)


def test_the_keys_alone_take_the_place_of_older_ones_and_of_nothing_else(people, tmp_path, now):
    create_key_backup(tmp_path / "keys", now)
    User(name="Ann").save(now=now)

    assert create_key_backup(tmp_path / "keys", now)["keys"] == 3

    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear …")
    with pytest.raises(BackupRefused):
        create_key_backup(tmp_path / "letters", now)
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_what_changes_while_a_backup_is_made_is_in_it_as_it_is_in_the_end(
    people, backup, now, monkeypatch: pytest.MonkeyPatch
):
    """Users come last of the records: when they are read, the complaints have been read already."""
    going = Complaint(user=people["李雷"], content="Going.").save(now=now)
    every = create._all

    def meanwhile(name: str) -> Iterator:
        if name == "users":
            Complaint(content="New.").save(now=now)
            changed = Complaint.objects.get(user=people["韩梅梅"].pk)
            changed.measures = "A new lamp."
            changed.save(now=now)
            delete(Complaint.objects.get(pk=going.pk), now=now)
        yield from every(name)

    monkeypatch.setattr(create, "_all", meanwhile)
    create_backup(backup, now)
    before = kept()
    lose_everything()

    restore_backup(backup, None, now)

    assert kept() == before


class Killed(BaseException):
    """Ends a restore like a kill: nothing after it runs."""


@pytest.mark.parametrize("command", ["insert", "replay", "end"])
def test_a_restore_that_broke_off_lets_nobody_in_and_is_begun_anew(
    people, backup, now, monkeypatch: pytest.MonkeyPatch, command
):
    create_backup(backup, now)
    erase(people["李雷"], now)
    create_key_backup(backup / "keys", now)
    lose_everything()

    def killed(*_: object) -> None:
        raise Killed

    broken = {"insert": "_put_late", "replay": "reapply", "end": "writer"}[command]
    with monkeypatch.context() as patch:
        patch.setattr(restore, broken, killed)
        with pytest.raises((Killed, AttributeError)):
            restore_backup(backup, None, now)
    assert restore_is_running()

    restore_backup(backup, None, now)

    assert not restore_is_running()
    assert [user.name for user in User.objects] == ["韩梅梅"]


def test_the_manifest_tells_what_is_in_a_backup(people, backup, now):
    create_backup(backup, now)

    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["collections"]["users"]["count"] == 2
    assert "data_keys" not in manifest["collections"]
    shutil.move(backup / "keys", backup.parent / "elsewhere")
    with pytest.raises(BackupRefused, match="missing"):
        lose_everything() or restore_backup(backup, None, now)
    assert restore_backup(backup, backup.parent / "elsewhere", now)["collections"]["users"] == 2
