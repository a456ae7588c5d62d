"""A changed rule begins with a few records, and with the days and the brake that are ruled in the panel."""

from datetime import timedelta
from importlib import import_module

import pytest
from mongoengine import StringField

from documents.erasure.tombstone import Tombstone
from documents.retention import purge_approval
from documents.retention.purge_approval import PurgeApproval
from documents.retention.purge_limit import PurgeLimit
from documents.retention.quarantine import QuarantinedRecord
from documents.retention.retention_rule import RetentionRule
from documents.work.notification import Notification, NotificationKind
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.storage import writer
from security.actor import Actor, act_as
from security.permissions import TICKETS

purging = import_module("jobs.purge_expired")
DAY = timedelta(days=1)
NAME = "purge-expired"


class Model(Governed):
    """A model that is thrown away after a year."""

    policy = Policy(
        title="Models", singular="Model", group="Tests", access=TICKETS, label="name",
        keep=Keep(after="at", days=365, fate=Fate.ERASE, basis="house rules"), on_erasure=Fate.ERASE,
    )  # fmt: skip
    name = StringField()
    at = UTCDateTimeField()
    meta = {"collection": "models"}


@pytest.fixture(autouse=True)
def small(declared, monkeypatch):
    monkeypatch.setattr(purging, "CANARY", 2)
    declared(Model)


@pytest.fixture
def models(now):
    made = [Model(name=f"model {n}", at=now - 60 * DAY) for n in range(6)]
    writer.save(*made, now=now - 60 * DAY)
    return made


def approved(one, now):
    with act_as(Actor("staff:bob", "Bob")):
        one.approve(now, "right")
    return one


@pytest.fixture
def rule(now, models):
    """The company keeps models for thirty days only."""
    made = RetentionRule(register="models", days=30, basis="new house rules", why="the store is full")
    return approved(made.save(now=now - DAY), now - DAY)


@pytest.mark.clause("R24", "R26")
def test_a_changed_rule_ends_a_few_first_and_tells_of_them(rule, run, now):
    assert run(NAME)["changed"] == 2

    assert (Model.objects.count(), QuarantinedRecord.objects.count()) == (4, 2)
    assert RetentionRule.objects.get().begun_at == now
    assert {one.to_role for one in Notification.objects(occasion=NotificationKind.RULE_BEGUN)} == {
        "compliance",
        "admin",
    }
    assert Tombstone.objects.first().rule == "models: 30 days after at (new house rules)"


def test_the_rest_goes_with_the_next_run(rule, run, now):
    assert [run(NAME, at=now + n * DAY)["changed"] for n in range(3)] == [2, 4, 0]

    assert Model.objects.count() == 0


@pytest.mark.clause("R26")
def test_then_the_brake_holds_as_ever(rule, run, now, monkeypatch):
    monkeypatch.setattr(purge_approval, "LEAST", 3)

    run(NAME)
    run(NAME, at=now + DAY)

    assert Model.objects.count() == 4
    assert PurgeApproval.objects.get().count == 4


def test_a_rule_that_waits_ends_nothing(models, run, now):
    RetentionRule(register="models", days=30, basis="new", why="so").save(now=now - DAY)

    assert run(NAME)["changed"] == 0


def test_where_one_of_the_first_few_fails_the_rule_has_not_begun(rule, run, now, monkeypatch):
    carry_out, broken = purging.apply_fate, Model.objects.order_by("id").first().pk

    def end(records, **options):
        if broken in {record.pk for record in records}:
            raise ValueError("cannot be ended")
        return carry_out(records, **options)

    monkeypatch.setattr(purging, "apply_fate", end)
    assert run(NAME)["failed"] == 1
    assert RetentionRule.objects.get().begun_at is None
    monkeypatch.setattr(purging, "apply_fate", carry_out)

    assert run(NAME, at=now + DAY)["changed"] == 2
    assert RetentionRule.objects.get().begun_at == now + DAY


def test_what_a_hold_keeps_is_not_among_the_first_few(rule, models, run, now):
    for model in models[:3]:
        model.hold_reason = "court"
    writer.save(*models[:3], now=now)

    assert run(NAME)["changed"] == 2
    assert {model.name for model in Model.objects} == {"model 0", "model 1", "model 2", "model 5"}


def test_a_dry_run_tells_of_the_first_few_and_begins_nothing(rule, run):
    assert run(NAME, dry_run=True)["would_change"] == 2

    assert RetentionRule.objects.get().begun_at is None


def test_days_in_quarantine_are_those_that_are_ruled(rule, run, now):
    PurgeLimit(percent=10, days=30, why="longer").save(now=now - DAY)

    run(NAME)

    assert QuarantinedRecord.objects.first().until == now + 30 * DAY


@pytest.mark.parametrize(("percent", "gone"), [(50, 4), (20, 0)])
def test_the_brake_stops_at_the_share_that_is_ruled(declared, models, run, now, monkeypatch, percent, gone):
    monkeypatch.setattr(purge_approval, "LEAST", 3)
    writer.save(*(Model(name=f"new {n}", at=now) for n in range(4)), now=now)
    for model in models[:4]:
        model.at = now - 400 * DAY
    writer.save(*models[:4], now=now)
    approved(PurgeLimit(percent=percent, days=14, why="so").save(now=now - DAY), now - DAY)

    assert run(NAME)["changed"] == gone
