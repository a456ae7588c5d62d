"""The escalation ladder: each rung once, to the right people, at a bearable hour.

A complaint of Monday, 09:00 in Shanghai, under a rule of 8 h working time: three quarters have passed on
Monday at 16:30, all of it on Tuesday at 09:30, one and a half times as much on Tuesday at 15:00.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from documents.deadlines.deadline_rule import DeadlineRule
from documents.staff.absence import Absence
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.states import State
from documents.work.notification import Notification
from jobs.escalate import escalate
from jobs.job import Batch
from records.storage import writer
from working_time.quiet_hours import after_quiet, next_morning

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = "2026-03-02 09:00"
SECOND = timedelta(seconds=1)
THREE_QUARTERS, WHOLE, HALF_MORE = "2026-03-02 16:30", "2026-03-03 09:30", "2026-03-03 15:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def rule(panel) -> DeadlineRule:
    return DeadlineRule(name="Eight hours", register="complaints", resolution=8).save(
        now=at("2026-01-05 09:00")
    )


@pytest.fixture
def team() -> dict[str, Staff]:
    """Ann's deputy is Bob, her supervisor Eve, her head Han; Sue is a supervisor nobody named."""
    people = {
        name: Staff(name=name, email=f"{name}@steward.example", roles=["staff"]) for name in ("bob", "han")
    }
    for name in ("eve", "sue"):
        people[name] = Staff(name=name, email=f"{name}@steward.example", roles=["supervisor"])
    writer.save(*people.values())
    people["ann"] = Staff(
        name="ann", email="ann@steward.example", roles=["staff"],
        deputy=people["bob"], supervisor=people["eve"], head=people["han"],
    ).save()  # fmt: skip
    return people


@pytest.fixture
def climb(run):
    """Run the job at a moment; tell who was told what since the last time, by name."""
    seen: set = set()

    def climb(moment: str | datetime, team: dict[str, Staff] | None = None) -> dict[str, str]:
        run("escalate", at(moment) if isinstance(moment, str) else moment)
        names = {person.pk: name for name, person in (team or {}).items()}
        fresh = [notice for notice in Notification.objects.order_by("created_at") if notice.key not in seen]
        seen.update(notice.key for notice in fresh)
        return {n.occasion: " ".join(sorted(names.get(who, str(who)) for who in n.to)) for n in fresh}

    return climb


