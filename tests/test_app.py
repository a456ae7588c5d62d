"""The command line: it starts with the right keys, says in one line what is wrong, and works side by side."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app import mail_server, make_keyring, open_keyring
from config import Settings, WrongSetting
from security.keyring import Keyring, KeyringError
from tests.plugins.client import PASSWORD, TOKEN

HOUSE = Path(__file__).parent.parent
URI = "mongodb://db.example/steward"
SECRET = "only for tests, " * 3


def command(*words: str) -> list[str]:
    return [sys.executable, str(HOUSE / "app.py"), *words]


def environment(**settings: object) -> dict[str, str]:
    """The environment without what is set around the tests, and with these settings."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    return around | {f"STEWARD_{name.upper()}": str(value) for name, value in settings.items()}


def run(*words: str, typed: str = "", **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        env=environment(**settings),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# -- Keys and secrets --------------------------------------------------------------------------


def test_the_embedded_database_comes_with_keys_made_once(tmp_path, capsys):
    settings = Settings(data_dir=tmp_path)

    made = open_keyring(settings).read()

    assert "Keep a copy apart" in capsys.readouterr().err
    assert settings.keyring_file.stat().st_mode & 0o777 == 0o600
    assert open_keyring(settings).read() == made
    assert capsys.readouterr().err == ""


def test_keys_that_are_there_are_never_replaced(tmp_path):
    file = tmp_path / "keyring.json"
    assert make_keyring(file)
    first = Keyring.read(file)

    assert not make_keyring(file)

    assert Keyring.read(file) == first
    assert [found.name for found in tmp_path.iterdir()] == ["keyring.json"]


def test_no_new_keys_are_made_for_data_that_old_ones_sealed(tmp_path):
    (tmp_path / "database").mkdir()

    with pytest.raises(KeyringError, match="There are no keys"):
        open_keyring(Settings(data_dir=tmp_path))

    assert not (tmp_path / "keyring.json").exists()


def test_a_database_of_its_own_needs_a_secret_of_its_own(tmp_path):
    make_keyring(tmp_path / "keyring.json")

    with pytest.raises(WrongSetting, match="STEWARD_SECRET_KEY is missing"):
        open_keyring(Settings(data_dir=tmp_path, mongodb_uri=URI))

    assert open_keyring(Settings(data_dir=tmp_path, mongodb_uri=URI, secret_key=SECRET))


def test_a_database_of_its_own_needs_keys_of_its_own(tmp_path):
    with pytest.raises(KeyringError, match=re.escape(str(tmp_path / "keyring.json"))):
        open_keyring(Settings(data_dir=tmp_path, mongodb_uri=URI, secret_key=SECRET))


def test_a_demo_brings_its_own_secret(tmp_path):
    make_keyring(tmp_path / "keyring.json")
    signins = {"admin": {"email": "admin@steward.example", "password": "…"}}
    (tmp_path / "demo-signins.json").write_text(json.dumps(signins))

    assert open_keyring(Settings(data_dir=tmp_path, mongodb_uri=URI))


# -- Commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"port": "http"}, "STEWARD_PORT"),
        ({"mongodb_uri": URI}, "STEWARD_SECRET_KEY"),
        (
            {"mongodb_uri": URI, "secret_key": SECRET, "keyring": "/nowhere/keyring.json"},
            "/nowhere/keyring.json",
        ),
    ],
)
def test_a_start_that_cannot_be_is_told_in_one_line(tmp_path, settings, named):
    outcome = run("serve", **({"data_dir": tmp_path} | settings))

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("Error: ")
    assert named in line


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """A panel that is served over the embedded database: its process, address and data folder."""
    folder = tmp_path_factory.mktemp("served")
    with subprocess.Popen(
        command("serve"),
        env=environment(data_dir=folder, port=0),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        yield process, address[0], folder
        process.kill()


def test_an_account_made_beside_a_running_panel_signs_in_to_it(served):
    _, address, folder = served
    made = run(
        *("create-staff", "--email", "Lin@steward.example", "--name", "林美華"),
        *("--role", "supervisor", "--role", "compliance", "--password-stdin"),
        typed=f"{PASSWORD}\n",
        data_dir=folder,
    )
    assert (made.returncode, made.stdout) == (0, "林美華 may sign in as lin@steward.example now.\n")

    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    token = TOKEN.search(browser.open(f"{address}login").read().decode())[1]
    form = {"csrf_token": token, "email": "lin@steward.example", "password": PASSWORD}
    page = browser.open(f"{address}login", urlencode(form).encode())

    assert page.url == f"{address}admin/"
    assert "林美華" in page.read().decode()


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("bo@steward.example", "eleven char", "12 to 128 characters"),
        ("bo@steward.example", "password1234", "common password"),
        ("no address", PASSWORD, "please check: email"),
    ],
)
def test_an_account_that_cannot_be_is_told_in_one_line(served, email, password, told):
    folder = served[2]

    outcome = run(
        *("create-staff", "--email", email, "--name", "Bo", "--role", "staff", "--password-stdin"),
        typed=password,
        data_dir=folder,
    )

    assert outcome.returncode == 1
    (line,) = outcome.stderr.splitlines()
    assert told in line


def test_a_panel_that_is_asked_to_stop_stops_in_order(served):
    process, address, folder = served
    with urllib.request.urlopen(f"{address}healthz") as answer:  # noqa: S310 — our own address
        assert json.load(answer)["status"] == "ok"

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=20) == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}healthz")  # noqa: S310
    assert list(folder.glob("*.json")) == [folder / "keyring.json"]


def test_a_mail_server_needs_the_address_that_mail_comes_from():
    with pytest.raises(WrongSetting, match="STEWARD_SMTP_FROM is missing"):
        mail_server(Settings(smtp_host="smtp.example.com"))


def test_replies_go_to_the_mail_server_that_is_set():
    settings = Settings(smtp_host="smtp.example.com", smtp_from="care@example.com", smtp_password="a secret")

    server = mail_server(settings)

    assert (server.host, server.port, server.security) == ("smtp.example.com", 587, "starttls")
    assert (server.sender, server.password) == ("care@example.com", "a secret")
    assert "a secret" not in repr(server)
    assert mail_server(Settings()) is None
