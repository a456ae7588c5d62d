"""The page on why people complain."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from documents.service.corrective_action import CorrectiveAction
from documents.tickets.complaint import Complaint
from security.permissions import Role
from tests.plugins.client import PanelClient


@pytest.fixture
def eve(signed_in, actor) -> PanelClient:
    for _one in range(3):
        Complaint(content="It hums.", cause="design").save(now=datetime.now(UTC) - timedelta(days=100))
    return signed_in(Role.SUPERVISOR)


@pytest.mark.clause("R69")
def test_a_supervisor_sees_root_causes_and_which_of_them_nobody_minds(eve):
    page = eve.get("/admin/causes/").text

    assert "Design of the product" in page
    assert "nothing is done about it yet" in page
    (address,) = re.findall(r'href="(/admin/complaints/\?cause=design[^"]*)"', page)
    assert len(re.findall(r'<tr role="row">', eve.get(html.unescape(address)).text)) == 1 + 3


@pytest.mark.clause("R69")
def test_it_leads_to_the_measures_against_a_cause(eve):
    CorrectiveAction(
        how="fix", what="A quieter fan.", owner=eve.staff.pk, due_at=datetime.now(UTC), cause="design"
    ).save(now=datetime.now(UTC))

    assert 'href="/admin/measures/?cause=design"' in eve.get("/admin/causes/").text


@pytest.mark.parametrize(("days", "shown"), [("90", False), ("365", True)])
def test_the_stretch_of_time_is_chosen(eve, days, shown):
    assert ("Design of the product" in eve.get(f"/admin/causes/?days={days}").text) is shown


def test_a_stretch_there_is_not_is_refused(eve):
    assert eve.get("/admin/causes/?days=7").status_code == 400
