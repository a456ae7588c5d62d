"""Legal times of a person's request: who answers it is told before they are over, and when they are."""

from datetime import timedelta

import pytest

from documents.privacy.statutory_deadline import Law
from documents.privacy.subject_request import IdentityCheck, Right, SubjectRequest
from documents.staff.staff import Staff
from documents.work.notification import Notification
from security.permissions import Role

SECOND = timedelta(seconds=1)


@pytest.fixture
def officer() -> Staff:
    return Staff(name="Lin Mei", email="lin@steward.example", roles=[Role.COMPLIANCE.value]).save()


@pytest.fixture
def request_(officer, now) -> SubjectRequest:
    """One under GB/T 35273, which gives thirty days."""
    return SubjectRequest(right=Right.KNOW, profiles=[Law.GBT], assignee=officer).save(now=now)


def told(officer: Staff) -> list[str]:
    return [str(one.occasion) for one in Notification.objects(to=officer.pk).order_by("created_at", "id")]


@pytest.mark.clause("R9", "R105")
def test_the_officer_is_told_as_a_legal_time_passes(request_, officer, run, now):
    for days, occasions in ((22.5, ["due-soon"]), (30, ["due-soon", "overdue"])):
        run("escalate", now + timedelta(days=days))
        assert told(officer) == occasions[:-1]
        run("escalate", now + timedelta(days=days) + SECOND)
        assert told(officer) == occasions


def test_what_is_answered_reminds_nobody(request_, officer, run, now):
    request_.identify(now, IdentityCheck.IN_PERSON, "")
    request_.close(now, "Here it is.", granted=True)

    run("escalate", now + timedelta(days=40))

    assert told(officer) == []


def test_an_extension_moves_the_reminder(officer, run, now):
    request = SubjectRequest(right=Right.KNOW, profiles=[Law.GDPR], assignee=officer).save(now=now)
    request.extend(now, "It is a lot.")

    run("escalate", now + timedelta(days=40))
    assert told(officer) == []

    run("escalate", now + timedelta(days=90) * 0.75 + SECOND)
    assert told(officer) == ["due-soon"]
