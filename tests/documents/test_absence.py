"""Who is told while somebody is away."""

from datetime import timedelta

import pytest
from mongoengine import ValidationError

from documents.staff.absence import Absence, deputies_for
from documents.staff.staff import Staff

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def panel(database, actor):
    """An empty database, and somebody who writes to it."""


def staff(name: str, **facts) -> Staff:
    return Staff(name=name, email=f"{name.lower()}@steward.example", roles=["staff"], **facts).save()


def away(person: Staff, now, deputy: Staff | None = None, days: float = 1) -> Absence:
    return Absence(staff=person, starts_at=now - DAY, ends_at=now + days * DAY, deputy=deputy).save()


def test_who_is_here_stands_in_for_nobody_else(now):
    ann = staff("Ann")

    assert deputies_for([ann.pk], now) == {ann.pk: ann.pk}


@pytest.mark.parametrize(
    ("begins", "ends", "is_away"),
    [
        (timedelta(0), DAY, True),
        (JUST, DAY, False),
        (-DAY, JUST, True),
        (-DAY, timedelta(0), False),
    ],
)
def test_an_absence_covers_its_first_moment_and_not_its_last(now, begins, ends, is_away):
    bob = staff("Bob")
    ann = staff("Ann", deputy=bob)
    Absence(staff=ann, starts_at=now + begins, ends_at=now + ends).save()

    assert deputies_for([ann.pk], now) == {ann.pk: bob.pk if is_away else ann.pk}


def test_the_deputy_of_the_absence_goes_before_the_one_of_the_account(now):
    bob, eve = staff("Bob"), staff("Eve")
    ann = staff("Ann", deputy=bob)
    away(ann, now, eve)

    assert deputies_for([ann.pk], now) == {ann.pk: eve.pk}


def test_a_deputy_who_is_away_is_stood_in_for_as_well(now):
    eve = staff("Eve")
    bob = staff("Bob", deputy=eve)
    ann = staff("Ann", deputy=bob)
    away(ann, now)
    away(bob, now)

    assert deputies_for([ann.pk, bob.pk], now) == {ann.pk: eve.pk, bob.pk: eve.pk}


def test_nobody_is_found_where_two_stand_in_for_each_other_and_both_are_away(now):
    bob = staff("Bob")
    ann = staff("Ann", deputy=bob)
    bob.deputy = ann
    bob.save()
    away(ann, now)
    away(bob, now)

    assert deputies_for([ann.pk, bob.pk], now) == {ann.pk: None, bob.pk: None}


def test_nobody_is_found_where_nobody_was_named(now):
    ann = staff("Ann")
    away(ann, now)

    assert deputies_for([ann.pk], now) == {ann.pk: None}


def test_who_may_no_longer_sign_in_is_stood_in_for(now):
    bob = staff("Bob")
    ann = staff("Ann", deputy=bob, active=False)

    assert deputies_for([ann.pk], now) == {ann.pk: bob.pk}


def test_many_are_asked_for_in_few_queries(now, commands):
    deputy = staff("Deputy")
    people = [staff(f"Person{number}", deputy=deputy) for number in range(20)]
    away(people[0], now)
    commands.forget()

    deputies_for([person.pk for person in people], now)

    assert len(commands.sent) == 4


@pytest.mark.parametrize("wrong", ["backwards", "oneself"])
def test_an_absence_that_makes_no_sense_is_refused(now, wrong):
    ann = staff("Ann")

    with pytest.raises(ValidationError):
        away(ann, now, ann if wrong == "oneself" else None, days=-1 if wrong == "backwards" else 1)
