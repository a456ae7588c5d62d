"""Open tickets follow new rules where somebody asks for it: each of them, once, and never a closed one."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from documents.deadlines.calendar_override import CalendarDay
from documents.deadlines.deadline_rule import DeadlineRule
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.states import State
from documents.work.task import Task
from records.storage import writer
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as
from security.permissions import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = "2026-03-02 09:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def admin(panel) -> Iterator[Actor]:
    """An administrator, who answers for what the test does."""
    ada = Staff(name="Ada", email="ada@steward.example", roles=["admin"]).save()
    with act_as(Actor(f"staff:{ada.pk}", ada.name, frozenset({Role.ADMIN}))) as actor:
        yield actor


@pytest.fixture
def tickets(panel) -> dict[str, Complaint]:
    """One that is open, one that is closed, one that waits, and one from another register."""
    made = {name: Complaint(content=name).save(now=at(MONDAY)) for name in ("open", "closed", "waiting")}
    for state in (State.INVESTIGATING, State.ANSWERED, State.CLOSED):
        made["closed"].move(state, at("2026-03-02 10:00"))
    made["waiting"].move(State.INVESTIGATING, at("2026-03-02 09:30"))
    made["waiting"].move(State.WAITING, at("2026-03-02 10:00"))
    made["elsewhere"] = Complaint(content="x", source="old", due_at=at("2026-04-01 09:00")).save(
        now=at(MONDAY)
    )
    return made


def due(ticket: Complaint) -> datetime | None:
    return Complaint.objects.get(pk=ticket.pk).due_at


def rule(hours: float) -> DeadlineRule:
    return DeadlineRule(name="New", register="complaints", resolution=hours).save(now=at("2026-03-03 09:00"))


def test_open_tickets_follow_and_no_others(tickets, run):
    before = {name: due(ticket) for name, ticket in tickets.items()}
    rule(1).recompute(at("2026-03-03 10:00"), "Eighty hours were too many")

    run("carry-out-tasks")

    assert due(tickets["open"]) == at("2026-03-02 10:00")
    assert {name: due(tickets[name]) for name in ("closed", "elsewhere")} == {
        name: before[name] for name in ("closed", "elsewhere")
    }
    assert Task.objects.get().done == 2


def test_a_ticket_that_waits_follows_when_it_goes_on(tickets, run):
    rule(1).recompute(at("2026-03-03 10:00"), "Eighty hours were too many")
    run("carry-out-tasks")
    waiting = Complaint.objects.get(pk=tickets["waiting"].pk)
    assert waiting.due_at == at("2026-03-02 10:00")  # the hour was over when it began to wait

    rule_of_two = DeadlineRule.objects.get()
    rule_of_two.resolution = 2
    rule_of_two.save(now=at("2026-03-03 11:00"))
    rule_of_two.recompute(at("2026-03-03 11:00"), "One hour was too short")
    run("carry-out-tasks")
    waiting = Complaint.objects.get(pk=tickets["waiting"].pk)
    assert (waiting.due_at, waiting.paused_at) == (None, at("2026-03-02 10:00"))

    waiting.move(State.INVESTIGATING, at("2026-03-04 09:00"))
    assert waiting.due_at == at("2026-03-04 10:00")


def test_the_history_tells_who_asked_and_why(tickets, run, admin):
    rule(1).recompute(at("2026-03-03 10:00"), "Eighty hours were too many")
    run("carry-out-tasks")

    entry = AuditEntry.objects.get(record=tickets["open"].pk, deed="change")
    assert (entry.actor, entry.reason) == (admin.id, "Eighty hours were too many")
    assert "due_at" in {change["field"] for change in entry.changes}


def test_doing_it_again_changes_nothing(tickets, run):
    made = rule(1)
    for _time in range(2):
        made.recompute(at("2026-03-03 10:00"), "Eighty hours were too many")
        run("carry-out-tasks")

    assert AuditEntry.objects(record=tickets["open"].pk, deed="change").count() == 1


def test_a_day_off_moves_open_tickets_of_every_register(tickets, run):
    feedback = Feedback(words="So so.").save(now=at(MONDAY))
    was = feedback.due_at
    day = CalendarDay(calendar="CN", day="2026-03-05", reason="Typhoon").save(now=at("2026-03-03 09:00"))

    day.recompute(at("2026-03-03 10:00"), "Nobody could come in")
    run("carry-out-tasks")

    assert due(tickets["open"]) == at("2026-03-17 15:30")
    assert Feedback.objects.get(pk=feedback.pk).due_at > was


def test_many_tickets_are_done_in_several_turns(panel, run):
    made = [Complaint(content=str(number)) for number in range(205)]
    writer.save(*made, now=at(MONDAY))
    rule(1).recompute(at("2026-03-03 10:00"), "Eighty hours were too many")

    run("carry-out-tasks")

    assert Complaint.objects(due_at=at("2026-03-02 10:00")).count() == 205
    assert (Task.objects.get().done, Task.objects.get().of) == (205, 205)
