"""Word of progress: sent when it was promised, once each time, or the handler is reminded."""

from datetime import timedelta

import pytest

from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import Message
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.states import State
from documents.work.notification import Notification

SECOND = timedelta(seconds=1)


@pytest.fixture
def ready() -> CannedReply:
    return CannedReply(name="Progress", use="progress", english="We are at work on {number}.").save()


@pytest.fixture
def handler() -> Staff:
    return Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save()


def complaint(now, **facts) -> Complaint:
    """Urgent, so that word of progress is promised every four hours of working time."""
    made = Complaint(content="The lamp hums.", priority="urgent", **facts).save(now=now)
    return stored(made)


def stored(ticket: Complaint) -> Complaint:
    return Complaint.objects.get(pk=ticket.pk)


@pytest.mark.clause("R35", "R64")
def test_word_of_progress_is_sent_when_it_is_due_and_the_next_is_due_anew(run, now, user, ready):
    ticket = complaint(now, user=user)
    due = ticket.progress_due_at

    assert run("progress-notices", due)["examined"] == 0
    run("progress-notices", due + SECOND)

    message = Message.objects.get()
    assert (message.use, message.text) == ("progress", f"We are at work on {ticket.number}.")
    assert stored(ticket).progressed_at == due + SECOND
    assert stored(ticket).progress_due_at > due + SECOND


def test_it_is_sent_once_each_time(run, now, user, ready):
    ticket = complaint(now, user=user)
    due = ticket.progress_due_at + SECOND

    run("progress-notices", due)
    run("progress-notices", due + SECOND)
    assert Message.objects.count() == 1

    run("progress-notices", stored(ticket).progress_due_at + SECOND)
    assert Message.objects.count() == 2


def test_a_progress_notice_is_no_first_response(run, now, user, ready):
    ticket = complaint(now, user=user)

    run("progress-notices", ticket.progress_due_at + SECOND)

    assert stored(ticket).responded_at is None


def test_a_reply_is_word_of_progress_as_well(run, now, user, ready):
    ticket = complaint(now, user=user)
    due = ticket.progress_due_at
    ticket.reply(due - SECOND, "We come on Monday.")

    assert run("progress-notices", due + SECOND)["examined"] == 0


@pytest.mark.clause("R65")
@pytest.mark.parametrize("missing", ["address", "notice"])
def test_where_it_cannot_be_sent_the_handler_is_reminded_once_each_time(run, now, user, handler, missing):
    if missing == "address":
        CannedReply(name="Progress", use="progress", english="We are at work.").save()
    ticket = complaint(now, user=None if missing == "address" else user, assignee=handler)
    due = ticket.progress_due_at + SECOND

    run("progress-notices", due)
    run("progress-notices", due + SECOND)

    told = Notification.objects.get()
    assert (told.to, [item["label"] for item in told.items]) == ([handler.pk], [ticket.number])
    assert Message.objects.count() == 0


def test_many_at_once_are_one_notice_to_their_handler(run, now, handler):
    tickets = [complaint(now, assignee=handler) for _ in range(3)]

    run("progress-notices", tickets[0].progress_due_at + SECOND)

    assert [len(notice.items) for notice in Notification.objects] == [3]


def test_what_is_nobodys_is_told_to_the_supervisors_in_one_notice(run, now):
    tickets = [complaint(now) for _ in range(3)]

    run("progress-notices", tickets[0].progress_due_at + SECOND)

    told = Notification.objects.get()
    assert (told.to, told.to_role) == ([], "supervisor")
    assert sorted(item["label"] for item in told.items) == sorted(ticket.number for ticket in tickets)


def test_while_we_wait_for_the_person_nothing_is_promised(run, now, user, ready):
    ticket = complaint(now, user=user)
    due = ticket.progress_due_at
    ticket.move(State.INVESTIGATING, now)
    ticket.move(State.WAITING, now + SECOND)

    assert run("progress-notices", due + timedelta(days=9))["examined"] == 0
