"""Data keys, and processes that sleep over a turn of the master key."""

import pytest
from bson import ObjectId

import runtime
from jobs import run_now
from records.storage import key_rotation, keys
from records.storage.database import in_transaction
from security import ciphers
from security.keyring import Keyring, KeyringFile


@pytest.fixture(autouse=True)
def ring(database, actor, tmp_path):
    """Keys that are kept in a file."""
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    return file


def turn(now) -> None:
    key_rotation.ask_to_turn(now)
    run_now("rotate-keys", now=now)
    keys.forget()


def test_the_keys_of_a_replaced_file_are_used(ring):
    other = keys.keyring().with_master(2)
    other.write(ring)

    assert keys.keyring() == other


def test_a_file_that_is_away_or_broken_for_a_moment_ends_no_work(ring):
    known = keys.keyring()
    ring.write_text("{")
    assert keys.keyring() == known

    ring.unlink()
    assert keys.keyring() == known


def test_a_turn_wraps_every_key_anew_and_destroys_the_old_master(database, ring, now):
    owners = [ObjectId() for _ in range(300)]
    opened = keys.get_or_create_keys(owners)
    old = keys.keyring().masters[1]

    turn(now)

    assert list(Keyring.read(ring).masters) == [2]
    assert keys.get_keys(owners) == opened
    assert database["data_keys"].count_documents({"epoch": 2}) == len(owners)
    with pytest.raises(ciphers.DecryptionError):
        ciphers.unwrap(old, database["data_keys"].find_one()["wrapped"])


def test_without_a_reason_nothing_is_turned(ring, now):
    keys.get_or_create_keys([ObjectId()])

    assert run_now("rotate-keys", now=now)["examined"] == 0
    assert list(Keyring.read(ring).masters) == [1]


def test_erasures_since_the_last_turn_share_one(database, ring, now):
    owners = [ObjectId() for _ in range(3)]
    keys.get_or_create_keys(owners)
    for owner in owners[:2]:
        in_transaction(lambda owner=owner: keys.destroy([owner]))

    run_now("rotate-keys", now=now)
    assert list(Keyring.read(ring).masters) == [2]
    assert database["ended_keys"].count_documents({}) == 0

    run_now("rotate-keys", now=now)
    assert list(Keyring.read(ring).masters) == [2]


def test_ending_what_had_no_key_is_no_reason_to_turn(database):
    assert in_transaction(lambda: keys.destroy([ObjectId()])) == 0
    assert database["ended_keys"].count_documents({}) == 0


def test_an_erasure_that_is_taken_back_is_no_reason_to_turn(database):
    owner = ObjectId()
    keys.get_or_create_keys([owner])

    def fail() -> None:
        keys.destroy([owner])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_transaction(fail)
    assert database["ended_keys"].count_documents({}) == 0


def test_an_old_master_stays_while_a_key_is_wrapped_under_it(database, ring, now):
    owner = ObjectId()
    keys.get_or_create_keys([owner])
    key_rotation.change_ring(lambda ring: ring.with_master(2))

    assert in_transaction(lambda: key_rotation.end_turn(now)) == 0
    assert list(Keyring.read(ring).masters) == [1, 2]


def made_by_a_sleeper(monkeypatch, now, *, sees_the_turn: bool) -> ObjectId:
    """Make a key in a process that knew the keys before a turn, and stored it after."""
    keys.get_or_create_keys([ObjectId()])
    before = keys.keyring()
    turn(now)
    after = keys.keyring()
    answers = [before, after] if sees_the_turn else [before]
    monkeypatch.setattr(keys, "keyring", lambda: answers.pop(0) if len(answers) > 1 else answers[0])
    return ObjectId()


def test_a_process_that_slept_over_a_turn_wraps_its_key_under_the_new_master(monkeypatch, database, now):
    owner = made_by_a_sleeper(monkeypatch, now, sees_the_turn=True)

    key = keys.get_or_create_keys([owner])[owner]

    assert database["data_keys"].find_one({"_id": owner})["epoch"] == 2
    keys.forget()
    assert keys.get_keys([owner]) == {owner: key}


def test_a_process_with_an_old_keyring_is_refused_and_leaves_no_key(monkeypatch, database, now):
    owner = made_by_a_sleeper(monkeypatch, now, sees_the_turn=False)

    with pytest.raises(keys.OldKeyring, match="newest copy"):
        keys.get_or_create_keys([owner])

    assert database["data_keys"].find_one({"_id": owner}) is None


def test_what_a_dead_sleeper_left_is_replaced(database, now):
    keys.get_or_create_keys([ObjectId()])
    old = keys.keyring().masters[1]
    turn(now)
    owner = ObjectId()
    left = {"_id": owner, "wrapped": ciphers.wrap(old, ciphers.new_key()), "epoch": 1}
    database["data_keys"].insert_one(left)

    assert keys.get_keys([owner]) == {}
    assert keys.get_or_create_keys([owner]).keys() == {owner}
    assert database["data_keys"].find_one({"_id": owner})["epoch"] == 2


def test_a_key_under_a_master_that_is_not_here_is_an_error_and_no_erasure(database):
    owner = ObjectId()
    database["data_keys"].insert_one({"_id": owner, "wrapped": b"\0" * 40, "epoch": 7})

    with pytest.raises(keys.OldKeyring):
        keys.get_keys([owner])
