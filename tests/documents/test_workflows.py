"""The workflow of a ticket: every declared step, who may take it, and what stops it."""

from datetime import timedelta
from itertools import product

import pytest

import runtime
from documents.conversation.note import Note
from documents.people.user import User
from documents.service.root_cause import RootCause
from documents.staff.staff import Staff
from documents.tickets.channel import HANDLING, Channel, is_keyed_in_late
from documents.tickets.complaint import Complaint
from documents.tickets.dispute import Outcome
from documents.tickets.feedback import Feedback
from documents.tickets.related_tickets import merged_tickets, merged_with
from documents.tickets.states import CLOSED_STATES, InvalidTransition, State
from documents.tickets.ticket import StateChange
from documents.tickets.ticket_choices import FeedbackResolution, Grade, NotValid
from documents.tickets.workflows import COMPLAINT_WORKFLOW, FEEDBACK_WORKFLOW
from records.declaration.actions import ActionRefused
from records.storage import keys
from records.storage.writer import RecordDeleted
from security.keyring import Keyring
from security.permissions import TICKETS, Action, Role, may

S = State
HOUR = timedelta(hours=1)
ANSWERS = {
    "note": "what there is to say",
    "satisfaction": Grade.SATISFIED,
    "cause": RootCause.PROCESS,
    "measures": "The lamp was replaced.",
    "screening": NotValid.UNRELATED,
    "forum": "Shanghai Arbitration Commission",
    "outcome": Outcome.SETTLED,
}


@pytest.fixture(autouse=True)
def keyring(database, actor):
    runtime.configure(keyring=Keyring.new())


@pytest.fixture
def person(now):
    return User(name="李雷").save(now=now)


def complaint(state=S.RECEIVED, now=None, **facts):
    ticket = Complaint(**{"content": "The lamp hums.", "state": state, **facts})
    return ticket.save(now=now)


def feedback(state=S.RECEIVED, now=None, **facts):
    return Feedback(**{"words": "The drawer sticks.", "state": state, **facts}).save(now=now)


def stored(ticket):
    return type(ticket).objects.get(pk=ticket.pk)


def answers(step, ticket, now):
    """What lets a step be taken, whatever it asks."""
    told = {ask.name: ANSWERS[ask.name] for ask in step.all_inputs if ask.name in ANSWERS}
    if step.name == "dissatisfy":
        told["satisfaction"] = Grade.VERY_DISSATISFIED
    if step.name == "merge":
        told["merged_into"] = type(ticket)(**{ticket.original: "The same."}).save(now=now).pk
    return told


LIVES = {Complaint: COMPLAINT_WORKFLOW, Feedback: FEEDBACK_WORKFLOW}
STEPS = [(kind, step) for kind, workflow in LIVES.items() for step in workflow.transitions.values()]


def name(value):
    return getattr(value, "name", None) or getattr(value, "__name__", None)


@pytest.mark.clause("R45", "R62")
@pytest.mark.parametrize(("kind", "step"), STEPS, ids=name)
def test_a_step_leads_from_each_of_its_states_and_from_no_other(kind, step, now):
    for state in State:
        ticket = kind(**{kind.original: "The lamp hums.", "state": state}).save(now=now)
        told = answers(step, ticket, now)
        before = database_row(ticket)

        if state in step.sources:
            getattr(ticket, step.name)(now + HOUR / 10, **told)
            assert stored(ticket).state == step.target
            assert [move.state for move in stored(ticket).moves] == [state, step.target]
        else:
            with pytest.raises(InvalidTransition):
                getattr(ticket, step.name)(now + HOUR / 10, **told)
            assert database_row(ticket) == before


def database_row(ticket):
    return type(ticket)._get_collection().find_one({"_id": ticket.pk})


@pytest.mark.parametrize(("kind", "step"), STEPS, ids=name)
def test_every_required_question_must_be_answered(kind, step, now):
    for ask in [ask for ask in step.all_inputs if ask.required]:
        ticket = kind(**{kind.original: "The lamp hums.", "state": min(step.sources)}).save(now=now)
        before = database_row(ticket)

        with pytest.raises(ActionRefused):
            getattr(ticket, step.name)(now, **(answers(step, ticket, now) | {ask.name: ""}))

        assert database_row(ticket) == before


