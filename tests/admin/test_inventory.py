"""The page Data inventory: read by those who answer for data, taken out by fewer."""

import pytest

from records.declaration.registry import registered
from security.permissions import Role
from tests.factories import MORNING, NoticeFactory, ThirdPartyFactory

PAGE = "/admin/inventory/"


@pytest.fixture
def officer(signed_in, actor):
    return signed_in(Role.COMPLIANCE)


@pytest.mark.clause("R4", "R6", "R8")
def test_every_field_stands_there_with_why_for_whom_and_how_long(officer):
    page = officer.get(PAGE).text

    users = page.split(">Users</h2>")[1].split("</table>")[0]
    assert "To reach them about their project." in users
    assert "Contract with the person" in users
    assert "3 years after: Relation ended" in users
    assert "Encrypted" in users
    assert page.count('<th scope="row" role="rowheader">') >= sum(
        len(kind.personal()) for kind in registered()
    )


@pytest.mark.clause("R6")
def test_the_place_of_storage_is_stated_once_it_is_set(officer, app, monkeypatch):
    assert "Not stated yet" in officer.get(PAGE).text

    monkeypatch.setitem(app.config, "STORAGE_LOCATION", "Server room 2, Shanghai")

    assert "Server room 2, Shanghai" in officer.get(PAGE).text
    assert "Server room 2, Shanghai" in officer.get(f"{PAGE}inventory.csv").text


@pytest.mark.clause("R21", "R105")
def test_controllers_recipients_and_conditions_of_sharing_stand_there(officer):
    NoticeFactory().publish(MORNING)
    party = ThirdPartyFactory(agreement=None, location="Suzhou")

    page = officer.get(PAGE).text

    assert "Nine Rivers Design, privacy@design.example" in page
    assert party.name in page
    assert "There is no non-disclosure agreement" in page
    assert "has consented in writing" in page


@pytest.mark.clause("R105")
def test_it_is_taken_out_as_a_table_and_that_is_in_the_history(officer, database):
    lines = officer.get(f"{PAGE}inventory.csv").text.splitlines()

    assert lines[0].startswith("\ufeffRegister,Field,Kind of data,Why it is asked")
    assert len(lines) == 1 + sum(len(kind.personal()) for kind in registered())
    assert database.audit.count_documents({"reason": "inventory.csv"}) == 1


@pytest.mark.parametrize("role", list(Role))
def test_who_answers_for_data_reads_it_and_fewer_take_it_out(signed_in, role):
    browser = signed_in(role)

    assert browser.get(PAGE).status_code == (403 if role is Role.STAFF else 200)
    assert browser.get(f"{PAGE}inventory.csv").status_code == (
        200 if role in {Role.COMPLIANCE, Role.AUDITOR} else 403
    )


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW"])
def test_it_is_read_in_every_language(officer, language):
    officer.send("/language", {"language": language})

    assert officer.get(PAGE).status_code == 200
