"""What feedback and complaints have in common, and what each keeps of what a person said."""

import pytest
from mongoengine import ValidationError

import runtime
from documents.tickets.complaint import Complaint, ComplaintKind
from documents.tickets.feedback import Feedback, FeedbackKind
from documents.tickets.ticket import Channel, Priority
from records.storage.writer import ImmutableField
from security.keyring import Keyring
from tests.factories import MORNING, ComplaintFactory, FeedbackFactory


@pytest.fixture(autouse=True)
def tickets(database, actor):
    runtime.configure(keyring=Keyring.new())
    return database


@pytest.mark.parametrize(("make", "prefix"), [(FeedbackFactory, "F-2030-"), (ComplaintFactory, "C-2030-")])
def test_a_ticket_has_a_number_of_its_year_and_a_first_step(make, prefix):
    first, second = make(), make()

    assert first.number.startswith(prefix)
    assert int(second.number[len(prefix) :]) == int(first.number[len(prefix) :]) + 1
    assert [(move.state, move.at, move.by) for move in first.moves] == [("received", MORNING, "Lin Mei")]


@pytest.mark.parametrize("make", [FeedbackFactory, ComplaintFactory])
def test_steps_are_never_rewritten(make):
    ticket = make()

    ticket.moves = []
    with pytest.raises(ImmutableField):
        ticket.save()


@pytest.mark.clause("R42", "R43", "R45", "R46", "R47")
def test_feedback_keeps_channel_kind_screening_frequency_and_impact():
    for field in ("channel", "kind", "screening", "frequency", "impact"):
        for choice in Feedback._fields[field].choices:
            stored = Feedback.objects(pk=FeedbackFactory(**{field: choice}).pk).first()
            assert getattr(stored, field) == choice
        with pytest.raises(ValidationError, match=field):
            FeedbackFactory(**{field: "something else"})


@pytest.mark.clause("R42")
def test_the_channels_of_the_policy_are_there():
    assert {"website", "forum", "weibo", "wechat", "douyin", "store-box", "event", "hotline"} <= set(Channel)


@pytest.mark.clause("R46")
def test_feedback_may_come_from_nobody_we_know():
    assert Feedback.objects(pk=FeedbackFactory().pk).first().user is None


@pytest.mark.clause("R48")
def test_the_users_words_stay_and_the_recorders_note_stands_beside_them():
    feedback = FeedbackFactory(words="抽屜卡住了!!")

    feedback.recorder_note = "Probably the runner."
    feedback.save()
    feedback.words = "The drawer sticks a little."
    with pytest.raises(ImmutableField):
        feedback.save()

    stored = Feedback.objects(pk=feedback.pk).first()
    assert (stored.words, stored.recorder_note) == ("抽屜卡住了!!", "Probably the runner.")


@pytest.mark.clause("R57", "R43")
@pytest.mark.parametrize("words", ["The app forgets me each day.", "Let me pay on the website."])
def test_users_report_trouble_with_our_own_systems_and_ideas_for_them(words):
    """It is told apart from what is said of products and service, and dealt with as all feedback is."""
    feedback = Feedback.objects.get(pk=FeedbackFactory(words=words, kind="system", channel="app").pk)

    assert (feedback.kind, feedback.words) == (FeedbackKind.SYSTEM, words)
    assert feedback.promise


@pytest.mark.clause("R58", "R59")
def test_a_complaint_keeps_content_time_and_contact_sealed(tickets):
    known = {
        "content": "The lamp hums.",
        "contact_name": "李雷",
        "contact_phone": "+86 138 0000 0000",
        "contact_email": "lilei@example.cn",
    }
    complaint = Complaint.objects(pk=ComplaintFactory(**known).pk).first()

    assert {name: getattr(complaint, name) for name in known} == known
    assert complaint.created_at == MORNING
    raw = str(tickets["complaints"].find_one())
    assert not [value for value in known.values() if value in raw]


@pytest.mark.clause("R60")
def test_a_complaint_has_a_kind_and_a_priority_and_by_them_a_time():
    urgent = ComplaintFactory(kind=ComplaintKind.PRIVACY, priority=Priority.URGENT)
    plain = ComplaintFactory(kind=ComplaintKind.SERVICE, priority=Priority.NORMAL)

    assert MORNING < urgent.first_response_due_at < urgent.due_at < plain.due_at
    for field in ("kind", "priority"):
        with pytest.raises(ValidationError, match=field):
            ComplaintFactory(**{field: "whatever"})


def test_a_complaint_says_what_is_wrong():
    with pytest.raises(ValidationError, match="content"):
        Complaint().save()