@pytest.mark.parametrize(("role", "action"), product(Role, [Action.EDIT, Action.DISPUTE]))
def test_handlers_take_steps_and_who_decides_takes_disputes(role, action):
    handlers = {Role.STAFF, Role.SUPERVISOR, Role.COMPLIANCE}
    deciders = {Role.SUPERVISOR, Role.COMPLIANCE}

    assert may({role}, action, TICKETS) == (role in (handlers if action is Action.EDIT else deciders))


@pytest.mark.clause("R68")
def test_only_complaints_become_disputes():
    dispute = {S.NEGOTIATION, S.ARBITRATION, S.LITIGATION}

    assert {step.target for step in COMPLAINT_WORKFLOW.transitions.values()} >= dispute
    assert not dispute & {step.target for step in FEEDBACK_WORKFLOW.transitions.values()}
    assert {s.name for s in COMPLAINT_WORKFLOW.transitions.values() if s.requires is Action.DISPUTE} == {
        "arbitrate",
        "litigate",
    }


@pytest.mark.parametrize("workflow", LIVES.values(), ids=["complaints", "feedback"])
def test_every_state_but_the_first_is_reached_and_every_open_one_left(workflow):
    reached = {step.target for step in workflow.transitions.values()}
    used = reached | {state for step in workflow.transitions.values() for state in step.sources}

    assert used - reached == {S.RECEIVED}
    assert all(workflow.next[state] for state in used - CLOSED_STATES)
    assert workflow.next[S.MERGED] == frozenset()


@pytest.mark.clause("R69")
@pytest.mark.parametrize("missing", ["cause", "measures"])
def test_a_complaint_is_closed_only_with_its_root_cause_and_measures(missing, now):
    ticket = complaint(S.CONFIRMED, now)
    told = {"cause": RootCause.SKILL, "measures": "Two were trained."}

    with pytest.raises(ActionRefused, match="closed only"):
        ticket.close(now, "done", **(told | {missing: None}))
    assert stored(ticket).state == S.CONFIRMED

    setattr(ticket, missing, told[missing])  # known from earlier
    ticket.close(now, "done", **(told | {missing: None}))
    assert (stored(ticket).cause, stored(ticket).measures) == (RootCause.SKILL, "Two were trained.")


def test_feedback_is_closed_with_a_word_alone(now):
    ticket = feedback(S.ANSWERED, now)

    ticket.close(now, "thanked")

    assert stored(ticket).closed_at == now


@pytest.mark.clause("R45")
def test_screening_makes_feedback_valid_or_drops_it_with_a_reason_or_asks(now):
    valid, dropped, asked = (feedback(S.SCREENING, now) for _ in range(3))

    valid.assign(now)
    dropped.drop(now, "no such product", screening=NotValid.FALSE)
    asked.ask(now, "Which drawer?")

    assert [stored(one).screening for one in (valid, dropped, asked)] == ["valid", "false", "incomplete"]
    assert stored(dropped).moves[-1].note == "no such product"


@pytest.mark.clause("R52", "R72")
@pytest.mark.parametrize("grade", Grade)
def test_of_five_grades_three_confirm_and_two_come_back(grade, now):
    ticket = complaint(S.ANSWERED, now)
    takes, refuses = (
        (ticket.confirm, ticket.dissatisfy) if grade.score >= 3 else (ticket.dissatisfy, ticket.confirm)
    )

    with pytest.raises(ActionRefused):
        refuses(now, note="said so", satisfaction=grade)
    assert stored(ticket).satisfaction is None

    takes(now, note="said so", satisfaction=grade)
    assert stored(ticket).satisfaction == grade


def test_grades_score_from_five_to_one():
    assert [grade.score for grade in Grade] == [5, 4, 3, 2, 1]


