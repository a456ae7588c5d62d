"""Records of an older program find their place in the queue."""

from datetime import timedelta

import pytest

import runtime
from documents.deadlines import backfill_next_due
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.states import State
from documents.work import notification
from records.storage.audit import AuditEntry
from security.keyring import Keyring

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def keyring(database, actor):
    runtime.configure(keyring=Keyring.new())


@pytest.fixture
def older(database):
    """Leave out what an older program did not store."""

    def older(*tickets):
        for one in tickets:
            database[one.collection_name()].update_one({"_id": one.pk}, {"$unset": {"next_due_at": ""}})

    return older


def stored(ticket):
    return type(ticket).objects.get(pk=ticket.pk)


def test_the_next_promised_time_is_filled_in_from_what_is_stored(older, now, monkeypatch):
    monkeypatch.setattr(backfill_next_due, "BATCH", 2)
    tickets = [
        kind(**{kind.original: "It hums."}, priority=priority).save(now=now)
        for kind in (Complaint, Feedback)
        for priority in ("normal", "urgent", "high")
    ]
    due = [stored(one).next_due_at for one in tickets]
    older(*tickets)

    assert backfill_next_due.complete() == len(tickets)

    assert [stored(one).next_due_at for one in tickets] == due
    assert backfill_next_due.complete() == 0


def test_the_queue_is_in_the_order_of_what_is_due_next(older, now):
    late, soon = (Complaint(content="It hums.", priority=p).save(now=now) for p in ("low", "urgent"))
    older(late, soon)

    backfill_next_due.complete()

    assert [one.pk for one in Complaint.objects(closed_at=None).order_by("next_due_at")] == [soon.pk, late.pk]


def test_what_is_closed_waits_or_is_owed_nothing_stays_without(older, now):
    closed = Complaint(content="It hums.", state="closed", closed_at=now).save(now=now)
    waiting = Feedback(words="It hums.").save(now=now)
    waiting.move(State.INVESTIGATING, now)
    waiting.responded_at = now
    waiting.move(State.WAITING, now)
    older(closed, waiting)

    assert backfill_next_due.complete() == 0
    assert (stored(closed).next_due_at, stored(waiting).next_due_at) == (None, None)


def test_it_makes_no_edit_stale_and_leaves_no_entry(older, now):
    ticket = Complaint(content="It hums.").save(now=now)
    older(ticket)
    open_in_a_browser, entries = stored(ticket), AuditEntry.objects.count()

    backfill_next_due.complete()

    assert AuditEntry.objects.count() == entries
    open_in_a_browser.topic = "Lamps"
    open_in_a_browser.save(now=now)
    assert stored(ticket).next_due_at == ticket.next_due_at


def test_older_notices_say_whom_they_are_for(database, now, monkeypatch):
    monkeypatch.setattr(notification, "BATCH", 2)
    people = ["ann", "bob", "eve"]
    rows = [{"key": name, "to": [name], "to_role": None} for name in people]
    database["outbox"].insert_many([*rows, {"key": "role", "to": [], "to_role": "supervisor"}])

    assert (notification.backfill_recipients(), notification.backfill_recipients()) == (4, 0)

    told = {row["key"]: row["addressees"] for row in database["outbox"].find()}
    assert told == {"ann": ["ann"], "bob": ["bob"], "eve": ["eve"], "role": ["supervisor"]}
