"""The keyring: what its file holds, and what each change takes and leaves."""

import os

import pytest

from security.keyring import Keyring, KeyringError


def test_what_is_written_is_read_again(tmp_path):
    ring = Keyring.new().with_master(2).with_new_blind().with_new_audit()
    ring.write(tmp_path / "keyring.json")

    assert Keyring.read(tmp_path / "keyring.json") == ring


def test_a_file_from_before_keys_could_be_renewed_is_read(tmp_path):
    ring = Keyring.new()
    ring.write(tmp_path / "keyring.json")
    text = (tmp_path / "keyring.json").read_text()
    plain = text[: text.index('"blind_before"')].rstrip().rstrip(",") + "}"
    (tmp_path / "keyring.json").write_text(plain)

    assert Keyring.read(tmp_path / "keyring.json") == ring


def test_a_master_key_is_added_once():
    ring = Keyring.new().with_master(2)

    assert ring.epoch == 2
    assert ring.with_master(2) is ring
    assert ring.with_master(1) is ring


def test_the_master_key_in_use_is_never_let_go():
    ring = Keyring.new().with_master(2)

    assert ring.without_masters_before(1).masters == ring.masters
    assert list(ring.without_masters_before(2).masters) == [2]
    assert list(ring.without_masters_before(9).masters) == [2]


def test_older_keys_stay_the_newest_first():
    first = Keyring.new()
    second = first.with_new_blind().with_new_audit()
    third = second.reindexed().with_new_blind().with_new_audit()

    assert third.blinds == (third.blind, second.blind, first.blind)
    assert third.audits == (third.audit, second.audit, first.audit)
    assert third.searched == (third.blind, second.blind)
    assert third.reindexed().searched == (third.blind,)


def test_what_stood_in_the_file_before_is_overwritten(tmp_path):
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    with file.open("rb") as former:
        Keyring.new().write(file)

        assert set(former.read()) == {0}
        assert os.fstat(former.fileno()).st_nlink == 0


def test_another_name_keeps_what_it_names(tmp_path):
    file, copy = tmp_path / "keyring.json", tmp_path / "copy.json"
    ring = Keyring.new()
    ring.write(file)
    os.link(file, copy)

    Keyring.new().write(file)

    assert Keyring.read(copy) == ring


@pytest.mark.parametrize("text", ["", "{}", '{"masters": {}}', '{"masters": {"1": "AAAA"}}'])
def test_a_file_that_is_not_whole_is_refused(tmp_path, text):
    (tmp_path / "keyring.json").write_text(text)

    with pytest.raises(KeyringError, match="cannot be read"):
        Keyring.read(tmp_path / "keyring.json")
