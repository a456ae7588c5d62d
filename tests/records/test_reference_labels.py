"""What records are called where others refer to them."""

import pytest
from bson import ObjectId

from documents.people.user import User
from documents.staff.staff import Staff
from records.lists import reference_labels


@pytest.fixture(autouse=True)
def nothing_remembered(actor):
    reference_labels._remembered.clear()


def test_many_references_are_one_query_a_collection(database, commands):
    people = [User(name="Lin").save() for _n in range(5)]
    staff = Staff(name="Ann", email="ann@example.com", roles=["staff"]).save()
    commands.forget()

    found = reference_labels.labels({"users": [one.pk for one in people], "staff": [staff.pk]})

    assert found == {("users", one.pk): one.number for one in people} | {("staff", staff.pk): "Ann"}
    assert sorted(commands.sent) == [("find", "staff"), ("find", "users")]


def test_what_is_gone_has_no_label(database):
    assert reference_labels.labels({"users": [ObjectId()], "no such collection": [ObjectId()]}) == {}


def test_a_person_is_asked_for_each_time_and_a_colleague_is_remembered(database, commands):
    person, staff = User(name="Lin").save(), Staff(name="Ann", email="a@example.com", roles=["staff"]).save()
    asked = {"users": [person.pk], "staff": [staff.pk]}
    reference_labels.labels(asked)
    commands.forget()

    database.users.delete_one({"_id": person.pk})

    assert reference_labels.labels(asked) == {("staff", staff.pk): "Ann"}
    assert ("find", "staff") not in commands.sent