@pytest.mark.clause("R52")
def test_who_was_not_believed_twice_gives_it_to_another_handler(now):
    ann, bob = (
        Staff(name=who, email=f"{who}@x.example", roles=["staff"]).save(now=now) for who in ("ann", "bob")
    )
    ticket = complaint(S.ANSWERED, now, assignee=ann)

    ticket.dissatisfy(now, "still hums")
    ticket.reopen(now, "new lamp", cause=RootCause.DEFECT)
    assert (stored(ticket).cycle, stored(ticket).assignee) == (2, ann.pk)

    ticket.answer(now, "new lamp sent")
    ticket.dissatisfy(now, "hums again")
    for handler in (None, ann.pk):
        with pytest.raises(ActionRefused, match="another handler"):
            ticket.reopen(now, "another maker", cause=RootCause.SUPPLIER, assignee=handler)
    assert stored(ticket).state == S.DISSATISFIED

    ticket.reopen(now, "another maker", cause=RootCause.SUPPLIER, assignee=bob.pk)
    assert (stored(ticket).cycle, stored(ticket).assignee) == (3, bob.pk)


@pytest.mark.clause("R52")
def test_a_new_cycle_asks_for_the_root_cause(now):
    ticket = complaint(S.DISSATISFIED, now)

    with pytest.raises(ActionRefused, match="root cause"):
        ticket.reopen(now, "try harder")


@pytest.mark.clause("R56")
@pytest.mark.parametrize(("late", "asked"), [(timedelta(0), False), (timedelta(milliseconds=1), True)])
def test_what_comes_after_its_promised_time_says_why(late, asked, now):
    ticket = complaint(S.INVESTIGATING, now, due_at=now + HOUR)
    ticket.promise, ticket.first_response_due_at = None, None
    answered = now + HOUR + late

    if asked:
        with pytest.raises(ActionRefused, match="promised time"):
            ticket.answer(answered, "mended")
        assert stored(ticket).state == S.INVESTIGATING
        ticket.answer(answered, "mended", delay_reason="The part came late.")
    else:
        ticket.answer(answered, "mended")

    assert stored(ticket).delay_reason == ("The part came late." if asked else None)


def test_a_late_first_response_says_why_as_well(now):
    ticket = complaint(S.INVESTIGATING, now)

    with pytest.raises(ActionRefused, match="promised time"):
        ticket.answer(ticket.first_response_due_at + timedelta(seconds=1), "mended")


@pytest.mark.clause("R46", "R48")
def test_the_words_of_a_person_stay_as_they_were_said(now):
    from records.storage.writer import ImmutableField

    ticket = complaint(now=now)
    ticket.content = "The lamp hums a little."

    with pytest.raises(ImmutableField):
        ticket.save(now=now)
    assert stored(ticket).content == "The lamp hums."


class TestMerging:
    @pytest.mark.clause("R45", "R55")
    def test_both_keep_their_history_and_point_to_each_other(self, person, now):
        main, double = (complaint(now=now, user=person) for _ in range(2))
        double.screen(now)

        double.merge(now, merged_into=main.pk, note="the same lamp")

        main, double = stored(main), stored(double)
        assert (double.state, double.merged_into, double.closed_at) == (S.MERGED, main.pk, now)
        assert [move.state for move in double.moves] == [S.RECEIVED, S.SCREENING, S.MERGED]
        assert [move.state for move in main.moves] == [S.RECEIVED]
        assert [(link.ticket, link.why) for link in main.links] == [(double.pk, "merged")]
        assert [(link.ticket, link.why) for link in double.links] == [(main.pk, "merged")]

    def test_two_persons_are_not_merged(self, person, now):
        other = User(name="韩梅").save(now=now)
        main, double = complaint(now=now, user=other), complaint(now=now, user=person)

        with pytest.raises(ActionRefused, match="same person"):
            double.merge(now, merged_into=main.pk, note="looks alike")
        assert (stored(double).state, stored(main).links) == (S.RECEIVED, [])

    def test_a_ticket_goes_on_only_in_another_that_is_open(self, now):
        double, closed = complaint(now=now), complaint(S.CLOSED, now, closed_at=now)

        for main in (double.pk, closed.pk, None):
            with pytest.raises(ActionRefused):
                double.merge(now, merged_into=main, note="looks alike")
        assert stored(double).state == S.RECEIVED


