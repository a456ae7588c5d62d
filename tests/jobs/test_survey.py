"""Who complained is asked how we dealt with it: by mail where there is an address, and on the visit."""

from datetime import timedelta

import pytest

from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import Message, MessageKind
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.follow_up import AFTER, By, FollowUp
from documents.tickets.ticket_choices import Grade
from tests.factories import ConsentFactory

DAY, LONG_AGO = timedelta(days=1), AFTER + timedelta(milliseconds=1)


@pytest.fixture
def closed(user, now):
    """Store a complaint of the user that was closed some days ago."""

    def closed(**facts):
        facts = {"content": "It hums.", "user": user, "state": "closed", "closed_at": now - LONG_AGO, **facts}
        return Complaint(**facts).save(now=now - LONG_AGO)

    return closed


@pytest.fixture
def questionnaire(now):
    texts = {"english": "How did we deal with {number}?", "simplified": "您对 {number} 的处理满意吗？"}
    return CannedReply(name="Survey", use=MessageKind.SURVEY, **texts).save(now=now)


@pytest.mark.clause("R70")
def test_who_complained_is_asked_by_mail_how_we_dealt_with_it(closed, questionnaire, run, now):
    ticket = closed(region="CN")

    run("plan-follow-ups")
    run("plan-follow-ups", now + DAY)

    letter = Message.objects.get()
    assert (letter.ticket, letter.use) == (ticket.pk, "survey")
    assert letter.text == f"您对 {ticket.number} 的处理满意吗？"


def test_without_a_text_in_use_or_an_address_the_visit_alone_asks(closed, questionnaire, run, now):
    closed(user=User(name="李雷").save(now=now))
    run("plan-follow-ups")
    questionnaire.active = False
    questionnaire.save(now=now)
    closed()

    run("plan-follow-ups")

    assert (Message.objects.count(), FollowUp.objects.count()) == (0, 2)


@pytest.mark.clause("R17")
@pytest.mark.parametrize(("said", "asked"), [("no", 0), ("yes", 1), ("nothing", 1), ("restrict", 0)])
def test_who_said_no_to_surveys_is_not_written_to(closed, questionnaire, user, run, now, said, asked):
    ago = now - 2 * LONG_AGO
    if said in {"yes", "no"}:
        answer = "given" if said == "yes" else "refused"
        ConsentFactory(user=user, purpose="research", answer=answer, now=ago)
    elif said == "restrict":
        user.restrict(now, "they dispute a bill")
    closed()

    run("plan-follow-ups")

    assert (Message.objects.count(), FollowUp.objects.count()) == (asked, 1)


def test_who_gave_feedback_is_not_asked_about_a_complaint(questionnaire, user, run, now):
    ago = now - LONG_AGO
    Feedback(words="It sticks.", user=user, state="closed", closed_at=ago).save(now=ago)

    run("plan-follow-ups")

    assert (Message.objects.count(), FollowUp.objects.count()) == (0, 1)


@pytest.mark.clause("R70", "R72")
def test_what_they_say_of_it_is_kept_with_the_visit(closed, run, now):
    closed()
    run("plan-follow-ups")

    FollowUp.objects.get().record(now, By.PHONE, Grade.SATISFIED, False, "", Grade.VERY_SATISFIED)

    visit = FollowUp.objects.get()
    assert (visit.satisfaction, visit.handling) == (Grade.SATISFIED, Grade.VERY_SATISFIED)
