"""The page of the jobs says so where no copy of the keys could be restored."""

import pytest

import runtime
from jobs import run_now
from records.storage import key_rotation, keys
from security.keyring import Keyring, KeyringFile
from security.permissions import Role

WARNING = "The master key was turned since the keys were last copied"


@pytest.fixture
def turned(app, actor, tmp_path, now):
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    key_rotation.ask_to_turn(now)
    run_now("rotate-keys", now=now)


def test_before_a_turn_nothing_is_said(signed_in):
    assert WARNING not in signed_in(Role.ADMIN).get("/admin/jobs/").text


def test_after_a_turn_it_is_until_the_keys_are_copied(turned, signed_in, now):
    assert WARNING in signed_in(Role.ADMIN).get("/admin/jobs/").text

    keys.note_copy(now)

    assert WARNING not in signed_in(Role.ADMIN).get("/admin/jobs/").text