class TestWhoseBothAre:
    """Of two tickets that become one, one may name nobody: somebody says whose both are."""

    def two(self, now, main_user, double_user):
        return complaint(now=now, user=main_user), complaint(now=now, user=double_user)

    @pytest.mark.clause("R46", "R55")
    @pytest.mark.parametrize("known", ["main", "double"])
    def test_both_are_then_the_one_known_persons_with_all_that_hangs_on_them(self, known, person, now):
        main, double = self.two(now, *((person, None) if known == "main" else (None, person)))
        for ticket in (main, double):
            ticket.add_note(now, "Ask the workshop.")

        stored(double).merge(now, merged_into=main.pk, note="the same lamp", user=person.pk)

        assert (stored(main).user, stored(double).user) == (person.pk, person.pk)
        assert {(note.user, note.key_owner(), note.text) for note in Note.objects} == {
            (person.pk, person.pk, "Ask the workshop.")
        }
        keys.destroy([person.pk])
        keys.forget()
        assert (stored(main).content, stored(double).content) == (None, None), "their key is the person's"

    @pytest.mark.parametrize("known", ["main", "double"])
    def test_nobody_is_taken_for_somebody_unasked(self, known, person, now):
        main, double = self.two(now, *((person, None) if known == "main" else (None, person)))

        with pytest.raises(ActionRefused, match="names nobody"):
            double.merge(now, merged_into=main.pk, note="the same lamp")
        assert (stored(double).state, stored(main).links) == (S.RECEIVED, [])

    def test_a_third_person_is_not_brought_in(self, person, now):
        main, double = self.two(now, person, None)
        other = User(name="韩梅").save(now=now)

        with pytest.raises(ActionRefused, match="None of the two"):
            double.merge(now, merged_into=main.pk, note="the same lamp", user=other.pk)
        assert stored(double).user is None

    def test_two_that_name_nobody_are_merged_as_they_are(self, now):
        main, double = self.two(now, None, None)

        double.merge(now, merged_into=main.pk, note="the same lamp")

        assert (stored(double).state, stored(main).user) == (S.MERGED, None)


class TestBecomingAComplaint:
    @pytest.mark.clause("R43", "R48")
    def test_feedback_that_is_really_a_complaint_goes_on_as_one_and_both_keep_their_history(
        self, person, now
    ):
        said = feedback(now=now - HOUR, user=person, kind="complaint", channel="hotline", priority="high")
        said.screen(now - HOUR / 2)
        said.black_out(now, "drawer", "so they asked")

        stored(said).become_complaint(now, "They want it put right.")

        one, said = Complaint.objects.get(), stored(said)
        assert (one.content, one.user, one.channel, one.priority) == (
            "The drawer sticks.", person.pk, "hotline", "high",
        )  # fmt: skip
        assert (one.kind, one.received_at, one.state) == ("service", now - HOUR, S.RECEIVED)
        assert one.searchable_value("content") == said.searchable_value("words") == "The ██████ sticks."
        assert [move.state for move in said.moves] == [S.RECEIVED, S.SCREENING, S.MERGED]
        assert said.moves[-1].note == "They want it put right."
        assert (said.closed_at, said.screening) == (now, "valid")
        assert [(link.ticket, link.why) for link in one.links] == [(said.pk, "became")]
        assert [(link.ticket, link.why) for link in said.links] == [(one.pk, "became")]

    @pytest.mark.clause("R43", "R60")
    def test_it_is_promised_what_complaints_are_and_takes_the_next_number(self, now):
        before = complaint(now=now)

        feedback(now=now, priority="urgent").become_complaint(now, "They want it put right.")

        one = Complaint.objects.order_by("-number").first()
        assert (before.number[-6:], one.number[-6:]) == ("000001", "000002")
        assert (one.promise.resolution, one.due_at is not None) == (16 * 3600, True)

    def test_what_hangs_on_the_feedback_is_shown_with_the_complaint(self, now):
        said = feedback(now=now)
        said.become_complaint(now, "They want it put right.")
        one = Complaint.objects.get()

        assert [each.number for each in merged_tickets(one)] == [said.number]
        assert (merged_with(one), merged_with(stored(said))) == ([said.pk], [])

    def test_an_answered_one_stays_what_it_is(self, now):
        with pytest.raises(InvalidTransition):
            feedback(S.ANSWERED, now).become_complaint(now, "They want it put right.")
        assert Complaint.objects.count() == 0


