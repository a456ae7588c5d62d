"""Whoever has to act by a day that a record names is told, whatever kind of record it is."""

from datetime import timedelta

import pytest
from bson import ObjectId

from documents.service.corrective_action import CorrectiveAction
from documents.service.price import Currency
from documents.service.review import Review
from documents.tickets.refund import Refund
from documents.work.notification import Notification, NotificationKind
from records.declaration.registry import registered
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import HelpFactory, PriceFactory, StandardFactory

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
NAME = "remind-reviews"
ANN = Actor("staff:ann", "Ann", frozenset(Role))
SUE = Actor("staff:sue", "Sue", frozenset(Role))


def told() -> list[tuple[str, str]]:
    return [(one.occasion, one.label) for one in Notification.objects]


@pytest.mark.clause("R38", "R39", "R41")
@pytest.mark.parametrize("factory", [PriceFactory, StandardFactory, HelpFactory])
@pytest.mark.parametrize(("left", "times"), [(-JUST, 1), (timedelta(0), 0)])
def test_an_edition_is_looked_at_again_on_its_day(run, now, factory, left, times):
    edition = factory(review_at=now + left)
    with act_as(SUE):
        edition.approve(now - DAY)

    run(NAME)

    assert told() == [(NotificationKind.REVIEW_DUE, edition.number)] * times
    assert all(one.to_role == Role.SUPERVISOR for one in Notification.objects)


def test_a_draft_and_what_was_replaced_are_nobodys_care(run, now):
    price = PriceFactory(review_at=now - DAY)
    run(NAME)
    with act_as(SUE):
        price.approve(now - 2 * DAY)
        price.revise(now - 2 * DAY)
    with act_as(ANN):
        type(price).objects.get(state="draft").approve(now - DAY)

    run(NAME)

    assert told() == []


@pytest.mark.clause("R70")
@pytest.mark.parametrize(("left", "times"), [(7 * DAY - JUST, 1), (7 * DAY, 0)])
@pytest.mark.parametrize("named", [True, False])
def test_a_review_is_told_a_week_ahead_to_its_owner_or_else_to_supervisors(run, now, left, times, named):
    owner = ObjectId() if named else None
    Review(name="Prices", subject="prices", owner=owner, due_at=now + left).save(now=now)

    run(NAME)

    assert told() == [(NotificationKind.REVIEW_DUE, "Prices")] * times
    expected = ([owner], None) if named else ([], "supervisor")
    assert {(tuple(one.to), one.to_role) for one in Notification.objects} <= {
        (tuple(expected[0]), expected[1])
    }


@pytest.mark.clause("R70")
@pytest.mark.parametrize(("later", "times"), [(7 * DAY - JUST, 1), (7 * DAY, 2)])
def test_whoever_is_late_with_a_measure_is_told_every_week(run, now, later, times):
    CorrectiveAction(what="Answer within a day.", owner=ObjectId(), due_at=now - DAY).save(now=now)
    run(NAME)

    run(NAME, at=now + later)

    assert told() == [(NotificationKind.OVERDUE, "Answer within a day.")] * times


def test_what_is_done_is_told_no_more(run, now):
    CorrectiveAction(what="Answer within a day.", owner=ObjectId(), due_at=now - DAY).save(now=now)
    CorrectiveAction.objects.get().finish(now, "Done.")

    run(NAME)

    assert told() == []


@pytest.mark.clause("R40")
@pytest.mark.parametrize(("past", "times"), [(JUST, 1), (timedelta(0), 0)])
def test_a_refund_that_is_not_paid_in_time_is_told(run, now, complain, user, past, times):
    complaint = complain(user=user)
    complaint.ask_refund(now - 7 * DAY - past, "100", Currency.CNY, "Late.")
    with act_as(SUE):
        Refund.objects.get().approve(now - 7 * DAY - past)

    run(NAME)

    assert told() == [(NotificationKind.OVERDUE, Refund.objects.get().number)] * times


def test_every_kind_that_asks_for_it_is_looked_at(run, now):
    asked = {kind.collection_name() for kind in registered() if kind.policy.remind}

    assert {"prices", "service_standards", "help_articles", "reviews", "measures", "refunds"} <= asked
