"""A restriction in the panel: everybody sees it, and what is personal is not taken out."""

from datetime import UTC, datetime
from html import unescape

import pytest

from documents.people.user import User
from documents.privacy import restriction
from documents.privacy.statutory_deadline import Law
from documents.privacy.subject_request import Right, SubjectRequest
from documents.tickets.complaint import Complaint
from records.declaration.record import Governed
from security.permissions import Role
from tests.factories import ComplaintFactory, ConsentFactory, FeedbackFactory, UserFactory


@pytest.fixture
def user(app, actor) -> User:
    user = UserFactory(name="李小明")
    ComplaintFactory(user=user, contact_name="李小明")
    return user


def restrict(browser, user: User) -> None:
    answer = browser.send(
        f"/admin/users/do/restrict/?id={user.pk}", {"confirmed": "1", "reason": "The address is in dispute"}
    )
    assert answer.status_code == 302


def page_of(record: Governed) -> str:
    return f"/admin/{record.collection_name()}/details/?id={record.pk}"


def read(browser, page: str) -> str:
    return unescape(browser.get(page).text)


@pytest.mark.clause("R9", "R105")
def test_whoever_opens_the_page_is_told_and_compliance_lifts_it(user, signed_in):
    page = f"/admin/users/details/?id={user.pk}"
    officer = signed_in(Role.COMPLIANCE)
    assert restriction.WHY not in read(officer, page)
    restrict(officer, user)

    shown = read(signed_in(Role.STAFF), page)
    assert restriction.WHY in shown
    assert "The address is in dispute" in shown

    signed_in(Role.COMPLIANCE).send(f"/admin/users/do/lift/?id={user.pk}", {"why": "Put right", "told": "1"})
    assert restriction.WHY not in read(signed_in(Role.STAFF), page)


@pytest.fixture
def records(user, now) -> list[Governed]:
    """One of each of several kinds about the person."""
    consent = ConsentFactory(user=user)
    asked = SubjectRequest(user=user.pk, right=Right.KNOW, profiles=[Law.PIPL]).save(now=now)
    return [Complaint.objects.first(), FeedbackFactory(user=user), consent, asked]


@pytest.mark.clause("R9")
def test_it_stands_on_every_record_of_the_person_and_on_nobody_elses(user, records, signed_in):
    other = ComplaintFactory(user=UserFactory(name="韩梅梅"))
    before = {
        record.collection_name(): read(signed_in(Role.COMPLIANCE), page_of(record)) for record in records
    }
    user.restrict(datetime.now(UTC), "The address is in dispute")

    officer = signed_in(Role.COMPLIANCE)

    assert [name for name, page in before.items() if restriction.WHY in page] == []
    for record in records:
        page = read(officer, page_of(record))
        assert (restriction.WHY in page, "The address is in dispute" in page) == (True, True)
        assert f'<a href="/admin/users/details/?id={user.pk}">Open the person</a>' in page
    assert restriction.WHY not in read(officer, page_of(other))


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPERVISOR])
def test_others_neither_restrict_nor_lift(user, signed_in, role):
    answer = signed_in(role).send(
        f"/admin/users/do/restrict/?id={user.pk}", {"confirmed": "1", "reason": "I say so"}
    )

    assert answer.status_code == 403
    assert User.objects.first().restricted_at is None


@pytest.mark.parametrize("register", ["users", "complaints"])
def test_what_is_personal_is_not_taken_out_and_the_rest_is(user, signed_in, register):
    UserFactory(name="韩梅梅")
    user.restrict(datetime.now(UTC), "In dispute")
    officer, name = signed_in(Role.COMPLIANCE), "name" if register == "users" else "contact_name"
    address = f"/admin/{register}/export/"

    refused = officer.send(address, {"form": "csv", "columns": ["number", name], "reason": "A campaign"})
    allowed = officer.send(address, {"form": "csv", "columns": ["number"]})

    assert (refused.status_code, "are restricted" in refused.text) == (422, True)
    assert "李小明" not in refused.text
    assert (allowed.status_code, allowed.mimetype) == (200, "text/csv")
