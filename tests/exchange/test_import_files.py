"""Files come in whole, once, however often they are imported, and whatever breaks off."""

import csv
import signal
import subprocess
import sys
from pathlib import Path

import pymongo
import pytest
from bson.binary import UUID_SUBTYPE, Binary

import runtime
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from exchange.importing import import_file, importer, load_mapping, parse_mapping
from records.storage import keys, sequence
from records.storage.audit import AuditEntry
from security.keyring import Keyring

HOUSE = Path(__file__).parents[2]
DATA = HOUSE.parent / "shared" / "data"
ELSEWHERE = parse_mapping(
    {
        "into": "complaints",
        "source": "elsewhere",
        "key": "No.",
        "fields": {"content": "Text", "place": "Place", "measures": "Done"},
    }
)
REVIEWS = load_mapping("takeaway-reviews")


@pytest.fixture(autouse=True)
def ready(database, actor):
    runtime.configure(keyring=Keyring.new())
    yield
    with pymongo.timeout(60):  # thousands of records
        for name in ("complaints", "feedback", "audit", keys.COLLECTION):
            database[name].delete_many({})


@pytest.fixture
def load(tmp_path, now):
    """Import rows through a CSV file; the header goes with the mapping."""

    def load(*rows, mapping=ELSEWHERE, dry_run=False):
        path = tmp_path / "rows.csv"
        header = ("label", "review") if mapping is REVIEWS else ("No.", "Text", "Place", "Done")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return import_file(path, mapping, now=now, dry_run=dry_run)

    return load


def row(number, text="slow", place="Taipei", done=""):
    return (number, text, place, done)


def real(name):
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not on this machine")
    return DATA / name


def counts(added=0, unchanged=0, rejected=0):
    return {"added": added, "unchanged": unchanged, "rejected": rejected}


# -- Real files --------------------------------------------------------------------------------


def test_real_complaints_come_in_with_the_promises_that_were_made_there(now):
    path = real("nyc311_complaints.csv")

    result = import_file(path, load_mapping("nyc311"), now=now)

    assert result.counts() == counts(added=500)
    with_due = Complaint.objects(due_at__ne=None)
    assert with_due.count() == 272
    assert sum(ticket.is_overdue(now) for ticket in with_due) == 4
    assert sum(bool(ticket.closed_at and ticket.closed_at > ticket.due_at) for ticket in with_due) == 35
    assert Complaint.objects(closed_at=None).count() == 17
    assert import_file(path, load_mapping("nyc311"), now=now).counts() == counts(unchanged=500)
    assert Complaint.objects.count() == 500


@pytest.mark.clause("R48")
def test_real_reviews_come_in_word_for_word(tmp_path, now):
    path = real("takeaway_reviews_zh.csv")
    assert import_file(path, REVIEWS, now=now, dry_run=True).counts() == counts(added=3000)
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = list(csv.DictReader(file))[:120]
    part = tmp_path / "part.csv"
    with part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "review"), *(row.values() for row in first)])

    assert import_file(part, REVIEWS, now=now).counts() == counts(added=120)
    stored = sorted((feedback.words, feedback.score) for feedback in Feedback.objects)
    assert stored == sorted((row["review"], 5 if row["label"] == "1" else 1) for row in first)


# -- Once --------------------------------------------------------------------------------------


def test_running_again_adds_nothing_and_a_longer_file_only_what_is_new(load):
    assert load(row("1"), row("2")).counts() == counts(added=2)
    assert load(row("1"), row("2")).counts() == counts(unchanged=2)
    assert load(row("1"), row("2"), row("3")).counts() == counts(added=1, unchanged=2)
    assert Complaint.objects.count() == 3


def test_the_same_number_in_another_register_is_another_complaint(load):
    other = parse_mapping(
        {"into": "complaints", "source": "another", "key": "No.", "fields": {"content": "Text"}}
    )

    assert load(row("1")).added == 1
    assert load(row("1"), mapping=other).added == 1


def test_a_number_that_comes_twice_counts_once_and_what_differs_is_told(load):
    result = load(row("1"), row("2"), row("1"), row("1", text="quick"))

    assert result.counts() == counts(added=2, unchanged=1, rejected=1)
    assert list(result.rejections()) == ["Line 5: “No.”: line 2 has the same, and says something else."]
    assert Complaint.objects(source_key="1").get().content == "slow"


def test_a_rejected_row_does_not_take_the_place_of_a_good_one(load):
    result = load(row("1", text=""), row("1"))

    assert result.counts() == counts(added=1, rejected=1)


def test_rows_without_a_number_are_told_apart_by_their_order(load):
    equal = ("1", "好吃")

    assert load(equal, equal, ("0", "好吃"), mapping=REVIEWS).counts() == counts(added=3)
    assert load(equal, ("0", "好吃"), equal, mapping=REVIEWS).counts() == counts(unchanged=3)
    assert load(equal, equal, equal, mapping=REVIEWS).counts() == counts(added=1, unchanged=2)


def test_a_row_that_lacks_its_number_comes_in_once_all_the_same(load):
    assert load(row(""), row("", place="Tainan")).counts() == counts(added=2)
    assert load(row(""), row("", place="Tainan")).counts() == counts(unchanged=2)
    assert Complaint.objects(source_key=None).count() == 2


def test_rows_found_here_are_found_by_an_index(load, database):
    load(row("1"))

    plan = database.complaints.find({"import_key": {"$in": [1, 2]}}).explain()["queryPlanner"]["winningPlan"]
    assert "COLLSCAN" not in str(plan)


