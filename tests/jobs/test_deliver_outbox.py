"""Replies by mail: sent once, tried again, given up, and seen to be returned; over a real SMTP server."""

import socket
from datetime import timedelta

import pytest

import runtime
from documents.conversation.message import Message
from documents.erasure import erase
from documents.people.user import User
from documents.service.contact_point import ContactPoint
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification, NotificationKind
from documents.work.outgoing_mail import GIVE_UP_AFTER, LEASE, Delivery
from jobs.deliver_outbox import deliver_outbox
from language.languages import Language
from mail.smtp import MailServer
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate
from records.storage.database import database, in_transaction
from tests.jobs import smtp_server as mail_sink

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sink():
    with mail_sink.running() as sink:
        runtime.configure(mail_server=sink.server)
        yield sink
    runtime.configure(mail_server=None)


@pytest.fixture
def complaint(user, complain) -> Complaint:
    return complain(user=user, due_at=None)


def stored(record):
    return type(record).objects.get(pk=record.pk)


def reply(complaint: Complaint, now, text: str = "We will come on Monday.", **more) -> Message:
    stored(complaint).reply(now, text, **more)
    return Message.objects.order_by("-_id").first()


def outcome(message: Message) -> tuple[str, int]:
    found = stored(message)
    return found.state, found.attempts


# -- What is sent --------------------------------------------------------------------------------------


@pytest.mark.clause("R52", "R64")
def test_a_reply_goes_out_by_mail_to_the_person(complaint, sink, run, now):
    message = reply(complaint, now, "我们周一上门。\n.\nBest wishes", language=Language.SIMPLIFIED)

    run("deliver-outbox")

    mail = sink.taken[0]
    assert (mail["To"], mail["From"]) == ("lilei@example.cn", "care@steward.example")
    assert mail["Subject"] == f"关于您的来信 {complaint.number}"
    assert mail["Content-Language"] == "zh-Hans-CN"
    assert mail.get_content().replace("\r\n", "\n") == "我们周一上门。\n.\nBest wishes\n"
    assert outcome(message) == ("sent", 1)
    assert stored(message).sent_at == now


@pytest.mark.clause("R41", "R58")
@pytest.mark.parametrize(
    ("language", "line"),
    [
        (Language.SIMPLIFIED, "投诉：400 555 0100 · 周一至周五"),
        (Language.TRADITIONAL, "申訴：0800 555 010"),
        (Language.ENGLISH, "Complaints: complaints@steward.example"),
    ],
)
def test_every_mail_tells_where_to_complain(complaint, sink, run, now, language, line):
    everywhere = ContactPoint(purpose="complaints", email="complaints@steward.example")
    china = ContactPoint(purpose="complaints", region="CN", phone="400 555 0100", hours_zh_cn="周一至周五")
    taiwan = ContactPoint(purpose="complaints", region="TW", phone="0800 555 010")
    privacy = ContactPoint(purpose="privacy", email="privacy@steward.example")
    for point in (everywhere, china, taiwan, privacy):
        point.save(now=now)
    reply(complaint, now, "Monday.", language=language)

    run("deliver-outbox")

    lines = sink.taken[0].get_content().splitlines()
    assert lines[:3] == ["Monday.", "", "-- "]
    assert line in lines[3:]
    assert not [one for one in lines if "privacy" in one]
    assert Message.objects.get().text == "Monday."


def test_what_was_sent_is_not_sent_again(complaint, sink, run, now):
    reply(complaint, now)

    run("deliver-outbox")
    run("deliver-outbox", now + timedelta(days=1))

    assert len(sink.taken) == 1


def test_the_address_given_with_the_complaint_goes_before_that_of_the_user(complaint, sink, run, now):
    ticket = stored(complaint)
    ticket.contact_email = "office@example.cn"
    ticket.save(now=now)

    reply(complaint, now)
    run("deliver-outbox")

    assert sink.recipients == ["office@example.cn"]


