"""Whether an answer helped: asked once with each answer, and what comes back is kept with who, when and how."""

from datetime import timedelta

import pytest

from documents.conversation.message import Message
from documents.conversation.note import Note
from documents.people.user import User
from documents.service.root_cause import RootCause
from documents.tickets.channel import Channel
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.rating import RatingRequest, question
from documents.tickets.states import InvalidTransition, State
from documents.tickets.ticket_choices import Grade
from language.languages import Language
from records.declaration.actions import ActionRefused
from records.storage.writer import ImmutableField
from tests.factories import ConsentFactory

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _somebody(database, actor):
    """An empty database, and Lin Mei, who writes."""


@pytest.fixture
def person(now):
    return User(name="李雷", email="lilei@example.cn", region="CN").save(now=now)


def complaint(now, user=None, state=State.INVESTIGATING, **facts):
    made = Complaint(content="The lamp hums.", user=user, state=state, **facts).save(now=now)
    return stored(made)


def stored(ticket):
    return type(ticket).objects.get(pk=ticket.pk)


def letters():
    return [message.text for message in Message.objects.order_by("_id")]


class TestAsking:
    @pytest.mark.clause("R52", "R72")
    def test_the_mail_with_the_answer_asks_for_one_of_five_grades(self, now, person):
        ticket = complaint(now, person)

        ticket.reply(now + MINUTE, "A new lamp is on its way.", Language.ENGLISH, settles=True)

        assert letters() == [f"A new lamp is on its way.\n\n{question(Language.ENGLISH)}"]
        assert [line for line in letters()[0].splitlines() if " – " in line] == [
            "5 – Very satisfied",
            "4 – Satisfied",
            "3 – Fair",
            "2 – Dissatisfied",
            "1 – Very dissatisfied",
        ]
        ticket = stored(ticket)
        assert (ticket.state, ticket.asked, ticket.responded_at) == (
            State.ANSWERED,
            RatingRequest.MAIL,
            now + MINUTE,
        )

    @pytest.mark.clause("R72")
    @pytest.mark.parametrize(
        ("language", "best"), zip(Language, ["Very satisfied", "非常满意", "非常滿意"], strict=True)
    )
    def test_the_question_is_put_in_the_language_of_the_answer(self, now, person, language, best):
        complaint(now, person).reply(now + MINUTE, "OK", language, settles=True)

        assert f"5 – {best}\n" in letters()[0]

    def test_a_reply_that_is_no_answer_asks_nothing(self, now, person):
        ticket = complaint(now, person)

        ticket.reply(now + MINUTE, "Which lamp is it?", Language.ENGLISH)

        assert letters() == ["Which lamp is it?"]
        assert (stored(ticket).state, stored(ticket).asked) == (State.INVESTIGATING, None)

    @pytest.mark.clause("R52", "R72")
    def test_who_got_the_answer_another_way_is_asked_by_a_mail_of_its_own(self, now, person):
        ticket = complaint(now, person)

        ticket.answer(now + MINUTE, "Told on the phone: a new lamp.")

        assert question(Language.SIMPLIFIED) in letters()[0]
        assert ticket.number in letters()[0]
        assert "on the phone" not in letters()[0]

    def test_a_piece_of_feedback_asks_as_well(self, now, person):
        ticket = Feedback(words="The drawer sticks.", user=person, state=State.INVESTIGATING).save(now=now)

        ticket.answer(now + MINUTE, "Oiled.")

        assert (len(letters()), ticket.asked) == (1, RatingRequest.MAIL)

    def test_each_answer_asks_once(self, now, person):
        ticket = complaint(now, person)
        ticket.answer(now + MINUTE, "A new lamp.")

        ticket.reply(now + 2 * MINUTE, "It came today?", Language.ENGLISH)
        with pytest.raises(InvalidTransition):
            ticket.reply(now + 3 * MINUTE, "A new lamp.", Language.ENGLISH, settles=True)
        assert len(letters()) == 2

        ticket = stored(ticket)
        ticket.dissatisfy(now + 4 * MINUTE, "It hums too.")
        ticket.reopen(now + 5 * MINUTE, "Another maker.", cause=RootCause.SUPPLIER)
        assert stored(ticket).asked is None
        ticket.answer(now + 6 * MINUTE, "Another one.")
        assert [question(Language.SIMPLIFIED) in text for text in letters()] == [True, False, True]

    def test_an_answer_before_anybody_looked_into_it_is_refused_and_nothing_is_sent(self, now, person):
        ticket = complaint(now, person, State.RECEIVED)

        with pytest.raises(InvalidTransition, match="cannot become"):
            ticket.reply(now + MINUTE, "A new lamp.", Language.ENGLISH, settles=True)

        assert (letters(), stored(ticket).state) == ([], State.RECEIVED)

    @pytest.mark.clause("R56")
    def test_an_answer_by_mail_that_is_late_says_why_as_any_other(self, now, person):
        ticket = complaint(now, person)
        late = ticket.due_at + MINUTE

        with pytest.raises(ActionRefused, match="took longer"):
            ticket.reply(late, "A new lamp.", Language.ENGLISH, settles=True)
        assert letters() == []

        ticket.reply(late, "A new lamp.", Language.ENGLISH, settles=True, delay_reason="The maker was away.")
        assert stored(ticket).delay_reason == "The maker was away."


