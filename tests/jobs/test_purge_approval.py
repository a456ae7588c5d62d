"""A purge that would take a large part of a register asks first, and begins with a few."""

from datetime import timedelta
from importlib import import_module

import pytest
from mongoengine import StringField

from documents.retention import purge_approval
from documents.retention.purge_approval import LEAVE, PurgeApproval, StopState
from documents.work.notification import Notification, NotificationKind
from records.declaration.actions import ActionRefused
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.job_state import JobState
from records.storage import writer
from security.permissions import TICKETS

purging = import_module("jobs.purge_expired")
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


class Sketch(Governed):
    """A drawing that is thrown away after a month."""

    policy = Policy(
        title="Sketches", singular="Sketch", group="Tests", access=TICKETS, label="name",
        keep=Keep(after="at", days=30, fate=Fate.ERASE, basis="house rules"), on_erasure=Fate.ERASE,
    )  # fmt: skip
    name = StringField()
    state = StringField(choices=["fine"])
    at = UTCDateTimeField()
    meta = {"collection": "sketches"}


@pytest.fixture(autouse=True)
def small(declared, monkeypatch):
    """Registers of a size for tests: leave is needed from ten records on, two go first."""
    monkeypatch.setattr(purge_approval, "LEAST", 10)
    monkeypatch.setattr(purging, "CANARY", 2)
    declared(Sketch)


@pytest.fixture
def sketches(now):
    def store(old: int, new: int = 0, age: timedelta = 2 * MONTH) -> None:
        made = [Sketch(name=f"old {n}", at=now - age) for n in range(old)]
        writer.save(*made, *(Sketch(name=f"new {n}", at=now) for n in range(new)), now=now - 3 * MONTH)

    return store


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [(9, 0, 9), (10, 0, 0), (10, 89, 0), (10, 90, 10)],
    ids=["few", "all", "more than a tenth", "a tenth"],
)
def test_a_purge_of_more_than_a_tenth_waits_for_leave(sketches, run, old, new, gone):
    sketches(old, new)

    assert run("purge-expired")["changed"] == gone

    assert Sketch.objects.count() == old + new - gone
    assert PurgeApproval.objects.count() == int(not gone)


def test_it_says_what_waits_and_tells_those_who_may_allow_it(sketches, run, now):
    sketches(12, 3)

    run("purge-expired")

    stop = PurgeApproval.objects.get()
    assert (stop.register, stop.count, stop.of, stop.state) == ("sketches", 12, 15, StopState.WAITING)
    assert stop.rule == "sketches: 30 days after at (house rules)"
    assert {notice.to_role for notice in Notification.objects(occasion=NotificationKind.PURGE_STOPPED)} == {
        "compliance",
        "admin",
    }


def test_asking_again_asks_nobody_twice(sketches, run, now):
    sketches(12)
    run("purge-expired")
    sketches(1)
    run("purge-expired")

    assert (PurgeApproval.objects.get().count, Notification.objects.count()) == (13, 2)


def test_with_leave_it_goes_on_at_once(sketches, run, now):
    sketches(12)
    run("purge-expired")

    PurgeApproval.objects.get().allow(now, "the fair is over")

    assert JobState.objects.get(name="purge-expired").next_run_at <= now
    assert run("purge-expired")["changed"] == 12
    assert Sketch.objects.count() == 0


def test_leave_is_given_once(sketches, run, now):
    sketches(12)
    run("purge-expired")
    PurgeApproval.objects.get().allow(now, "the fair is over")

    with pytest.raises(ActionRefused):
        PurgeApproval.objects.get().allow(now, "once more")


def test_leave_is_for_what_was_asked_and_not_for_what_comes_later(sketches, run, now):
    sketches(12)
    run("purge-expired")
    PurgeApproval.objects.get().allow(now, "the fair is over")
    sketches(11, age=MONTH - DAY)

    later = now + 2 * DAY
    assert run("purge-expired", at=later)["changed"] == 12

    assert Sketch.objects.count() == 11
    assert PurgeApproval.objects.get(state=StopState.WAITING).count == 11


@pytest.mark.parametrize(("after", "gone"), [(LEAVE - DAY, 12), (LEAVE, 0)])
def test_leave_is_good_for_some_days(sketches, run, now, after, gone):
    sketches(12)
    run("purge-expired")
    PurgeApproval.objects.get().allow(now, "the fair is over")

    assert run("purge-expired", at=now + after)["changed"] == gone


def test_a_dry_run_asks_nobody(sketches, run):
    sketches(12)

    run("purge-expired", dry_run=True)

    assert (PurgeApproval.objects.count(), Notification.objects.count()) == (0, 0)


@pytest.mark.parametrize(("fails", "gone"), [(0, 0), (5, 8)], ids=["among the first two", "later"])
def test_where_one_of_the_first_few_fails_no_other_is_touched(sketches, run, panel, monkeypatch, fails, gone):
    sketches(9)
    broken = list(Sketch.objects.order_by("id"))[fails].pk
    carry_out = purging.apply_fate

    def end(records, **options):
        if broken in {record.pk for record in records}:
            raise ValueError("cannot be ended")
        return carry_out(records, **options)

    monkeypatch.setattr(purging, "apply_fate", end)
    outcome = run("purge-expired")

    first = 1 if gone == 0 else 0  # of the first two, the other one went
    assert (outcome["failed"], Sketch.objects.count()) == (1, 9 - gone - first)
