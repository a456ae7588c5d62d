"""What is to be looked at again is told to who looks at it, in time and not every day."""

from datetime import timedelta

import pytest
from bson import ObjectId

from documents.privacy.data_recall import DataRecall, RecallReason
from documents.privacy.third_party import ThirdParty
from documents.work.notification import Notification, NotificationKind
from jobs.remind_reviews import AGAIN
from records.legal_hold import LegalHold
from tests.factories import ThirdPartyFactory

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
NAME = "remind-reviews"


@pytest.mark.parametrize(("left", "told"), [(timedelta(0), 1), (JUST, 0)])
def test_a_hold_is_told_of_when_its_day_has_come(complain, run, now, left, told):
    complain().hold(now - DAY, "lawsuit 12", review_at=now + left)

    run(NAME)

    assert Notification.objects(occasion=NotificationKind.REVIEW_DUE).count() == told


@pytest.mark.parametrize("named", [True, False])
def test_its_reviewer_is_told_or_else_the_compliance_officers(complain, run, now, named):
    reviewer = ObjectId()
    complain().hold(now - DAY, "lawsuit 12", reviewer=reviewer if named else None, review_at=now)

    run(NAME)

    notice = Notification.objects.get()
    assert (notice.to, notice.to_role) == (([reviewer], None) if named else ([], "compliance"))


@pytest.mark.parametrize(("later", "times"), [(AGAIN - JUST, 1), (AGAIN, 2)])
def test_who_does_not_move_the_date_is_told_again_after_a_month(complain, run, now, later, times):
    complain().hold(now - DAY, "lawsuit 12", review_at=now)
    run(NAME)

    run(NAME, at=now + later)

    assert Notification.objects.count() == times


def test_a_released_hold_is_not_told_of(complain, run, now):
    complain().hold(now - DAY, "lawsuit 12", review_at=now)
    LegalHold.objects.get().release(now, "settled")

    assert run(NAME)["examined"] == 0


@pytest.mark.clause("R20", "R102")
@pytest.mark.parametrize("ends", ["agreement_until", "next_assessment_at"])
@pytest.mark.parametrize(("left", "told"), [(30 * DAY, 1), (30 * DAY + JUST, 0)])
def test_agreements_and_assessments_are_told_of_a_month_ahead(run, now, ends, left, told):
    party = ThirdPartyFactory(now=now - DAY)
    setattr(party, ends, now + left)
    party.save(now=now)

    run(NAME)

    assert Notification.objects(label=party.name).count() == told
    assert ThirdParty.objects.get().reminded_at == (now if told else None)


@pytest.mark.clause("R20")
@pytest.mark.parametrize(("past", "told"), [(JUST, 1), (timedelta(0), 0)])
@pytest.mark.parametrize("answered", [False, True])
def test_a_recall_that_nobody_answers_in_time_is_told_of(run, now, past, told, answered):
    recall = DataRecall(
        user=ObjectId(),
        user_number="U-000001",
        third_party=ObjectId(),
        why=RecallReason.ERASED,
        answer_by=now - past,
    ).save(now=now - 20 * DAY)
    if answered:
        recall.acknowledge(now - DAY, "certificate 7")

    run(NAME)

    assert Notification.objects(occasion=NotificationKind.RECALL_OVERDUE).count() == told * (not answered)
