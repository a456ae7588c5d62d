"""One deed for many records: each checked and audited by itself, all written in few commands."""

from datetime import timedelta

import pytest

from documents.audit import AuditEntry
from documents.complaint import Complaint
from documents.staff import Staff
from documents.storage.writing import StaleRecord
from documents.tickets.ticket import Priority
from documents.work import alike
from documents.work.bulk import SET, Deed, Selection
from security.actor import Actor, acting_as
from security.permissions import Role


@pytest.fixture
def ann(database, actor) -> Staff:
    return Staff(name="ann", email="ann@steward.example", roles=["staff"]).save()


@pytest.fixture
def complaints(database, actor, now):
    def made(count: int) -> list[Complaint]:
        return [Complaint(content="The lamp hums.").save(now=now) for _ in range(count)]

    return made


def do(deed: Deed, records, now):
    picked = tuple(record.pk for record in records)
    return deed.do(picked, Selection(deed.kind, {}, now, "UTC", picked).where(), now)


def entries(collection: str) -> list[AuditEntry]:
    return list(AuditEntry.objects(collection=collection, deed="change").order_by("id"))


@pytest.mark.parametrize("count", [2, 30])
def test_setting_a_field_takes_as_few_commands_for_many_as_for_two(complaints, commands, now, count):
    records, deed = complaints(count), Deed(Complaint, SET, "sorted", {"priority": Priority.HIGH.value})
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
        Deed(Complaint, SET, "sorted", {"priority": Priority.HIGH.value}),
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
    read = alike._entry

    def meanwhile(kind, row, *rest):
        if row["_id"] == second.pk:
            Complaint._get_collection().update_one({"_id": second.pk}, {"$set": {"version": 7}})
        return read(kind, row, *rest)

    monkeypatch.setattr(alike, "atomically", lambda work: work())
    monkeypatch.setattr(alike, "_entry", meanwhile)

    with pytest.raises(StaleRecord):
        alike.write(Complaint, {}, {"priority": "high"}, "sorted", now)

    assert Complaint.objects.get(pk=second.pk).priority == "normal"
    assert first.pk not in {entry.record for entry in entries("complaints")}


@pytest.mark.clause("R36")
@pytest.mark.parametrize("count", [2, 30])
def test_taking_many_tickets_on_takes_as_few_commands_as_two(ann, complaints, commands, now, count):
    records = complaints(count)

    with acting_as(Actor(f"staff:{ann.pk}", "ann", frozenset(Role))):
        commands.forget()
        outcome = do(Deed(Complaint, "claim"), records, now)

    assert (outcome.done, outcome.problems) == (count, [])
    assert len(commands.sent) <= 6
    assert {one.assignee for one in Complaint.objects} == {ann.pk}
    assert len(entries("complaints")) == count


def test_of_many_tickets_those_that_are_somebodys_are_refused_one_by_one(ann, complaints, now):
    bob = Staff(name="bob", email="bob@steward.example", roles=["staff"]).save()
    free, his, also_free = complaints(3)
    with acting_as(Actor(f"staff:{bob.pk}", "bob", frozenset(Role))):
        his.claim(now)

    with acting_as(Actor(f"staff:{ann.pk}", "ann", frozenset(Role))):
        outcome = do(Deed(Complaint, "claim"), [free, his, also_free], now)

    assert (outcome.done, [one["label"] for one in outcome.problems]) == (2, [his.number])
    assert [Complaint.objects.get(pk=one.pk).assignee for one in (free, his, also_free)] == [
        ann.pk,
        bob.pk,
        ann.pk,
    ]