@pytest.mark.parametrize(
    ("region", "subject"),
    [("CN", "关于您的来信"), ("TW", "關於您的來信"), (None, "About your message to us,")],
)
def test_we_write_in_the_language_that_is_read_where_the_person_is_at_home(
    complain, sink, run, now, region, subject
):
    user = User(name="Ann", email="ann@example.cn", region=region).save(now=now)
    complaint = complain(user=user, due_at=None)

    reply(complaint, now)
    run("deliver-outbox")

    assert sink.taken[0]["Subject"] == f"{subject} {complaint.number}"


def test_later_messages_stand_in_the_thread_of_the_earlier_ones(complaint, sink, run, now):
    first, second, third = (reply(complaint, now + n * MINUTE, f"Letter {n}") for n in range(3))
    ids = [sink.server.message_id(one.pk) for one in (first, second, third)]

    run("deliver-outbox", now + timedelta(hours=1))

    sent = {mail["Message-ID"]: mail for mail in sink.taken}
    assert list(sent) == ids
    assert (sent[ids[0]]["In-Reply-To"], sent[ids[0]]["References"]) == (None, None)
    assert (sent[ids[2]]["In-Reply-To"], sent[ids[2]]["References"]) == (ids[1], f"{ids[0]} {ids[1]}")


# -- What it means for the ticket ----------------------------------------------------------------------


@pytest.mark.clause("R34", "R35")
def test_the_first_reply_is_the_first_response_and_every_reply_a_word_of_progress(user, now):
    complaint = Complaint(content="The lamp hums.", user=user).save(now=now)
    assert complaint.first_response_due_at

    reply(complaint, now + MINUTE)
    reply(complaint, now + 2 * MINUTE)

    found = stored(complaint)
    assert (found.responded_at, found.progressed_at) == (now + MINUTE, now + 2 * MINUTE)


def test_without_an_address_nothing_is_written_and_the_reason_is_said(complain, now):
    complaint = complain(due_at=None)

    with pytest.raises(ActionRefused, match="No e-mail address is known"):
        reply(complaint, now)

    assert (Message.objects.count(), stored(complaint).responded_at) == (0, None)


@pytest.mark.parametrize("address", ["not an address", "a@b.example\nBcc: all@b.example", "@", "a@"])
def test_what_is_no_address_is_not_written_to(complain, now, address):
    complaint = complain(due_at=None, contact_email=address)

    with pytest.raises(ActionRefused, match="not a usable one"):
        reply(complaint, now)


def test_address_and_text_are_stored_sealed(complaint, now):
    message = reply(complaint, now, "We will come on Monday.")

    row = str(database()["messages"].find_one({"_id": message.pk}))
    assert "lilei" not in row
    assert "Monday" not in row


# -- When it does not work ------------------------------------------------------------------------------


def test_while_no_mail_server_is_set_messages_wait(complaint, run, now):
    message = reply(complaint, now)

    assert run("deliver-outbox")["examined"] == 0
    assert outcome(message) == ("waiting", 0)


def test_a_server_out_of_reach_is_tried_again_less_and_less_often(complaint, run, now):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    runtime.configure(mail_server=MailServer("127.0.0.1", "care@steward.example", port, "none"))
    message = reply(complaint, now)

    run("deliver-outbox")
    assert stored(message).next_attempt_at == now + MINUTE
    run("deliver-outbox", now + MINUTE)
    assert stored(message).next_attempt_at == now + 3 * MINUTE
    with mail_sink.running() as sink:
        runtime.configure(mail_server=sink.server)
        run("deliver-outbox", now + 3 * MINUTE - timedelta(milliseconds=1))
        assert outcome(message) == ("waiting", 2)
        run("deliver-outbox", now + 3 * MINUTE)
        assert len(sink.taken) == 1
    runtime.configure(mail_server=None)

    assert outcome(message) == ("sent", 3)
    assert stored(message).answer is None


def test_when_the_server_is_out_of_reach_the_other_messages_are_spared_the_attempt(complaint, run, now):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    runtime.configure(mail_server=MailServer("127.0.0.1", "care@steward.example", port, "none"))
    first, second = reply(complaint, now), reply(complaint, now)

    run("deliver-outbox")

    runtime.configure(mail_server=None)
    assert (outcome(first), outcome(second)) == (("waiting", 1), ("waiting", 0))


