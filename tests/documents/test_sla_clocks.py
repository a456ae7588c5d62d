"""The clocks of a ticket, by tables worked out by hand.

Mainland China works 09:00–12:00 and 13:30–18:00, seven and a half hours a day; Taiwan eight, from 13:00
in the afternoon. A complaint of ordinary priority is to be acknowledged within 2 h, answered first within
4 h, told of progress every 24 h and settled within 80 h of working time.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runtime
from documents.deadlines import sla_clocks
from documents.deadlines.deadline_record import compute_deadlines
from documents.deadlines.sla_clocks import Clock, SlaSnapshot
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.states import PAUSING_STATES, State
from documents.tickets.ticket import StateChange
from security.keyring import Keyring
from working_time.calendars import CALENDARS

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = "2026-03-02 09:00"


@pytest.fixture(autouse=True)
def ring(database, actor):
    runtime.configure(keyring=Keyring.new())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def complaint(moment: str = MONDAY, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", **facts).save(now=at(moment))


def step(ticket: Complaint, state: State, moment: str) -> Complaint:
    ticket.move(state, at(moment))
    return Complaint.objects.get(pk=ticket.pk)


def waiting(begins: str, ends: str, state: State = State.WAITING) -> Complaint:
    """A complaint of Monday that was taken up at once and then waited for a while."""
    ticket = step(complaint(), State.INVESTIGATING, MONDAY)
    return step(step(ticket, state, begins), State.INVESTIGATING, ends)


# -- What is promised ----------------------------------------------------------------------------------


@pytest.mark.clause("R34", "R35", "R60")
@pytest.mark.parametrize(
    ("field", "moment"),
    [
        ("acknowledgement_due_at", "2026-03-02 11:00"),
        ("first_response_due_at", "2026-03-02 14:30"),  # 3 h, the break, 1 h
        ("progress_due_at", "2026-03-05 10:30"),  # three days of 7.5 h, and 1.5 h
        ("due_at", "2026-03-16 15:30"),  # ten days of 7.5 h, 3 h, the break, 2 h
    ],
)
def test_a_complaint_is_promised_four_times(field, moment):
    assert getattr(complaint(), field) == at(moment)


@pytest.mark.clause("R34", "R60")
@pytest.mark.parametrize(
    ("kind", "priority", "first_response", "due"),
    [
        ("quality", "urgent", "2026-03-02 09:30", "2026-03-04 10:00"),  # 16 h: two days and 1 h
        ("quality", "high", "2026-03-02 11:00", "2026-03-09 11:30"),  # 40 h: five days and 2.5 h
        ("privacy", "urgent", "2026-03-02 09:30", "2026-03-03 09:30"),  # 8 h: a day and half an hour
        ("privacy", "low", "2026-03-02 14:30", "2026-03-16 15:30"),
    ],
)
def test_kind_and_priority_decide_how_soon(kind, priority, first_response, due):
    ticket = complaint(kind=kind, priority=priority)

    assert (ticket.first_response_due_at, ticket.due_at) == (at(first_response), at(due))


def test_what_is_not_promised_is_not_due():
    ticket = Feedback(words="Lovely.").save(now=at(MONDAY))

    assert ticket.progress_due_at is None
    assert ticket.acknowledgement_due_at == at("2026-03-02 14:30")


@pytest.mark.parametrize(
    ("region", "due"),
    [
        ("CN", "2026-03-16 15:30"),
        ("TW", "2026-03-13 18:00"),  # ten days of 8 h, to the minute of closing
        (None, "2026-03-16 15:30"),
    ],
)
def test_the_region_of_the_user_decides_whose_hours_count(region, due):
    person = User(name="林美華", region=region).save(now=at(MONDAY))

    ticket = complaint(user=person)

    assert (ticket.region, ticket.due_at) == (region, at(due))


def test_a_region_named_on_the_ticket_goes_before_the_users():
    person = User(name="林美華", region="TW").save(now=at(MONDAY))

    assert complaint(user=person, region="CN").due_at == at("2026-03-16 15:30")


def test_the_spring_festival_and_its_make_up_saturday_count_as_they_are_worked():
    # Friday 1 h, Saturday the 14th is worked 7.5 h, nine days off, Tuesday the 24th 7.5 h.
    assert complaint("2026-02-13 17:00", priority="urgent").due_at == at("2026-02-24 18:00")


def test_a_ticket_of_another_register_keeps_what_was_promised_there():
    ticket = complaint(source="old-register", source_key="7")

    assert (ticket.promise, ticket.due_at) == (None, None)
    assert step(ticket, State.INVESTIGATING, "2026-03-03 09:00").acknowledged_at is None


# -- What stops the clock ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "ends", "due"),
    [
        ("2026-03-03 10:00", "2026-03-04 10:00", "2026-03-17 15:30"),  # 2 h, 4.5 h and 1 h: one day
        ("2026-03-06 17:00", "2026-03-09 10:00", "2026-03-16 17:30"),  # over a weekend: 1 h and 1 h
        ("2026-03-06 18:00", "2026-03-09 09:00", "2026-03-16 15:30"),  # closed anyway
        ("2026-03-03 12:00", "2026-03-03 13:30", "2026-03-16 15:30"),  # the break
        ("2026-03-03 11:59:59", "2026-03-03 13:30", "2026-03-16 15:30:01"),
        ("2026-03-16 14:30", "2026-03-16 15:00", "2026-03-16 16:00"),  # shortly before it was due
        ("2026-03-16 15:30", "2026-03-17 15:30", "2026-03-16 15:30"),  # too late to matter
    ],
)
@pytest.mark.parametrize("state", [State.WAITING, State.OUTSIDE])
def test_waiting_moves_the_deadline_by_the_working_time_waited(state, begins, ends, due):
    assert waiting(begins, ends, state).due_at == at(due)


def test_two_waits_move_it_twice():
    ticket = waiting("2026-03-03 09:00", "2026-03-03 10:00")
    ticket = step(ticket, State.OUTSIDE, "2026-03-04 10:00")

    ticket = step(ticket, State.INVESTIGATING, "2026-03-04 11:30")

    assert ticket.due_at == at("2026-03-16 18:00")  # an hour, and an hour and a half


def test_while_it_waits_nothing_is_due():
    ticket = step(complaint(), State.INVESTIGATING, MONDAY)

    ticket = step(ticket, State.WAITING, "2026-03-03 10:00")

    assert (ticket.due_at, ticket.paused_at) == (None, at("2026-03-03 10:00"))
    assert not ticket.is_overdue(at("2027-03-03 10:00"))


def test_what_was_overdue_before_it_waits_stays_overdue():
    ticket = step(complaint(), State.INVESTIGATING, MONDAY)

    ticket = step(ticket, State.WAITING, "2026-03-16 15:30:01")

    assert ticket.due_at == at("2026-03-16 15:30")
    assert ticket.is_overdue(at("2026-03-16 15:30:01"))


@pytest.mark.clause("R35")
def test_what_is_done_no_longer_moves():
    ticket = step(complaint(), State.INVESTIGATING, MONDAY)
    ticket.responded_at = at("2026-03-02 10:00")
    ticket.save(now=at("2026-03-02 10:00"))

    ticket = step(ticket, State.WAITING, "2026-03-02 11:00")

    assert ticket.first_response_due_at == at("2026-03-02 14:30")
    assert ticket.due_at is None


def test_a_closed_ticket_is_judged_by_the_time_it_waited_for():
    ticket = step(complaint(), State.INVESTIGATING, MONDAY)
    ticket = step(ticket, State.ANSWERED, "2026-03-16 15:00")

    ticket = step(ticket, State.CLOSED, "2026-03-23 10:00")

    # Answered half an hour before it was due; the user took a week to say nothing: the half hour is left
    # from the moment it was closed on.
    assert ticket.due_at == at("2026-03-23 10:30")
    assert not ticket.is_overdue(at("2026-12-01 10:00"))


def test_time_spent_closed_does_not_count_when_a_dropped_ticket_is_taken_up_again():
    ticket = step(complaint(), State.SCREENING, MONDAY)
    ticket = step(ticket, State.DROPPED, "2026-03-03 09:00")

    ticket = step(ticket, State.SCREENING, "2026-03-04 09:00")

    assert (ticket.closed_at, ticket.due_at) == (None, at("2026-03-17 15:30"))


def test_a_ticket_is_acknowledged_by_its_first_step():
    ticket = step(complaint(), State.SCREENING, "2026-03-02 10:15")
    assert ticket.acknowledged_at == at("2026-03-02 10:15")

    ticket = step(ticket, State.ASSIGNED, "2026-03-02 11:15")
    assert ticket.acknowledged_at == at("2026-03-02 10:15")


@pytest.mark.clause("R35")
def test_the_next_word_of_progress_is_due_from_the_last_one_on():
    ticket = complaint()

    ticket.record_progress_update(at("2026-03-04 09:00"))

    assert ticket.progress_due_at == at("2026-03-09 10:30")  # three days, a weekend, 1.5 h
    assert ticket.due_at == at("2026-03-16 15:30")


def test_a_flag_goes_when_the_time_that_now_holds_was_kept():
    ticket = complaint()
    ticket.overdue_at = at("2026-03-16 15:31")
    ticket.moves.append(StateChange(state=State.WAITING, at=at("2026-03-03 09:00")))
    ticket.moves.append(StateChange(state=State.SCREENING, at=at("2026-03-03 10:00")))

    compute_deadlines([ticket])

    assert (ticket.due_at, ticket.overdue_at) == (at("2026-03-16 16:30"), None)


# -- Properties ----------------------------------------------------------------------------------------

steps = st.lists(
    st.tuples(st.sampled_from([s for s in State if s != State.CLOSED]), st.integers(1, 90_000)), max_size=8
)
calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def drawn(history, calendar: str = "CN", hours: int = 80) -> Complaint:
    """A ticket in memory that took these steps, each some seconds after the last."""
    moment = datetime(2026, 2, 10, 3, 17, tzinfo=UTC)
    ticket = Complaint(content="x", created_at=moment)
    ticket.promise = SlaSnapshot(calendar=calendar, as_of=moment, resolution=hours * 3600)
    ticket.moves = [StateChange(state=State.RECEIVED, at=moment)]
    for state, seconds in history:
        moment += timedelta(seconds=seconds)
        ticket.moves.append(StateChange(state=state, at=moment))
    return ticket


@calm
@given(steps, st.integers(0, 3), st.sampled_from([*PAUSING_STATES]))
def test_more_waiting_is_never_due_earlier(history, which, wait):
    plain = drawn(history)
    more = drawn(history)
    where = min(which, len(more.moves) - 1)
    more.moves[where].state = wait
    calendar = CALENDARS["CN"]

    before, after = (sla_clocks.due(ticket, Clock.RESOLUTION, calendar) for ticket in (plain, more))

    assert after is None or (before is not None and after >= before)


@calm
@given(steps)
def test_working_it_out_again_changes_nothing(history):
    ticket = drawn(history)
    compute_deadlines([ticket])
    once = {name: getattr(ticket, name) for name in ticket._fields}

    compute_deadlines([ticket])

    assert {name: getattr(ticket, name) for name in ticket._fields} == once


@calm
@given(steps)
def test_the_promised_time_is_the_time_that_runs(history):
    ticket = drawn(history)
    explanation = sla_clocks.explain(ticket, Clock.RESOLUTION, CALENDARS["CN"])

    assert explanation is not None
    ran = sum((s.length for s in explanation.spans if s.state == "running"), timedelta(0))
    assert ran == timedelta(hours=80) if explanation.due else ran <= timedelta(hours=80)
    assert [s.end for s in explanation.spans[:-1]] == [s.start for s in explanation.spans[1:]]
