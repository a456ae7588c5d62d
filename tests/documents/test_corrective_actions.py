"""What is done better because of a ticket, and how far it has come."""

from datetime import timedelta

import pytest

import runtime
from documents.service.corrective_action import CorrectiveAction, MeasureKind, MeasureState
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from records.declaration.actions import ActionRefused
from security.keyring import Keyring

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def keyring(database, actor):
    runtime.configure(keyring=Keyring.new())


@pytest.fixture
def owner(now):
    return Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save(now=now)


@pytest.fixture
def measure(now, owner):
    def measure(how, kind=Feedback, **facts) -> CorrectiveAction:
        ticket = kind(**{kind.original: "It sticks."}, **facts).save(now=now)
        ticket.improve(now, how, "Make it slide.", owner.pk, now + 30 * DAY)
        return CorrectiveAction.objects.get(number=ticket.number)

    return measure


def stored(one):
    return type(one).objects.get(pk=one.pk)


@pytest.mark.clause("R53", "R69")
@pytest.mark.parametrize("kind", [Complaint, Feedback])
@pytest.mark.parametrize("how", MeasureKind)
def test_what_is_done_better_has_a_way_an_owner_a_due_date_and_its_root_cause(measure, owner, now, kind, how):
    one = measure(how, kind, cause="design")

    assert (one.how, one.owner, one.due_at, one.cause) == (how, owner.pk, now + 30 * DAY, "design")
    assert (one.state, one.what) == (MeasureState.OPEN, "Make it slide.")
    assert one.ticket == kind.objects.get().pk


@pytest.mark.clause("R53")
@pytest.mark.parametrize("how", MeasureKind)
def test_feedback_is_dealt_with_in_the_way_that_is_chosen(measure, how):
    measure(how)

    assert Feedback.objects.get().way == how


@pytest.mark.clause("R53")
def test_a_feature_is_assessed_then_planned_for_a_version_and_then_done(measure, now):
    one = measure(MeasureKind.PRODUCT_PLAN)

    with pytest.raises(ActionRefused, match="assessed and planned"):
        one.finish(now + DAY, "It slides.")
    assert stored(one).state == MeasureState.OPEN

    one.plan(now + DAY, "Half a week of work; many ask for it.", "4.2", now + 90 * DAY)
    assert (stored(one).planned_for, stored(one).due_at) == ("4.2", now + 90 * DAY)
    one.finish(now + 80 * DAY, "It slides.")
    assert (stored(one).state, stored(one).outcome) == (MeasureState.DONE, "It slides.")


@pytest.mark.clause("R53")
def test_a_feature_that_is_not_worth_it_is_given_up_with_the_reason(measure, now):
    one = measure(MeasureKind.PRODUCT_PLAN)

    one.drop(now + DAY, "Two people in five years asked for it.")

    assert (stored(one).state, stored(one).planned_for) == (MeasureState.DROPPED, None)


@pytest.mark.clause("R53")
def test_a_training_is_done_once_somebody_was_trained(measure, owner, now):
    one = measure(MeasureKind.TRAINING)

    with pytest.raises(ActionRefused, match="were trained"):
        one.finish(now + DAY, "Half a day.")

    one.concerned = [owner.pk]
    one.finish(now + DAY, "Half a day.")
    assert stored(one).concerned == [owner.pk]


@pytest.mark.parametrize("how", [MeasureKind.FIX, MeasureKind.PROCESS])
def test_whatever_else_is_done_with_a_word(measure, now, how):
    one = measure(how)

    one.finish(now + DAY, "Done.")

    assert stored(one).state == MeasureState.DONE
