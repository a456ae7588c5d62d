"""Overdue: flagged once, told once, and never a moment early."""

from datetime import timedelta

import pytest
from bson import ObjectId
from mongoengine import StringField

from documents.deadlines.deadline_record import HasDeadlines
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification
from records.declaration.policy import Deadlines, Policy, Promise
from records.storage.audit import AuditEntry
from tests.jobs.conftest import runs_of

JUST = timedelta(milliseconds=1)


@pytest.mark.clause("R56", "R60")
@pytest.mark.parametrize(("late", "flagged"), [(JUST, 1), (timedelta(0), 0), (-JUST, 0)])
def test_a_ticket_is_overdue_after_its_due_time_and_not_at_it(complain, run, now, late, flagged):
    complaint = complain(due_at=now - late)

    assert run("flag-overdue")["changed"] == flagged

    assert Complaint.objects.get(pk=complaint.pk).overdue_at == (now if flagged else None)


@pytest.mark.parametrize(("closed", "flagged"), [(False, 1), (True, 0)])
def test_only_open_tickets_are_flagged(complain, run, now, closed, flagged):
    complain(closed_at=now - timedelta(minutes=1) if closed else None)

    assert run("flag-overdue")["changed"] == flagged


def test_a_ticket_without_a_due_time_is_never_overdue(complain, run):
    complain(source="elsewhere", due_at=None)

    assert run("flag-overdue")["examined"] == 0


def test_a_ticket_is_flagged_once_with_one_entry_in_its_history_and_one_notice(complain, run, now):
    complaint = complain()

    first = run("flag-overdue")
    second = run("flag-overdue", now + timedelta(hours=1))

    assert (first["changed"], second["examined"]) == (1, 0)
    assert Complaint.objects.get(pk=complaint.pk).overdue_at == now
    entry = AuditEntry.objects.get(record=complaint.pk, reason="Past its due time")
    assert (entry.actor, entry.deed, [change["field"] for change in entry.changes]) == (
        "job:flag-overdue",
        "change",
        ["overdue_at"],
    )
    assert Notification.objects.count() == 1


@pytest.mark.clause("R51")
def test_assignee_and_supervisors_are_told_by_the_number_of_the_ticket(complain, run, now):
    assignee = ObjectId()
    complaint = complain(assignee=assignee)

    run("flag-overdue")

    told = Notification.objects.get(record=complaint.pk)
    assert (told.occasion, told.to, told.to_role) == ("overdue", [assignee], "supervisor")
    assert (told.label, told.created_at, told.mailed_at) == (complaint.number, now, None)


def test_one_record_that_cannot_be_saved_does_not_keep_the_others_from_being_flagged(complain, run, panel):
    complaints = [complain() for _ in range(7)]
    broken = complaints[3]
    panel["complaints"].update_one({"_id": broken.pk}, {"$set": {"moves": ["李雷's own"]}})

    outcome = run("flag-overdue")

    assert {name: outcome[name] for name in ("examined", "changed", "failed")} == {
        "examined": 7,
        "changed": 6,
        "failed": 1,
    }
    flagged = {complaint.pk for complaint in Complaint.objects(overdue_at__ne=None)}
    assert flagged == {complaint.pk for complaint in complaints} - {broken.pk}
    stored = runs_of("flag-overdue")[-1]
    assert (stored.state, stored.changed, stored.failed) == ("done", 6, 1)
    assert str(broken.pk) in stored.error
    assert "李雷" not in stored.error


def test_many_are_flagged_in_batches_and_each_once(complain_often, run):
    due = [complaint.pk for complaint in complain_often(205)]
    steps = []

    outcome = run("flag-overdue", progress=lambda done, of: steps.append((done, of)))

    assert outcome["changed"] == 205
    assert steps == [(200, 205), (205, 205)]
    entries = [entry.record for entry in AuditEntry.objects(reason="Past its due time")]
    assert sorted(entries) == sorted(due)


def test_a_collection_declared_elsewhere_is_flagged_without_another_line(declared, run, now):
    @declared
    class Repair(HasDeadlines):
        """A repair promised by a day."""

        policy = Policy(
            title="Repairs",
            singular="Repair",
            group="Tests",
            deadlines=Deadlines(promises={}, otherwise=Promise(), by=("name",)),
            label="name",
        )
        name = StringField()
        meta = {"collection": "repairs"}

    repair = Repair(name="pump", due_at=now - JUST).save(now=now)

    assert run("flag-overdue")["changed"] == 1

    assert Repair.objects.get(pk=repair.pk).overdue_at == now
    assert Notification.objects.get(record=repair.pk).label == "pump"


def test_flagging_a_hundred_asks_the_database_no_more_often_than_flagging_ten(complain_often, run, commands):
    asked = []
    for count in (10, 100):
        complain_often(count)
        commands.forget()
        run("flag-overdue")
        asked.append(len([what for what in commands.sent if what != ("update", "jobs")]))  # renewals

    assert asked[1] <= asked[0]
