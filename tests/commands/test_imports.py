"""Files are brought in from the command line, and taken back."""

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from commands.imports import import_
from documents.people.user import User
from documents.tickets.complaint import Complaint
from security.actor import Actor, act_as


class Open:
    """The way into the application of the tests."""

    def __init__(self, panel):
        self._panel = panel

    @contextmanager
    def opened(self, command):
        with act_as(Actor.command(command)):
            yield

    def panel(self):
        return self._panel


@pytest.fixture
def run(app, database):
    def run(*words):
        return CliRunner().invoke(import_, [str(word) for word in words], obj=Open(app))

    return run


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("编号,姓名,邮箱\n1,王芳,fang@example.com\n2,Chen,nobody\n", encoding="utf-8")
    return path


def last(outcome):
    return json.loads(outcome.stdout.splitlines()[-1])


def test_without_a_mapping_the_columns_are_guessed_and_the_guesses_said(run, people):
    outcome = run("users", people)

    assert outcome.exit_code == 0, outcome.output
    assert last(outcome) == {"added": 1, "unchanged": 0, "rejected": 1}
    assert "“姓名”: name" in outcome.stdout
    assert "Line 3: “邮箱”: “…” is no e-mail address." in outcome.stdout
    assert User.objects.get().name == "王芳"


def test_a_dry_run_stores_nothing_and_names_nothing_to_undo(run, people):
    outcome = run("users", people, "--dry-run")

    assert last(outcome) == {"added": 1, "unchanged": 0, "rejected": 1}
    assert "--undo" not in outcome.stdout
    assert User.objects.count() == 0
    assert "records" not in run("--undo").stdout


def test_with_a_mapping_nothing_is_guessed(run, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("label,review\n1,好吃\n", encoding="utf-8")

    outcome = run("feedback", path, "--mapping", "takeaway-reviews")

    assert last(outcome) == {"added": 1, "unchanged": 0, "rejected": 0}
    assert "left out" not in outcome.stdout


def test_a_column_that_is_needed_and_not_found_is_asked_for(run, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    outcome = run("users", path)

    assert outcome.exit_code == 1
    assert "No column looks as if it held name" in outcome.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("tombstones", "x.csv"), "'tombstones' is not one of"),
        (("users",), "Say into which register, and from which file."),
        (("users", "nowhere.csv"), "There is no file nowhere.csv."),
        (("complaints", "x.csv", "--mapping", "takeaway-reviews"), "is for feedback, not for complaints."),
        (("--undo", "123"), "There is no import 123."),
    ],
)
def test_what_cannot_be_done_is_said(run, words, says):
    outcome = run(*words)

    assert outcome.exit_code != 0
    assert says in outcome.output


def test_an_import_is_found_and_taken_back(run, people):
    pk = run("users", people).stdout.split("--undo ")[1].split()[0]

    listed = run("--undo")
    assert listed.exit_code == 1
    assert f"{pk}  " in listed.stdout
    assert "users  people.csv  1 records" in listed.stdout
    assert pk not in run("complaints", "--undo").stdout

    undone = run("--undo", pk, "--reason", "the wrong file")
    assert undone.exit_code == 0, undone.output
    assert last(undone) == {"undone": 1, "kept": 0}
    assert User.objects.count() == 0
    assert last(run("--undo", pk)) == {"undone": 0, "kept": 0}
    assert pk not in run("--undo").stdout


def test_what_was_changed_since_is_kept_and_named(run, tmp_path, actor):
    path = tmp_path / "odd.csv"
    path.write_text("Description\nThe lamp hums\nThe door sticks\n", encoding="utf-8")
    pk = run("complaints", path).stdout.split("--undo ")[1].split()[0]
    kept = Complaint.objects.first()
    kept.topic = "Lamps"
    kept.save()

    undone = run("--undo", pk)

    assert last(undone) == {"undone": 1, "kept": 1}
    assert f"{kept.number}: It was changed since the import, so it stays." in undone.stdout
