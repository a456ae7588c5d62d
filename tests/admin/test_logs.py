"""The log tells what happened, and nothing of whom it happened to."""

import json
import logging

import pytest
import structlog
from pymongo.errors import DuplicateKeyError

from admin.http import logs
from security.permissions import Role


@pytest.fixture
def lines(capfd):
    """What is logged in production, as entries: `lines()` are those since it was last asked."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def lines():
        told = capfd.readouterr().err.splitlines()
        logs.configure("INFO")
        return [json.loads(line) for line in told if line.startswith("{")]

    yield lines
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_request_is_one_line_without_what_was_searched_for(signed_in, lines):
    browser = signed_in(Role.STAFF)
    lines()

    browser.get("/admin/users/?search=林美華")

    (line,) = [entry for entry in lines() if entry["logger"] == "access"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/admin/users/", 200)
    assert line["actor"] == f"staff:{browser.staff.pk}"
    assert "search" not in str(line)


def test_a_failure_is_told_without_the_record_it_quotes(client, app, lines, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    quoted = "dup key: { email: 'lin@example.com' }"

    def fail():
        raise DuplicateKeyError(quoted, 11000)

    monkeypatch.setitem(app.view_functions, "security.login", fail)
    lines()
    client.get("/login")

    told = lines()
    (failure,) = [entry for entry in told if "exception" in entry]
    assert "DuplicateKeyError" in failure["exception"]
    assert "in fail" in failure["exception"]
    assert "lin@example.com" not in str(told)
    assert {entry["reference"] for entry in told} == {failure["reference"]}


def test_a_failure_over_a_value_does_not(lines):
    lines()
    try:
        int("李小明")
    except ValueError:
        logging.getLogger("somewhere").exception("It failed.")

    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "李小明" not in line["exception"].replace('int("李小明")', "")  # our own line, not the value


def test_a_failure_of_the_program_keeps_its_message(lines):
    lines()
    try:
        raise AttributeError("colour")
    except AttributeError:
        logging.getLogger("somewhere").exception("It failed.")

    (line,) = lines()
    assert "AttributeError: colour" in line["exception"]
