"""Backup, restore and new keys from the command line, on the embedded database."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from security.keyring import Keyring
from tests.test_app import run

PASSWORD = "a lantern over nine rivers"


def counts(outcome: subprocess.CompletedProcess[str]) -> dict:
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout.splitlines()[-1])


@pytest.mark.clause("R99")
def test_an_installation_is_backed_up_and_restored_elsewhere(tmp_path: Path):
    here, there, backup = tmp_path / "here", tmp_path / "there", tmp_path / "backup"
    who = ("--email", "lin@steward.example", "--name", "Lin", "--role", "admin", "--password-stdin")
    run("create-staff", *who, typed=PASSWORD, data_dir=here)

    made = counts(run("backup", str(backup), data_dir=here))
    assert made["collections"]["staff"] == 1

    there.mkdir()
    shutil.copy(here / "keyring.json", there)
    restored = counts(run("restore", str(backup), data_dir=there))
    assert restored["collections"]["staff"] == 1

    again = run("restore", str(backup), data_dir=there)
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_the_master_key_is_turned_by_hand_and_all_warn_until_the_keys_are_copied_anew(tmp_path: Path):
    run("indexes", data_dir=tmp_path)
    assert "Warning" not in run("jobs", "list", data_dir=tmp_path).stderr

    turned = run("rotate-keys", "master", data_dir=tmp_path)

    assert (counts(turned)["state"], counts(turned)["failed"]) == ("done", 0)
    assert list(Keyring.read(tmp_path / "keyring.json").masters) == [2]
    assert "backup --keys-only" in turned.stderr
    assert "backup --keys-only" in run("jobs", "list", data_dir=tmp_path).stderr

    counts(run("backup", "--keys-only", str(tmp_path / "keys"), data_dir=tmp_path))
    assert "Warning" not in run("jobs", "list", data_dir=tmp_path).stderr


def test_what_is_no_backup_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "backup").mkdir()

    outcome = run("restore", str(tmp_path / "backup"), data_dir=tmp_path / "data")

    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[-1].startswith("Error: ")
    assert "Nothing was restored" in outcome.stderr