@pytest.mark.clause("R33")
@pytest.mark.parametrize(
    ("channel", "minutes"), [("chat", 30), ("hotline", 60), ("website", 240), ("email", 240)]
)
def test_a_channel_may_promise_a_first_response_sooner_than_the_rules(channel, minutes, now):
    ticket = complaint(now=now, channel=channel)

    assert ticket.promise.first_response == minutes * 60


@pytest.mark.clause("R33")
def test_a_channel_never_makes_a_promise_longer(now):
    assert complaint(now=now, channel="hotline", priority="urgent").promise.first_response == 30 * 60


def test_a_step_of_a_ticket_that_was_anonymised_is_refused(now):
    ticket = complaint(S.CLOSED, now, closed_at=now)
    ticket.anonymised_at = now

    with pytest.raises(InvalidTransition):
        ticket.dissatisfy(now, "still hums")


def test_a_step_of_a_ticket_that_is_gone_changes_nothing(now):
    ticket = complaint(now=now)
    stored(ticket).delete(now=now)

    with pytest.raises(RecordDeleted):
        ticket.screen(now)
    assert not Complaint.objects(pk=ticket.pk)


def test_moves_carry_who_when_and_why(now):
    ticket = complaint(S.SCREENING, now)
    ticket.ask(now + HOUR, "Which lamp?")

    last = stored(ticket).moves[-1]
    assert isinstance(last, StateChange)
    assert (last.state, last.at, last.by, last.note) == (S.WAITING, now + HOUR, "Lin Mei", "Which lamp?")


@pytest.mark.clause("R44")
@pytest.mark.parametrize(
    ("channel", "hours", "late"),
    [("store-box", 72, False), ("store-box", 72.01, True), ("hotline", 4, False), ("hotline", 4.01, True)],
)
def test_what_was_said_elsewhere_is_keyed_in_within_its_channels_time(channel, hours, late, now):
    ticket = feedback(now=now, channel=channel, received_at=now - hours * HOUR)

    assert is_keyed_in_late(Channel(channel), stored(ticket).received_at, stored(ticket).created_at) == late


@pytest.mark.clause("R42", "R33")
def test_every_channel_says_what_it_is_for():
    assert set(HANDLING) == set(Channel)
    assert all(handling.use for handling in HANDLING.values())


@pytest.mark.clause("R43", "R53")
@pytest.mark.parametrize("way", FeedbackResolution)
def test_feedback_is_dealt_with_in_one_of_the_ways_there_are(way, now):
    ticket = feedback(S.INVESTIGATING, now, kind="suggestion")

    ticket.propose(now, "in the next version", way=way)

    assert (stored(ticket).way, stored(ticket).moves[-1].note) == (way, "in the next version")


@pytest.mark.clause("R47", "R62")
def test_frequency_impact_responsibility_and_remedy_are_kept_of_both_registers(now):
    facts = {"frequency": "often", "impact": "high", "responsibility": "shared", "remedy": "repair"}

    for ticket in (complaint(now=now, **facts), feedback(now=now, **facts)):
        assert {name: getattr(stored(ticket), name) for name in facts} == facts


@pytest.mark.parametrize("workflow", [COMPLAINT_WORKFLOW, FEEDBACK_WORKFLOW])
def test_from_every_open_state_one_to_three_steps_are_the_usual_ones(workflow):
    for state in State:
        usual = [step.name for step in workflow.transitions.values() if state in step.primary_in]
        may_follow = [step.name for step in workflow.transitions.values() if state in step.sources]

        assert set(usual) <= set(may_follow), state
        assert len(usual) in ({0} if state in CLOSED_STATES or not may_follow else {1, 2, 3}), state
