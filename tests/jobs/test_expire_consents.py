"""Consents lapse at the end of their time, and somebody is told in time to ask again."""

from datetime import timedelta

import pytest
from bson import ObjectId

from documents.privacy.consent import Consent, ConsentState
from documents.work.notification import Notification, NotificationKind
from tests.factories import ConsentFactory, UserFactory

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


@pytest.mark.clause("R17")
@pytest.mark.parametrize(("past", "state"), [(-JUST, "given"), (timedelta(0), "expired"), (JUST, "expired")])
def test_a_consent_lapses_at_the_end_of_its_time(run, now, past, state):
    ConsentFactory(valid_until=now - past, now=now - DAY)

    run("expire-consents")

    consent = Consent.objects.get()
    assert consent.state == state
    assert consent.ended_at == (now if state == "expired" else None)


def test_a_consent_without_an_end_stays(run, now):
    ConsentFactory(now=now - 9000 * DAY)

    assert run("expire-consents")["examined"] == 0


def test_what_was_withdrawn_does_not_lapse(run, now):
    ConsentFactory(valid_until=now - DAY, now=now - 9 * DAY).withdraw(now - 2 * DAY)

    run("expire-consents")

    assert Consent.objects.get().state == ConsentState.WITHDRAWN


@pytest.mark.parametrize(("left", "told"), [(30 * DAY, 1), (30 * DAY + JUST, 0)])
def test_a_month_before_the_end_somebody_is_told(run, now, left, told):
    ConsentFactory(valid_until=now + left, now=now - DAY)

    run("expire-consents")

    assert Notification.objects(occasion=NotificationKind.CONSENT_EXPIRING).count() == told


@pytest.mark.parametrize("has_manager", [True, False])
def test_the_account_manager_is_told_or_else_the_supervisors(run, now, has_manager):
    manager = ObjectId()
    user = UserFactory(account_manager=manager if has_manager else None)
    ConsentFactory(user=user, valid_until=now + DAY, now=now - DAY)

    run("expire-consents")

    notice = Notification.objects.get()
    assert (notice.to, notice.to_role) == (([manager], None) if has_manager else ([], "supervisor"))
    assert notice.label == f"{user.number}, marketing"
    assert user.name not in str(notice.to_mongo())


def test_nobody_is_told_twice_of_one_end_and_again_of_the_next(run, now):
    consent = ConsentFactory(valid_until=now + DAY, now=now - DAY)
    run("expire-consents")
    run("expire-consents")
    assert Notification.objects.count() == 1

    Consent.objects.get(pk=consent.pk).renew(now, "form 2", until=now + 2 * DAY)
    run("expire-consents")

    assert Notification.objects.count() == 2
