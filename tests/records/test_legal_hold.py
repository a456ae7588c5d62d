"""Legal holds: what must be kept is kept, visibly, until the last hold is released."""

from datetime import timedelta

import pytest

import jobs
from documents.erasure.deletion_request import DeletionRequest, Progress
from documents.erasure.erase import without_hold
from documents.people.user import User
from records.declaration.actions import ActionRefused
from records.job_state import JobState
from records.legal_hold import REVIEW_AFTER, HoldState, LegalHold
from tests.factories import MORNING, ComplaintFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY = timedelta(days=1)


def again(record):
    return type(record).objects.get(pk=record.pk)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def complaint(user):
    return ComplaintFactory(user=user)


@pytest.mark.clause("R26")
def test_a_hold_says_what_why_who_and_when_it_is_looked_at_again(complaint, user):
    complaint.hold(MORNING, "lawsuit 12")

    hold = LegalHold.objects.get()
    assert (hold.name, hold.register, hold.person) == (complaint.number, "complaints", user.pk)
    assert (hold.reason, hold.placed_by, hold.state) == ("lawsuit 12", "Lin Mei", HoldState.IN_FORCE)
    assert hold.review_at == MORNING + REVIEW_AFTER
    assert again(complaint).hold_reason == "lawsuit 12"


def test_who_reviews_it_and_when_can_be_said(complaint, user):
    complaint.hold(MORNING, "lawsuit 12", reviewer=user.pk, review_at=MORNING + DAY)

    assert (LegalHold.objects.get().reviewer, LegalHold.objects.get().review_at) == (user.pk, MORNING + DAY)


@pytest.mark.parametrize("held", ["the record", "the person", "nothing"])
def test_a_hold_on_the_record_or_its_person_keeps_it(complaint, user, held):
    if held != "nothing":
        {"the record": complaint, "the person": user}[held].hold(MORNING, "lawsuit 12")

    assert bool(without_hold([again(complaint)])) == (held == "nothing")


def test_a_record_stays_held_until_its_last_hold_is_released(complaint):
    complaint.hold(MORNING, "lawsuit 12")
    again(complaint).hold(MORNING, "tax audit")
    first, second = LegalHold.objects.order_by("id")
    assert again(complaint).hold_reason == "lawsuit 12; tax audit"

    first.release(MORNING + DAY, "settled")
    assert again(complaint).hold_reason == "tax audit"
    second.release(MORNING + DAY, "over")

    assert again(complaint).hold_reason is None
    assert (again(first).state, again(first).release_reason) == (HoldState.RELEASED, "settled")


def test_releasing_on_the_record_releases_all_its_holds(complaint):
    complaint.hold(MORNING, "lawsuit 12")
    again(complaint).hold(MORNING, "tax audit")

    again(complaint).release(MORNING + DAY, "over")

    assert again(complaint).hold_reason is None
    assert {hold.state for hold in LegalHold.objects} == {HoldState.RELEASED}


def test_a_reason_that_came_with_no_hold_is_released_as_well(complaint):
    complaint.hold_reason = "from the earlier register"
    complaint.save(now=MORNING)

    again(complaint).release(MORNING, "over")

    assert again(complaint).hold_reason is None


def test_a_hold_is_released_once(complaint):
    complaint.hold(MORNING, "lawsuit 12")
    hold = LegalHold.objects.get()
    hold.release(MORNING, "over")

    with pytest.raises(ActionRefused):
        again(hold).release(MORNING, "over again")


@pytest.mark.clause("R24")
def test_what_a_hold_blocked_is_done_once_it_is_released(user, complaint):
    complaint.hold(MORNING, "lawsuit 12")
    user.request_deletion(MORNING, "asked by mail")
    jobs.run_now("carry-out-erasures", now=MORNING)
    assert DeletionRequest.objects.get().state == Progress.BLOCKED
    assert User.objects.count() == 1

    LegalHold.objects.get().release(MORNING, "settled")

    assert JobState.objects.get(name="carry-out-erasures").next_run_at <= MORNING
    jobs.run_now("carry-out-erasures", now=MORNING)
    assert DeletionRequest.objects.get().state == Progress.DONE
    assert User.objects.count() == 0
    assert LegalHold.objects.get().reason == "lawsuit 12"
