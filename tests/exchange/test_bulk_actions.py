"""One deed for many records: each checked and audited by itself, all written in few commands."""

from datetime import timedelta

import pytest

import runtime
from documents.erasure.deletion_request import DeletionRequest, Progress
from documents.erasure.erasure_plan import ErasurePlan
from documents.people.user import User
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.ticket import Priority
from documents.work.notification import Notification, NotificationKind, notification, send
from documents.work.task import Task
from exchange.bulk import bulk_update
from exchange.bulk.bulk_actions import SET, BulkAction, Selection
from records.storage import writer
from records.storage.audit import AuditEntry
from records.storage.database import in_transaction
from records.storage.writer import ConcurrentModification
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import UserFactory


@pytest.fixture
def ann(database, actor) -> Staff:
    return Staff(name="ann", email="ann@steward.example", roles=["staff"]).save()


@pytest.fixture
def complaints(database, actor, now):
    def made(count: int) -> list[Complaint]:
        return [Complaint(content="The lamp hums.").save(now=now) for _ in range(count)]

    return made


@pytest.fixture
def people(database, actor, now):
    def made(count: int) -> list[User]:
        users = [UserFactory.build() for _ in range(count)]
        writer.save(*users, now=now)
        return users

    return made


def do(deed: BulkAction, records, now):
    picked = tuple(record.pk for record in records)
    return deed.do(picked, Selection(deed.kind, {}, now, "UTC", picked).where(), now)


def entries(collection: str) -> list[AuditEntry]:
    return list(AuditEntry.objects(collection=collection, deed="change").order_by("id"))


@pytest.mark.parametrize("count", [2, 30])
def test_setting_a_field_takes_as_few_commands_for_many_as_for_two(complaints, commands, now, count):
    records, deed = complaints(count), BulkAction(Complaint, SET, "sorted", {"priority": Priority.HIGH.value})
    commands.forget()

    assert do(deed, records, now).done == count

    assert [name for name, _about in commands.sent if name in {"update", "insert"}] == ["update", "insert"]
    assert {one.priority for one in Complaint.objects} == {Priority.HIGH}
    assert sorted(entry.record for entry in entries("complaints")) == [record.pk for record in records]


def test_each_record_keeps_its_own_version_and_says_what_it_was(complaints, now):
    once, twice, same = complaints(3)
    twice.topic = "Lamps"
    twice.save(now=now)
    same.priority = Priority.HIGH
    same.save(now=now)
    before = len(entries("complaints"))

    done = do(
        BulkAction(Complaint, SET, "sorted", {"priority": Priority.HIGH.value}),
        [once, twice, same],
        now + timedelta(hours=1),
    )

    assert done.done == 3
    assert [Complaint.objects.get(pk=one.pk).version for one in (once, twice, same)] == [2, 3, 2]
    written = entries("complaints")[before:]
    assert [(entry.record, entry.changes) for entry in written] == [
        (one.pk, [{"field": "priority", "from": "normal", "to": "high"}]) for one in (once, twice)
    ]


def test_a_record_that_changes_in_between_spoils_none_of_the_others(complaints, now, monkeypatch):
    first, second = complaints(2)
    read = bulk_update._entry

    def meanwhile(kind, row, *rest):
        if row["_id"] == second.pk:
            Complaint._get_collection().update_one({"_id": second.pk}, {"$set": {"version": 7}})
        return read(kind, row, *rest)

    monkeypatch.setattr(bulk_update, "in_transaction", lambda work: work())
    monkeypatch.setattr(bulk_update, "_entry", meanwhile)

    with pytest.raises(ConcurrentModification):
        bulk_update.write(Complaint, {}, {"priority": "high"}, "sorted", now)

    assert Complaint.objects.get(pk=second.pk).priority == "normal"
    assert first.pk not in {entry.record for entry in entries("complaints")}


@pytest.mark.clause("R36")
@pytest.mark.parametrize("count", [2, 30])
def test_taking_many_tickets_on_takes_as_few_commands_as_two(ann, complaints, commands, now, count):
    records = complaints(count)

    with act_as(Actor(f"staff:{ann.pk}", "ann", frozenset(Role))):
        commands.forget()
        outcome = do(BulkAction(Complaint, "claim"), records, now)

    assert (outcome.done, outcome.problems) == (count, [])
    assert len(commands.sent) <= 6
    assert {one.assignee for one in Complaint.objects} == {ann.pk}
    assert len(entries("complaints")) == count


