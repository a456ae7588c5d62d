"""Who rules how long records are kept, from when it holds, and who has a word in it."""

from datetime import timedelta

import pytest
from mongoengine import ValidationError

from documents.retention.four_eyes import ApprovalState
from documents.retention.purge_limit import LEAST_DAYS, MOST_PERCENT, SHIPPED, PurgeLimit, current_limits
from documents.retention.retention_in_force import effective_rules
from documents.retention.retention_rule import RetentionRule, keep_at
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification, NotificationKind
from records.declaration.actions import ActionRefused
from records.storage.writer import ImmutableField
from security.actor import Actor, act_as
from tests.factories import MORNING

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
OTHER = Actor("staff:other", "Bob")


def rule(now=MORNING, **facts):
    return RetentionRule(register="complaints", basis="Civil Code 188", why="counsel says so", **facts).save(
        now=now
    )


def approve(one, now=MORNING):
    with act_as(OTHER):
        one.approve(now, "right")


def years(at=MORNING):
    return next(one.keep.years for one in effective_rules(at) if one.kind is Complaint)


@pytest.mark.clause("R24", "R26")
def test_without_a_rule_the_declaration_holds():
    assert years() == 3
    assert all(one.rule is None for one in effective_rules(MORNING))


@pytest.mark.clause("R24", "R26")
def test_a_rule_that_keeps_longer_holds_at_once_and_names_its_basis():
    made = rule(years=5)

    assert (made.state, made.holds_from, made.proposer) == (ApprovalState.IN_FORCE, MORNING, "Lin Mei")
    keep = keep_at(Complaint, MORNING)
    assert (keep.years, keep.basis, keep.after) == (5, "Civil Code 188", "closed_at")
    assert Notification.objects.count() == 0


@pytest.mark.clause("R24", "R26")
def test_a_rule_that_ends_records_sooner_waits_for_a_second_person():
    made = rule(years=1)

    assert (made.state, years()) == (ApprovalState.WAITING, 3)
    told = Notification.objects(occasion=NotificationKind.RULE_WAITING)
    assert {one.to_role for one in told} == {"compliance", "admin"}
    with pytest.raises(ActionRefused, match="somebody else"):
        made.approve(MORNING, "I say so myself")

    approve(made, MORNING + DAY)

    assert (made.decider, made.holds_from, years(MORNING + DAY), years(MORNING)) == (
        "Bob",
        MORNING + DAY,
        1,
        3,
    )


@pytest.mark.parametrize(("days", "waits"), [(3 * 365 - 2, True), (3 * 365 + 2, False)])
def test_days_and_years_are_compared_by_what_they_end(days, waits):
    assert (rule(days=days).state == ApprovalState.WAITING) == waits


@pytest.mark.parametrize(("left", "holds"), [(timedelta(0), 5), (JUST, 3)])
def test_a_rule_holds_from_its_moment_on(left, holds):
    rule(years=5, valid_from=MORNING + DAY)

    assert years(MORNING + DAY - left) == holds


def test_a_moment_in_the_past_is_now():
    assert rule(years=5, valid_from=MORNING - 100 * DAY).holds_from == MORNING


def test_the_newest_takes_the_place_of_those_before_and_they_stay_as_history():
    rule(years=5)
    later = rule(years=6, now=MORNING + DAY)

    assert years(MORNING + DAY) == 6
    assert effective_rules(MORNING + DAY)[0].kind.policy.keep is not None
    assert RetentionRule.objects.count() == 2
    assert [one.number for one in RetentionRule.objects.order_by("created_at")] == ["RR-0001", later.number]


def test_what_shortens_is_told_by_the_rule_that_will_hold_then():
    rule(years=9, valid_from=MORNING + 10 * DAY)

    assert rule(years=5, valid_from=MORNING + 11 * DAY).state == ApprovalState.WAITING
    assert rule(years=5, valid_from=MORNING + 9 * DAY).state == ApprovalState.IN_FORCE


def test_what_is_not_approved_changes_nothing_and_is_decided_once():
    made = rule(years=1)

    made.refuse(MORNING, "a slip")

    assert (made.state, years()) == (ApprovalState.REFUSED, 3)
    with pytest.raises(ActionRefused, match="already"):
        approve(made)


def test_a_rule_is_never_edited():
    made = rule(years=5)
    made.years = 1

    with pytest.raises(ImmutableField):
        made.save(now=MORNING)


@pytest.mark.parametrize(
    "facts", [{}, {"years": 0, "days": 0}, {"years": 101}, {"days": -1}, {"years": 1, "basis": ""}]
)
def test_a_rule_says_how_long_and_by_which_law(facts):
    with pytest.raises(ValidationError):
        RetentionRule(**{"register": "complaints", "basis": "law", "why": "so", **facts}).save(now=MORNING)


def test_a_register_without_a_time_has_no_rule():
    with pytest.raises(ValidationError):
        RetentionRule(register="staff", years=1, basis="law", why="so").save(now=MORNING)


# -- Safeguards --------------------------------------------------------------------------------


def safeguard(percent, days):
    return PurgeLimit(percent=percent, days=days, why="after the inspection").save(now=MORNING)


@pytest.mark.parametrize(
    ("percent", "days", "waits"),
    [(10, 14, False), (5, 30, False), (11, 14, True), (10, 13, True)],
)
def test_what_guards_less_waits_for_a_second_person(percent, days, waits):
    made = safeguard(percent, days)

    assert (made.state == ApprovalState.WAITING) == waits
    assert current_limits(MORNING) == (SHIPPED if waits else made.guard())
    if waits:
        approve(made)
        assert current_limits(MORNING) == made.guard()


@pytest.mark.parametrize(
    ("percent", "days"),
    [(0, 14), (MOST_PERCENT + 1, 14), (10, LEAST_DAYS - 1), (10, 91), (None, 14), (10, None)],
)
def test_safeguards_have_bounds(percent, days):
    with pytest.raises(ValidationError):
        safeguard(percent, days)