# -- All or nothing ----------------------------------------------------------------------------


def test_a_dry_run_checks_everything_and_stores_nothing(load, database):
    load(row("1"))

    result = load(row("1"), row("2"), row("3", text=""), dry_run=True)

    assert result.counts() == counts(added=1, unchanged=1, rejected=1)
    assert Complaint.objects.count() == 1
    assert database[sequence.COLLECTION].find_one()["last"] == 1


def test_what_came_in_names_its_import_and_stands_in_the_audit(load, database):
    result = load(row("1"), row("2"))

    assert database.complaints.count_documents({"import_batch": result.batch}) == 2
    assert {entry.reason for entry in AuditEntry.objects(collection="complaints")} == {"import: elsewhere"}


def test_one_row_that_cannot_be_stored_costs_no_other(load, monkeypatch):
    monkeypatch.setattr(importer, "BATCH_TEXT", 64 << 20)
    huge = "x" * 8_500_000  # twice that is more than the 16 MiB of a record

    result = load(row("1"), row("2", text=huge, done=huge), row("3"))

    assert result.counts() == counts(added=2, rejected=1)
    assert list(result.rejections()) == ["Line 3: It could not be stored; it may be too large."]


def test_a_text_of_two_megabytes_comes_in_whole(load):
    long = "投訴" * 350_000

    assert load(row("1", text=long)).added == 1
    assert Complaint.objects.get().content == long


def test_what_another_import_stored_meanwhile_is_not_stored_twice(load, monkeypatch):
    seen = importer.fresh
    calls = []

    def late(readings, mapping):
        """Look before the other import has stored anything, as a race would have it."""
        calls.append(readings)
        return readings if len(calls) == 1 else seen(readings, mapping)

    load(row("1"))
    monkeypatch.setattr(importer, "fresh", late)

    assert load(row("1"), row("2")).counts() == counts(added=1, unchanged=1)


def test_the_header_names_what_the_mapping_leaves_out(tmp_path, now):
    path = tmp_path / "rows.csv"
    path.write_text("label,review,mood\n1,好,glad\n", encoding="utf-8")

    result = import_file(path, REVIEWS, now=now)

    assert result.added == 1
    assert list(result.omissions()) == ["Line 1: The mapping does not name these columns: “mood”."]


def test_progress_is_told_up_to_the_end(load, tmp_path, now, monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 2)
    load(*(row(str(number)) for number in range(5)))
    told = []

    import_file(tmp_path / "rows.csv", ELSEWHERE, now=now, progress=lambda done, of: told.append((done, of)))

    size = (tmp_path / "rows.csv").stat().st_size
    assert len(told) == 4
    assert told[-1] == (size, size)


def test_what_came_in_under_an_older_search_key_is_known_again(tmp_path, now):
    path = tmp_path / "reviews.csv"
    path.write_text("label,review\n1,好吃\n0,太慢\n0,太慢\n", encoding="utf-8")
    import_file(path, REVIEWS, now=now)
    runtime.configure(keyring=keys.keyring().with_new_blind().reindexed().with_new_blind())

    assert import_file(path, REVIEWS, now=now).counts() == counts(unchanged=3)


# -- Broken off --------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
import runtime
from datetime import UTC, datetime
from pathlib import Path
from pymongo import monitoring
from records.storage import keys
from records.storage.database import connect
from exchange.importing import import_file, importer, load_mapping
from security.actor import Actor, act_as
from security.keyring import Keyring

importer.BATCH = 50
uri, name, ring, path, command, collection = sys.argv[1:]

class DiesAtTheThird(monitoring.CommandListener):
    seen = 0
    def started(self, event):
        if event.command_name == command and event.command[command] in (1, collection):
            self.seen += 1
            if self.seen == 3:
                print(event.command["lsid"]["id"].hex(), flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
    def succeeded(self, event): pass
    def failed(self, event): pass

monitoring.register(DiesAtTheThird())
connect(uri, name)
runtime.configure(keyring=Keyring.read(Path(ring)))
with act_as(Actor.command("import")):
    import_file(Path(path), load_mapping("takeaway-reviews"), now=datetime.now(UTC))
"""


@pytest.mark.parametrize(
    ("command", "collection"),
    [("find", "feedback"), ("insert", "feedback"), ("insert", "audit"), ("commitTransaction", "")],
)
def test_an_import_killed_in_its_third_batch_is_completed_by_the_next(
    tmp_path, database, database_uri, now, monkeypatch, command, collection
):
    monkeypatch.setattr(importer, "BATCH", 50)
    ring, path = tmp_path / "ring.json", tmp_path / "reviews.csv"
    keys.keyring().write(ring)
    reviews = [f"{number % 2},第 {number} 条评论" for number in range(3 * importer.BATCH)]
    path.write_text("\n".join(["label,review", *reviews]), encoding="utf-8")
    arguments = [database_uri, database.name, str(ring), str(path), command, collection]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], cwd=HOUSE, stdout=subprocess.PIPE, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    # The server ends what the dead left open after a minute; the test does not wait for that.
    session = Binary(bytes.fromhex(killed.stdout.decode()), UUID_SUBTYPE)
    database.client.admin.command("killSessions", [{"id": session}])

    assert Feedback.objects.count() == 2 * importer.BATCH
    assert import_file(path, REVIEWS, now=now).counts() == counts(
        added=importer.BATCH, unchanged=2 * importer.BATCH
    )
    assert sorted(f.words for f in Feedback.objects) == sorted(review[2:] for review in reviews)
    assert AuditEntry.objects(collection="feedback").count() == 3 * importer.BATCH