def test_of_many_tickets_those_that_are_somebodys_are_refused_one_by_one(ann, complaints, now):
    bob = Staff(name="bob", email="bob@steward.example", roles=["staff"]).save()
    free, his, also_free = complaints(3)
    with act_as(Actor(f"staff:{bob.pk}", "bob", frozenset(Role))):
        his.claim(now)

    with act_as(Actor(f"staff:{ann.pk}", "ann", frozenset(Role))):
        outcome = do(BulkAction(Complaint, "claim"), [free, his, also_free], now)

    assert (outcome.done, [one["label"] for one in outcome.problems]) == (2, [his.number])
    assert [Complaint.objects.get(pk=one.pk).assignee for one in (free, his, also_free)] == [
        ann.pk,
        bob.pk,
        ann.pk,
    ]


@pytest.mark.clause("R24")
@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize(("approval", "most"), [(False, 7), (True, 16)])
def test_asking_for_many_deletions_takes_as_few_commands_as_for_two(
    people, commands, now, monkeypatch, approval, most, count
):
    runtime.configure(erasure_approval=approval)
    users = people(count)
    commands.forget()

    outcome = do(BulkAction(User, "request_deletion", "They asked."), users, now)

    assert (outcome.done, outcome.problems) == (count, [])
    assert len(commands.sent) <= most
    requests = {one.user: one for one in DeletionRequest.objects}
    assert set(requests) == {user.pk for user in users}
    assert AuditEntry.objects(collection="deletion_requests", deed="create").count() == count
    if approval:
        assert {one.state for one in requests.values()} == {Progress.PROPOSED}
        assert {plan.pk: plan.user for plan in ErasurePlan.objects} == {
            one.plan: one.user for one in requests.values()
        }
        assert sorted(task.params["plan"] for task in Task.objects) == sorted(
            one.plan for one in requests.values()
        )


@pytest.mark.clause("R24")
def test_of_many_deletions_those_asked_for_already_are_not_asked_for_again(people, now):
    first, second = people(2)
    first.request_deletion(now, "They asked on the telephone.")

    outcome = do(BulkAction(User, "request_deletion", "They asked."), [first, second], now)

    assert (outcome.done, outcome.problems) == (2, [])
    assert {one.user: one.reason for one in DeletionRequest.objects} == {
        first.pk: "They asked on the telephone.",
        second.pk: "They asked.",
    }


@pytest.mark.parametrize("count", [2, 30])
def test_deleting_many_people_takes_as_few_commands_as_two(people, commands, now, count):
    users = people(count)
    commands.forget()

    assert do(BulkAction(User, "delete", "Entered by mistake."), users, now).done == count

    assert len(commands.sent) <= 11
    assert not User.objects.count()


def test_what_is_told_of_many_changes_goes_out_with_them_in_one_command(complaints, commands, now):
    records = complaints(3)

    def change_and_tell() -> None:
        with writer.batched_writes():
            for record in records:
                record.priority = Priority.HIGH
                record.save(now=now)
                about = (record.collection_name(), record.pk, record.number)
                send(
                    [
                        notification(
                            f"told:{record.pk}", NotificationKind.NOTED, *about, now, [], to_role="staff"
                        )
                    ]
                )

    commands.forget()
    in_transaction(change_and_tell)

    assert [about for _name, about in commands.sent] == ["complaints", "audit", "outbox", 1]
    assert {one.record for one in Notification.objects} == {record.pk for record in records}


def test_where_a_change_fails_nothing_is_told(complaints, now):
    (record,) = complaints(1)

    def tell_and_fail() -> None:
        with writer.batched_writes():
            send(
                [
                    notification(
                        "told", NotificationKind.NOTED, "complaints", record.pk, record.number, now, []
                    )
                ]
            )
            raise ConcurrentModification

    with pytest.raises(ConcurrentModification):
        in_transaction(tell_and_fail)

    assert not Notification.objects.count()