def complaint(moment: str = MONDAY, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", **facts).save(now=at(moment))


def stored(ticket: Complaint) -> Complaint:
    return Complaint.objects.get(pk=ticket.pk)


# -- The rungs -----------------------------------------------------------------------------------------


@pytest.mark.clause("R51", "R56", "R60")
def test_assignee_deputy_supervisor_and_head_are_told_as_time_passes(climb, team):
    complaint(assignee=team["ann"])

    assert climb("2026-03-02 16:00", team) == {}
    assert climb("2026-03-02 17:00", team) == {"due-soon": "ann"}
    assert climb("2026-03-03 10:00", team) == {"overdue": "ann bob eve"}
    assert climb("2026-03-03 16:00", team) == {"long-overdue": "bob eve han"}
    assert climb("2026-03-09 16:00", team) == {}


@pytest.mark.clause("R56")
@pytest.mark.parametrize("moment", [THREE_QUARTERS, WHOLE, HALF_MORE])
def test_a_rung_is_climbed_after_its_moment_and_not_at_it(climb, team, moment):
    complaint(assignee=team["ann"])
    climb(at(moment) - SECOND)

    assert climb(at(moment)) == {}
    assert len(climb(at(moment) + SECOND)) == 1


def test_each_rung_is_climbed_once_across_restarts(run, team):
    ticket = complaint(assignee=team["ann"])

    for moment in ("2026-03-02 17:00", "2026-03-02 17:01", "2026-03-03 10:00", "2026-03-03 10:01"):
        run("escalate", at(moment))

    assert stored(ticket).rungs == ["resolution@75%", "resolution@100%"]
    assert Notification.objects.count() == 2


def test_a_batch_that_is_done_again_tells_nobody_twice(team):
    """The same batch twice, as by two processes of which each took the other for dead."""
    ticket = complaint(assignee=team["ann"])
    part: Batch = next(part for part in escalate(at("2026-03-02 17:00")) if part.kind is Complaint)
    first, second = part.read([ticket.pk]), part.read([ticket.pk])

    part.change(first)
    part.change(second)

    assert Notification.objects.count() == 1
    assert stored(ticket).rungs == ["resolution@75%"]
    assert part.ids(None) == []


def test_of_rungs_missed_together_the_highest_is_told(climb, team):
    ticket = complaint(assignee=team["ann"])

    assert climb("2026-03-03 10:00", team) == {"overdue": "ann bob eve"}
    assert stored(ticket).rungs == ["resolution@75%", "resolution@100%"]


def test_a_closed_ticket_climbs_no_further(climb, team):
    ticket = complaint(assignee=team["ann"])
    for state in (State.INVESTIGATING, State.ANSWERED, State.CLOSED):
        ticket.move(state, at("2026-03-02 10:00"))

    assert climb("2026-03-09 10:00") == {}


@pytest.mark.clause("R35")
def test_a_ticket_that_waits_climbs_no_further_until_it_goes_on(climb, team):
    ticket = complaint(assignee=team["ann"])
    ticket.move(State.INVESTIGATING, at(MONDAY))
    ticket.move(State.WAITING, at("2026-03-02 16:00"))
    assert climb("2026-03-04 09:00") == {}

    ticket = stored(ticket)
    ticket.move(State.INVESTIGATING, at("2026-03-04 09:00"))

    assert climb("2026-03-04 09:30") == {}
    assert climb(at("2026-03-04 09:30") + SECOND, team) == {"due-soon": "ann"}


def test_first_response_and_acknowledgement_have_rungs_of_their_own(climb, team):
    DeadlineRule(
        name="Promptly", register="complaints", kind="price", acknowledgement=1, first_response=4
    ).save(now=at("2026-01-05 09:00"))  # fmt: skip
    ticket = complaint(kind="price", assignee=team["ann"])

    assert climb("2026-03-02 10:01", team) == {"not-acknowledged": "ann eve"}
    assert climb("2026-03-02 12:30", team) == {"response-due-soon": "ann"}  # three hours: at noon
    ticket = stored(ticket)
    ticket.responded_at = at("2026-03-02 13:45")
    ticket.save()
    assert climb("2026-03-02 15:00", team) == {}


def test_who_is_told_once_though_several_things_to_a_ticket(climb, team):
    team["ann"].deputy = team["eve"]
    team["ann"].save()
    complaint(assignee=team["ann"])

    climb("2026-03-03 10:00", team)

    assert sorted(Notification.objects.get().to) == sorted([team["ann"].pk, team["eve"].pk])


def test_what_is_nobodys_is_told_to_every_supervisor(climb, team):
    complaint()

    assert climb("2026-03-02 17:00", team) == {"due-soon": "eve sue"}


def test_where_there_is_no_supervisor_the_word_waits_for_one(run):
    complaint()

    run("escalate", at("2026-03-02 17:00"))

    assert (Notification.objects.get().to, Notification.objects.get().to_role) == ([], "supervisor")


# -- Absences ------------------------------------------------------------------------------------------


@pytest.mark.clause("R51")
def test_the_deputy_is_told_while_the_assignee_is_away(climb, team):
    complaint(assignee=team["ann"])
    Absence(staff=team["ann"], starts_at=at(MONDAY), ends_at=at("2026-03-03 09:00")).save()

    assert climb("2026-03-02 17:00", team) == {"due-soon": "bob"}
    assert climb("2026-03-03 10:00", team) == {"overdue": "ann bob eve"}


def test_the_supervisors_are_told_where_nobody_stands_in(climb, team):
    complaint(assignee=team["ann"])
    for name in ("ann", "bob"):
        Absence(staff=team[name], starts_at=at(MONDAY), ends_at=at("2026-03-09 09:00")).save()

    assert climb("2026-03-02 17:00", team) == {"due-soon": "eve sue"}


# -- Coming back ---------------------------------------------------------------------------------------


@pytest.mark.clause("R52")
@pytest.mark.parametrize(("times", "told"), [(1, {}), (2, {"returned": "eve han"})])
def test_a_ticket_that_comes_back_twice_goes_to_those_above(climb, team, times, told):
    ticket = complaint(assignee=team["ann"])
    moment = at(MONDAY)
    ticket.move(State.INVESTIGATING, moment)
    for _time in range(times):
        ticket.move(State.ANSWERED, moment := moment + timedelta(minutes=5))
        ticket.move(State.DISSATISFIED, moment := moment + timedelta(minutes=5))
        ticket.move(State.INVESTIGATING, moment := moment + timedelta(minutes=5))

    assert climb(moment + SECOND, team) == told
    assert climb(moment + 2 * SECOND, team) == {}


# -- A bearable hour -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 08:00", "2026-03-02 08:00"),
        ("2026-03-02 19:59", "2026-03-02 19:59"),
        ("2026-03-02 20:00", "2026-03-03 08:00"),
        ("2026-03-02 00:00", "2026-03-02 08:00"),
    ],
)
def test_nobody_is_disturbed_in_the_quiet_hours(now, told):
    assert after_quiet(at(now), SHANGHAI) == at(told)


