"""What personal data is taken out for: whoever has not consented to a use that needs it is left out (R17)."""

from datetime import UTC, datetime, timedelta

import pytest

from records.declaration.purpose import NEED_CONSENT, Purpose
from records.storage.audit import AuditEntry
from security.permissions import Role
from tests.factories import ComplaintFactory, ConsentFactory, UserFactory

NOW, DAY = datetime.now(UTC), timedelta(days=1)
PAGE = "/admin/users/export/"
FORM = {"form": "csv", "columns": ["number", "email"], "reason": "the spring letter"}


@pytest.fixture
def officer(signed_in, actor):
    return signed_in(Role.COMPLIANCE)


@pytest.fixture
def people(app, actor):
    """Two persons, of whom the first has consented to each use that needs it."""
    people = [UserFactory() for _ in range(2)]
    for purpose in NEED_CONSENT:
        ConsentFactory(user=people[0], purpose=purpose, now=NOW - DAY)
    return people


@pytest.mark.clause("R7", "R17")
@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.SHARING])
def test_only_who_has_consented_is_taken_out_for_a_use_that_needs_it(officer, people, purpose):
    answer = officer.send(PAGE, {**FORM, "purpose": purpose.value})

    assert people[0].email in answer.text
    assert (people[1].email in answer.text) == (purpose not in NEED_CONSENT)


@pytest.mark.clause("R17")
def test_a_consent_that_was_taken_back_counts_no_longer(officer, people):
    ConsentFactory(user=people[1], now=NOW - 2 * DAY).withdraw(NOW - DAY)

    assert people[1].email not in officer.send(PAGE, {**FORM, "purpose": "marketing"}).text


@pytest.mark.clause("R17")
def test_records_about_a_person_go_by_their_consent_and_nobodys_stay(officer, people):
    for user, phone in ((people[0].pk, "111"), (people[1].pk, "222"), (None, "333")):
        ComplaintFactory(user=user, contact_phone=f"1380013800{phone}")
    form = {**FORM, "columns": ["number", "contact_phone"], "purpose": "research"}

    answer = officer.send("/admin/complaints/export/", form)

    assert [one for one in ("111", "222", "333") if f"1380013800{one}" in answer.text] == ["111"]


@pytest.mark.clause("R18", "R21")
def test_sharing_is_no_purpose_of_an_export(officer, people):
    page = officer.get(PAGE).text

    assert 'value="marketing"' in page
    assert 'value="sharing"' not in page


def test_without_personal_columns_nobody_is_left_out(officer, people):
    answer = officer.send(PAGE, {"form": "csv", "columns": ["number"], "purpose": "marketing"})

    assert all(one.number in answer.text for one in people)


def test_what_it_was_for_is_in_the_history(officer, people):
    officer.send(PAGE, {**FORM, "purpose": "marketing"})

    assert "Product and market information" in AuditEntry.objects(deed="export").first().reason
