"""Reviews: rules are looked at again, what was found is kept, and the next look is planned."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.service.corrective_action import CorrectiveAction, MeasureState
from documents.service.review import Decision, Review, ReviewState, Subject
from documents.staff.staff import Staff
from records.declaration.actions import ActionRefused
from records.storage.writer import ImmutableField

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY = timedelta(days=1)


@pytest.fixture
def owner(now):
    return Staff(name="Ann", email="ann@steward.example", roles=["supervisor"]).save(now=now)


@pytest.fixture
def review(now, owner):
    return Review(
        name="Complaint rules", subject=Subject.COMPLAINT_RULES, owner=owner, due_at=now, every_months=6
    ).save(now=now)


@pytest.mark.clause("R70")
def test_closing_a_review_plans_the_next_in_the_same_moment(now, review, owner):
    review.close(now, "Two days are too long for price complaints.", Decision.KEEP)

    closed, planned = Review.objects.order_by("created_at", "id")
    assert (closed.state, closed.closed_by, closed.closed_at) == (ReviewState.CLOSED, "Lin Mei", now)
    assert (planned.state, planned.name, planned.subject) == ("planned", "Complaint rules", "complaint-rules")
    assert (planned.owner, planned.before) == (owner.pk, review.pk)
    assert planned.due_at == datetime(2030, 7, 1, tzinfo=UTC)


def test_the_next_is_planned_for_the_day_that_is_named(now, review):
    review.close(now, "All is well.", Decision.KEEP, now + 9 * DAY)

    assert Review.objects.get(state=ReviewState.PLANNED).due_at == now + 9 * DAY


@pytest.mark.parametrize("later", [timedelta(0), -DAY])
def test_the_next_lies_in_the_future(now, review, later):
    with pytest.raises(ActionRefused, match="future"):
        review.close(now, "All is well.", Decision.KEEP, now + later)

    assert Review.objects.get().state == ReviewState.PLANNED


@pytest.mark.parametrize(("months", "decision"), [(0, Decision.KEEP), (6, Decision.END)])
def test_nothing_is_planned_where_nothing_comes_after(now, review, months, decision):
    review.every_months = months

    review.close(now, "Nobody needs it.", decision)

    assert Review.objects.count() == 1


@pytest.mark.clause("R70")
def test_a_change_is_decided_only_with_a_measure_that_somebody_sees_to(now, review, owner):
    with pytest.raises(ActionRefused, match="add a measure"):
        review.close(now, "Too slow.", Decision.CHANGE)

    review.add_measure(now, "Answer within a day.", owner.pk, now + 30 * DAY)
    review.close(now, "Too slow.", Decision.CHANGE)

    measure = CorrectiveAction.objects.get()
    assert (measure.review, measure.owner, measure.state) == (review.pk, owner.pk, MeasureState.OPEN)


@pytest.mark.clause("R70")
@pytest.mark.parametrize(("verb", "state"), [("finish", MeasureState.DONE), ("drop", MeasureState.DROPPED)])
def test_a_measure_ends_with_what_came_of_it(now, review, owner, verb, state):
    review.add_measure(now, "Answer within a day.", owner.pk, now + 30 * DAY)

    getattr(CorrectiveAction.objects.get(), verb)(now + DAY, "The team was asked.")

    measure = CorrectiveAction.objects.get()
    assert (measure.state, measure.outcome, measure.done_at) == (state, "The team was asked.", now + DAY)


@pytest.mark.parametrize("field", ["name", "due_at", "findings", "every_months"])
def test_what_came_of_a_closed_review_never_changes_again(now, review, field):
    review.close(now, "All is well.", Decision.END)
    setattr(review, field, {"due_at": now + DAY, "every_months": 1}.get(field, "x"))

    with pytest.raises(ImmutableField):
        review.save(now=now)