@pytest.mark.parametrize(
    ("now", "told"), [("2026-03-02 08:59", "2026-03-02 09:00"), ("2026-03-02 09:00", "2026-03-03 09:00")]
)
def test_a_daily_digest_comes_in_the_morning(now, told):
    assert next_morning(at(now), SHANGHAI) == at(told)


@pytest.mark.parametrize(("priority", "not_before"), [("normal", "2026-03-03 08:00"), ("urgent", None)])
def test_what_is_urgent_is_told_at_any_hour(run, team, priority, not_before):
    DeadlineRule(
        name="Round the clock", register="complaints", kind="price", resolution=16, calendar="24/7"
    ).save(
        now=at("2026-01-05 09:00")
    )  # 12 h of it have passed at 21:00 in Shanghai; the calendar itself has no place
    complaint(assignee=team["ann"], kind="price", priority=priority)

    run("escalate", at("2026-03-02 21:01"))

    assert Notification.objects.get().not_before == (at(not_before) if not_before else None)


def test_who_wants_a_daily_digest_gets_one_with_all_of_the_day(run, team):
    team["ann"].daily_digest = True
    team["ann"].save()
    tickets = [complaint(assignee=team["ann"]) for _ in range(3)]

    run("escalate", at("2026-03-02 17:00"))
    run("escalate", at("2026-03-02 18:00"))

    digest = Notification.objects.get()
    assert (digest.occasion, digest.to, digest.not_before) == (
        "digest",
        [team["ann"].pk],
        at("2026-03-03 09:00"),
    )
    assert {item["label"] for item in digest.items} == {ticket.number for ticket in tickets}
    assert {item["occasion"] for item in digest.items} == {"due-soon"}


@pytest.mark.parametrize(
    ("late", "occasion"), [(timedelta(hours=6), "due-soon"), (timedelta(hours=6, seconds=1), "digest")]
)
def test_what_lies_six_hours_back_was_missed_and_comes_as_a_digest(climb, team, late, occasion):
    complaint(moment="2026-03-02 10:30", assignee=team["ann"])  # three quarters: at closing time

    assert list(climb(at("2026-03-02 18:00") + late)) == [occasion]


@pytest.mark.clause("R56")
def test_after_downtime_each_person_gets_one_digest_and_no_storm(run, team):
    tickets = [Complaint(content="The lamp hums.", assignee=team["ann"]) for _ in range(205)]
    writer.save(*tickets, now=at(MONDAY))  # more than one batch

    run("escalate", at("2026-03-07 10:00"))

    told = {notice.to[0]: notice for notice in Notification.objects}
    assert len(told) == Notification.objects.count() == 3
    assert set(told) == {team[name].pk for name in ("bob", "eve", "han")}
    assert all(len(notice.items) == len(tickets) for notice in told.values())
    assert {item["occasion"] for item in told[team["bob"].pk].items} == {"long-overdue"}
    assert stored(tickets[0]).next_rung_at is None
