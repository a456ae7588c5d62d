"""Rules made in the panel, and days ruled by hand: what holds, from when on, and for whom."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from mongoengine import ValidationError

import runtime
from documents.deadlines.calendar_override import CalendarDay, CalendarOverrides, shifts
from documents.deadlines.deadline_rule import DeadlineRule
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.states import State
from records.storage.writer import DuplicateValue, ImmutableField
from security.keyring import Keyring

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUNDAY, MONDAY = "2026-03-01 12:00", "2026-03-02 09:00"


@pytest.fixture(autouse=True)
def ring(database, actor):
    runtime.configure(keyring=Keyring.new())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def complaint(moment: str = MONDAY, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", **facts).save(now=at(moment))


def rule(hours: float, moment: str = SUNDAY, **facts) -> DeadlineRule:
    known = {"name": f"{hours} hours", "register": "complaints", "resolution": hours}
    return DeadlineRule(**(known | facts)).save(now=at(moment))


def day(text: str, hours: str = "", moment: str = SUNDAY, calendar: str = "CN", **facts) -> CalendarDay:
    known = {"calendar": calendar, "day": text, "hours": hours, "reason": "Typhoon"}
    return CalendarDay(**(known | facts)).save(now=at(moment))


# -- Rules ---------------------------------------------------------------------------------------------


@pytest.mark.clause("R34")
def test_a_rule_made_in_the_panel_holds_for_new_tickets():
    old = complaint()
    rule(1)

    new = complaint()

    assert (old.due_at, new.due_at) == (at("2026-03-16 15:30"), at("2026-03-02 10:00"))
    assert Complaint.objects.get(pk=old.pk).due_at == at("2026-03-16 15:30")


def test_a_ticket_tells_by_which_rule_it_was_promised():
    made = rule(1)
    made.resolution = 2
    made.save(now=at(SUNDAY), reason="An hour was too little")

    ticket = complaint()

    assert (ticket.promise.rule, ticket.promise.rule_version) == (made.pk, 2)
    assert ticket.due_at == at("2026-03-02 11:00")


@pytest.mark.clause("R60")
@pytest.mark.parametrize(
    ("kind", "priority", "due"),
    [
        ("price", "high", "2026-03-02 10:00"),  # both fit: 1 h
        ("price", "low", "2026-03-02 11:00"),  # the kind: 2 h
        ("delay", "high", "2026-03-02 12:00"),  # the priority: 3 h, to the minute of closing
        ("delay", "low", "2026-03-02 14:30"),  # neither: 4 h
    ],
)
def test_the_narrowest_rule_goes_before_wider_ones(kind, priority, due):
    rule(4)
    rule(3, priority="high")
    rule(2, kind="price")
    rule(1, kind="price", priority="high")

    assert complaint(kind=kind, priority=priority).due_at == at(due)


def test_a_rule_of_another_register_does_not_hold():
    rule(1, register="feedback")

    assert complaint().due_at == at("2026-03-16 15:30")
    assert Feedback(words="So so.").save(now=at(MONDAY)).due_at == at("2026-03-02 10:00")


def test_a_rule_that_is_not_in_force_does_not_hold():
    rule(1, active=False)

    assert complaint().due_at == at("2026-03-16 15:30")


def test_what_a_rule_leaves_empty_is_not_promised():
    rule(1)

    ticket = complaint()

    assert (ticket.first_response_due_at, ticket.progress_due_at) == (None, None)


def test_a_rule_may_count_round_the_clock():
    rule(24, calendar="24/7")

    assert complaint("2026-03-06 17:00").due_at == at("2026-03-07 17:00")


def test_there_is_one_rule_for_the_same_tickets():
    rule(1, kind="price")
    rule(1)

    with pytest.raises(DuplicateValue):
        rule(2, kind="price")
    with pytest.raises(DuplicateValue):
        rule(2)


@pytest.mark.parametrize(
    "facts", [{"kind": "usage"}, {"register": "users"}, {"priority": "soon"}, {"first_response": -1}]
)
def test_a_rule_about_nothing_there_is_is_refused(facts):
    with pytest.raises(ValidationError):
        rule(1, **facts)


def test_promising_anew_follows_the_rules_of_today():
    ticket = complaint()
    rule(1, moment=MONDAY)

    ticket.promise_anew(at("2026-03-03 09:00"), "The rule was too generous")

    assert Complaint.objects.get(pk=ticket.pk).due_at == at("2026-03-02 10:00")


# -- Days ruled by hand --------------------------------------------------------------------------------


def test_a_day_off_by_hand_moves_what_is_promised_from_then_on():
    old = complaint()
    day("2026-03-05")

    new = complaint()

    assert (old.due_at, new.due_at) == (at("2026-03-16 15:30"), at("2026-03-17 15:30"))


def test_a_ticket_goes_by_the_calendar_of_its_promise_whenever_it_is_worked_out():
    old = complaint()
    day("2026-03-05", moment="2026-03-02 10:00")

    old.move(State.SCREENING, at("2026-03-02 11:00"))

    assert old.due_at == at("2026-03-16 15:30")


@pytest.mark.parametrize(
    ("text", "hours", "due"),
    [
        ("2026-03-07", "09:00–12:00", "2026-03-16 11:00"),  # a Saturday worked: 3 h, and the break, sooner
        ("2026-03-09", "13:30–16:30", "2026-03-17 11:00"),  # a Monday 4.5 h shorter
        ("2026-03-09", "", "2026-03-17 15:30"),
    ],
)
def test_a_day_has_the_hours_ruled_for_it(text, hours, due):
    day(text, hours)

    assert complaint().due_at == at(due)


def test_another_calendar_is_not_touched():
    day("2026-03-05", calendar="TW")

    assert complaint().due_at == at("2026-03-16 15:30")


def test_the_latest_word_on_a_day_holds():
    day("2026-03-05")
    day("2026-03-05", "09:00–12:00, 13:30–18:00", moment="2026-03-01 13:00")

    assert complaint().due_at == at("2026-03-16 15:30")


def test_a_day_withdrawn_no_longer_holds():
    off = day("2026-03-05")
    before = complaint()
    off.withdraw(at("2026-03-02 12:00"), "The typhoon turned away")

    after = complaint("2026-03-02 13:30")
    before.move(State.SCREENING, at("2026-03-02 14:00"))

    assert before.due_at == at("2026-03-17 15:30")  # promised while it held
    assert after.due_at == at("2026-03-17 09:30")  # 4.5 h on Monday, ten days, half an hour


def test_a_day_is_not_edited():
    off = day("2026-03-05")

    off.day = "2026-03-06"

    with pytest.raises(ImmutableField):
        off.save()


def test_a_year_entered_by_hand_is_no_longer_provisional():
    day("2027-02-14", "09:00-12:00", settles_year=True)

    assert CalendarOverrides.read().calendar("CN", at(MONDAY)).published_through == 2027
    assert CalendarOverrides.read().calendar("TW", at(MONDAY)).published_through == 2026
    assert CalendarOverrides.read().calendar("CN", at("2026-03-01 11:59")).published_through == 2026


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("09:00-12:00", 1),
        ("9:00–12:00, 13:30–18:00", 2),
        ("09:00至12:00；13:30~18:00", 2),
        ("20:00–24:00", 1),
    ],
)
def test_hours_are_read_as_people_write_them(text, count):
    assert len(shifts(text)) == count


@pytest.mark.parametrize(
    "facts",
    [
        {"hours": "nine to five"},
        {"hours": "09:00"},
        {"hours": "12:00–09:00"},
        {"hours": "09:00–12:00, 11:00–18:00"},
        {"hours": "25:00–26:00"},
        {"text": "2026-02-30"},
        {"text": "10.3.2026"},
    ],
)
def test_a_day_or_hours_there_are_not_are_refused(facts):
    with pytest.raises(ValidationError):
        day(facts.get("text", "2026-03-05"), facts.get("hours", ""))