class TestNotAsking:
    @pytest.mark.clause("R17", "R72")
    @pytest.mark.parametrize(
        ("said", "asked"),
        [("no", RatingRequest.UNWANTED), ("restrict", RatingRequest.RESTRICTED), ("yes", RatingRequest.MAIL)],
    )
    def test_who_may_not_be_asked_by_mail_gets_the_answer_alone(self, now, person, said, asked):
        if said == "restrict":
            person.restrict(now, "they dispute a bill")
        else:
            ConsentFactory(
                user=person, purpose="research", answer="given" if said == "yes" else "refused", now=now
            )
        ticket = complaint(now + MINUTE, person)

        ticket.reply(now + 2 * MINUTE, "A new lamp.", Language.ENGLISH, settles=True)

        assert letters()[0].startswith("A new lamp.")
        assert (question(Language.ENGLISH) in letters()[0]) == (asked is RatingRequest.MAIL)
        assert stored(ticket).asked == asked

    def test_who_may_not_be_asked_gets_no_mail_of_its_own_either(self, now, person):
        person.restrict(now, "they dispute a bill")
        ticket = complaint(now, person)

        ticket.answer(now + MINUTE, "Told on the phone.")

        assert (letters(), stored(ticket).asked) == ([], RatingRequest.RESTRICTED)

    def test_without_an_address_they_are_to_be_asked_by_phone(self, now):
        ticket = complaint(now, User(name="王五").save(now=now))
        of_nobody = complaint(now)

        ticket.answer(now + MINUTE, "Told on the phone.")
        of_nobody.answer(now + MINUTE, "Put up in the store.")

        assert letters() == []
        assert (stored(ticket).asked, stored(of_nobody).asked) == (
            RatingRequest.NO_ADDRESS,
            RatingRequest.NOBODY,
        )

    def test_who_complained_as_a_stranger_is_asked_at_the_address_they_left(self, now):
        ticket = complaint(now, contact_email="stranger@example.org")

        ticket.answer(now + MINUTE, "A new lamp.")

        assert (Message.objects.get().to, stored(ticket).asked) == (
            "stranger@example.org",
            RatingRequest.MAIL,
        )


class TestTelling:
    @pytest.fixture
    def answered(self, now, person):
        ticket = complaint(now, person)
        ticket.answer(now, "A new lamp.")
        return stored(ticket)

    @pytest.mark.clause("R72")
    @pytest.mark.parametrize("grade", Grade)
    def test_what_they_say_is_kept_with_who_entered_it_when_and_how_it_came(
        self, now, answered, actor, grade
    ):
        step = answered.confirm if grade.is_content else answered.dissatisfy

        step(now + MINUTE, note="as they wrote", satisfaction=grade, told_on=Channel.WECHAT)

        (kept,) = stored(answered).grades
        assert (kept.grade, kept.channel, kept.at, kept.by) == (
            grade,
            Channel.WECHAT,
            now + MINUTE,
            actor.name,
        )
        assert stored(answered).satisfaction == grade
        assert stored(answered).state == (State.CONFIRMED if grade.is_content else State.DISSATISFIED)

    @pytest.mark.parametrize("asked", [RatingRequest.MAIL, RatingRequest.NO_ADDRESS])
    def test_left_open_it_came_the_way_they_were_asked(self, now, person, asked):
        user = person if asked is RatingRequest.MAIL else User(name="王五").save(now=now)
        ticket = complaint(now, user)
        ticket.answer(now, "A new lamp.")

        ticket.confirm(now + MINUTE, Grade.FAIR)

        expected = Channel.EMAIL if asked is RatingRequest.MAIL else Channel.HOTLINE
        assert [each.channel for each in stored(ticket).grades] == [expected]

    def test_what_was_said_of_an_earlier_answer_stays(self, now, answered):
        answered.dissatisfy(now + MINUTE, "It hums too.")
        answered.reopen(now + 2 * MINUTE, "Another maker.", cause=RootCause.SUPPLIER)
        answered.answer(now + 3 * MINUTE, "Another one.")
        assert stored(answered).satisfaction is None
        answered.confirm(now + 4 * MINUTE, Grade.VERY_SATISFIED)

        ticket = stored(answered)
        assert [each.grade for each in ticket.grades] == [Grade.DISSATISFIED, Grade.VERY_SATISFIED]
        ticket.grades = ticket.grades[1:]
        with pytest.raises(ImmutableField):
            ticket.save(now=now + 5 * MINUTE)

    @pytest.fixture
    def closed(self, now, answered):
        answered.close(now + MINUTE, "No word.", cause=RootCause.DEFECT, measures="The maker was told.")
        return stored(answered)

    @pytest.mark.clause("R72")
    def test_a_word_that_comes_after_closing_is_kept_and_the_ticket_stays_closed(self, now, closed):
        closed.rate(now + 2 * MINUTE, Grade.VERY_SATISFIED, Channel.EMAIL, "5. Thank you!")

        ticket = stored(closed)
        assert (ticket.state, ticket.satisfaction) == (State.CLOSED, Grade.VERY_SATISFIED)
        assert [each.channel for each in ticket.grades] == [Channel.EMAIL]
        assert Note.objects.get().text == "5. Thank you!"

    @pytest.mark.clause("R52", "R72")
    @pytest.mark.parametrize("grade", [Grade.DISSATISFIED, Grade.VERY_DISSATISFIED])
    def test_one_that_says_it_did_not_help_opens_it_again(self, now, closed, grade):
        with pytest.raises(ActionRefused, match="say what they said"):
            closed.rate(now + 2 * MINUTE, grade)
        assert stored(closed).state == State.CLOSED

        closed.rate(now + 2 * MINUTE, grade, said="It hums again.")

        ticket = stored(closed)
        assert (ticket.state, ticket.satisfaction, ticket.closed_at) == (State.DISSATISFIED, grade, None)
        assert ticket.moves[-1].note == "It hums again."
        assert len(ticket.grades) == 1