def test_a_mailbox_that_is_full_for_now_is_tried_again(complaint, sink, run, now):
    sink.verdicts = ["452 4.2.2 full"]
    message = reply(complaint, now)

    run("deliver-outbox")
    assert (outcome(message), stored(message).answer) == (("waiting", 1), "452 4.2.2 full")

    run("deliver-outbox", now + MINUTE)
    assert (outcome(message), len(sink.taken)) == (("sent", 2), 1)


def test_what_the_server_refuses_for_good_is_noted_and_the_handler_told(user, complain, sink, run, now):
    handler = Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save()
    complaint = complain(user=user, due_at=None, assignee=handler)
    sink.verdicts = ["550 5.1.1 no such user lilei@example.cn"]
    message = reply(complaint, now)

    run("deliver-outbox")
    run("deliver-outbox", now + timedelta(days=1))

    assert outcome(message) == ("returned", 1)
    assert stored(message).answer == "550 5.1.1 no such user lilei@example.cn"
    told = Notification.objects.get(occasion=NotificationKind.UNDELIVERED)
    assert (told.to, told.record, told.label) == ([handler.pk], complaint.pk, complaint.number)
    assert "lilei" not in str(list(database()["audit"].find()))


@pytest.mark.parametrize(
    ("later", "state"), [(GIVE_UP_AFTER - MINUTE, Delivery.WAITING), (GIVE_UP_AFTER, Delivery.GIVEN_UP)]
)
def test_after_three_days_it_is_given_up(complaint, sink, run, now, later, state):
    sink.verdicts = ["451 4.3.0 later"]
    message = reply(complaint, now)

    run("deliver-outbox", now + later)

    assert stored(message).state == state
    assert Notification.objects(occasion=NotificationKind.UNDELIVERED).count() == (state is Delivery.GIVEN_UP)


def test_what_was_returned_can_be_sent_again_by_hand(complaint, sink, run, now):
    sink.verdicts = ["550 5.1.1 unknown"]
    message = reply(complaint, now)
    run("deliver-outbox")

    stored(message).send_again(now + MINUTE)
    run("deliver-outbox", now + MINUTE)

    assert outcome(message) == ("sent", 2)


# -- Killed, and two at once ------------------------------------------------------------------------------


def test_two_processes_send_a_message_once(complaint, sink, now):
    message = reply(complaint, now)
    ours, theirs = next(deliver_outbox(now)), next(deliver_outbox(now))

    in_transaction(lambda: ours.change(ours.read([message.pk])))
    left = theirs.read([message.pk])

    assert (len(sink.taken), left) == (1, [])


def test_who_dies_between_sending_and_marking_leaves_it_to_be_sent_again_under_the_same_id(
    complaint, sink, run, now, monkeypatch
):
    """The process dies right after the server said yes: nothing of what follows happens."""
    message = reply(complaint, now)

    def die(self, now) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(Message, "mark_sent", die)
        with pytest.raises(KeyboardInterrupt):
            run("deliver-outbox")
    assert outcome(message) == ("waiting", 1)

    run("deliver-outbox", now + LEASE - timedelta(milliseconds=1))
    assert len(sink.taken) == 1
    run("deliver-outbox", now + LEASE)

    assert [mail["Message-ID"] for mail in sink.taken] == [sink.server.message_id(message.pk)] * 2
    assert outcome(message) == ("sent", 2)


def test_a_server_that_hangs_up_after_the_text_is_tried_again_under_the_same_id(complaint, sink, run, now):
    sink.hangs_up = True
    message = reply(complaint, now)
    run("deliver-outbox")
    sink.hangs_up = False

    run("deliver-outbox", now + MINUTE)

    assert {mail["Message-ID"] for mail in sink.taken} == {sink.server.message_id(message.pk)}
    assert outcome(message) == ("sent", 2)


def test_a_message_whose_person_was_erased_is_gone_before_it_is_sent(complaint, user, sink, run, now):
    reply(complaint, now)
    erase.apply_fate([stored(complaint)], Fate.ERASE, "asked for", now)

    assert run("deliver-outbox")["examined"] == 0
    assert sink.taken == []
