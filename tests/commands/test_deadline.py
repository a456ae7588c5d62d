"""A deadline worked out from the command line: what is printed, and what is refused in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import cli

HOUSE = Path(__file__).parents[2]
FRIDAY = "2026-02-13T17:00:00+08:00"


def deadline(*words: str) -> Result:
    return CliRunner().invoke(cli, ["deadline", *words])


def due(*words: str) -> str:
    return json.loads(deadline(*words).stdout.splitlines()[-1])["due"]


def test_the_last_line_is_what_the_lines_before_it_say():
    lines = deadline(FRIDAY, "8", "--calendar", "CN").stdout.splitlines()
    told = json.loads(lines[-1])

    assert lines[0] == "8 h of working time from Fri 2026-02-13 17:00"
    assert lines[-2] == "Due Sat 2026-02-14 17:30"  # a Saturday worked for the Spring Festival
    assert told["due"] == "2026-02-14T17:30:00+08:00"
    assert len(told["spans"]) == len(lines) - 4  # two lines before them, two after


@pytest.mark.parametrize(
    ("calendar", "moment"),
    [
        ("CN", "2026-02-14T17:30:00+08:00"),
        ("TW", "2026-02-23T17:00:00+08:00"),  # nine days off, none of them made up for
        ("24/7", "2026-02-13T17:00:00+00:00"),
    ],
)
def test_each_calendar_is_known_by_its_name(calendar, moment):
    assert due(FRIDAY, "8", "--calendar", calendar) == moment


def test_hours_count_by_the_calendar_of_china_unless_another_is_named():
    assert due(FRIDAY, "8") == due(FRIDAY, "8", "--calendar", "CN")


def test_the_offset_of_the_start_is_heeded():
    assert due("2026-02-13T09:00:00Z", "1.5") == due(FRIDAY, "1.5") == "2026-02-14T09:30:00+08:00"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((FRIDAY, "-1"), "Working time cannot be negative."),
        ((FRIDAY, "soon"), "Write the hours as a number, such as 8 or 1.5."),
        ((FRIDAY, "nan"), "Write the hours as a number, such as 8 or 1.5."),
        ((FRIDAY, "20001"), "That is more than 20,000 hours of working time: please check the number."),
        (("yesterday", "8"), "Write the moment like 2026-02-13T17:00:00+08:00."),
        (("2026-02-13T17:00", "8"), "The moment needs its UTC offset, such as 2026-02-13T17:00:00+08:00."),
        (("2100-01-01T00:00Z", "8"), "The calendars cover the years 1971 to 2099."),
        (("2099-12-31T23:00Z", "8"), "The calendars cover the years 1971 to 2099."),
        ((FRIDAY, "8", "--calendar", "JP"), "There is no calendar JP. There are: CN, TW, 24/7."),
    ],
)
def test_what_has_no_deadline_is_refused_in_one_line(words, sentence):
    answer = deadline(*words)

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == f"Error: {sentence}\n"


def test_neither_database_nor_keys_nor_settings_are_needed(tmp_path):
    done = subprocess.run(
        [sys.executable, HOUSE / "app.py", "deadline", FRIDAY, "8", "--calendar", "CN"],
        cwd=tmp_path,
        env={"STEWARD_MONGODB_URI": "mongodb://nowhere.invalid/", "STEWARD_NO_SUCH_SETTING": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout.splitlines()[-1])["due"] == "2026-02-14T17:30:00+08:00"
    assert (done.stderr, list(tmp_path.iterdir())) == ("", [])
