"""Each role signs in with a real browser and does what it is here for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import jobs
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.storage import writer
from security.actor import Actor
from security.permissions import Role

Enter = Callable[..., object]
Picture = Callable[[str], Path]


@pytest.fixture
def li(actor: Actor, database: object) -> User:
    user = User(name="李小明", phone="+86 138 0013 8000", email="li@example.com")
    return user.save()


@pytest.fixture
def overdue(li: User) -> Complaint:
    now = datetime.now(UTC)
    late = Complaint(content="椅子壞了", user=li, created_at=now - timedelta(days=60))
    early = Complaint(content="門關不上", user=li, created_at=now)
    writer.save(late, early)
    return late


@pytest.mark.clause("R48", "R79")
def test_staff_record_what_a_user_said_and_find_it_again(
    page: Page, enter: Enter, picture: Picture, li: User
) -> None:
    enter(page, Role.STAFF)
    page.get_by_role("link", name="Feedback").first.click()
    page.get_by_role("link", name="New").click()
    page.get_by_label("In the user's words").fill("客廳的燈太暗,希望可以換亮一點的。")
    page.get_by_label("Kind").select_option(label="Feature suggestion")
    page.get_by_role("combobox", name="User").fill(li.number)
    page.get_by_role("option", name=li.number).click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("has been stored")).to_be_visible()
    expect(page.get_by_text("客廳的燈太暗").first).to_be_visible()

    page.get_by_role("link", name="Feedback").first.click()
    page.get_by_role("searchbox").fill("客厅 灯")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="客廳的燈太暗")).to_be_visible()
    picture("found again in the other script")


def test_a_supervisor_finds_what_is_overdue_and_gives_it_to_somebody(
    page: Page, enter: Enter, account: Callable, picture: Picture, overdue: Complaint
) -> None:
    account(Role.STAFF, name="周雨桐")
    enter(page, Role.SUPERVISOR)
    page.locator("main").get_by_role("link", name="Overdue tickets").click()
    picture("the overdue")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name=overdue.number).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("combobox", name="Assignee").fill("周雨")
    page.get_by_role("option", name="周雨桐").click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("周雨桐").first).to_be_visible()


@pytest.mark.clause("R24")
def test_a_compliance_officer_has_a_person_deleted_and_watches_it_done(
    page: Page, enter: Enter, picture: Picture, overdue: Complaint, li: User
) -> None:
    enter(page, Role.COMPLIANCE)
    page.goto(page.url + f"users/details/?id={li.pk}")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Request deletion").click()
    page.get_by_label("Reason").or_(page.get_by_label("Why this person")).last.fill("Asked for by e-mail")
    picture("why")
    page.get_by_role("button", name="Yes, go ahead").or_(
        page.get_by_role("button", name="Request deletion")
    ).last.click()
    page.get_by_role("link", name="Deletion requests").click()
    expect(page.get_by_role("row", name=li.number)).to_be_visible()
    jobs.run_now("carry-out-erasures")  # else one waits for the next full minute
    page.reload()
    picture("done")

    assert DeletionRequest.objects.get(user=li.pk).state == "done"
    assert User.objects(pk=li.pk).count() == 0
    page.goto(page.url.split("/admin/")[0] + f"/admin/complaints/details/?id={overdue.pk}")
    expect(page.get_by_text("(erased)").first).to_be_visible()
    expect(page.get_by_text("Erased").first).to_be_visible()


@pytest.mark.clause("R100")
def test_an_auditor_reads_who_changed_what_and_can_change_nothing(
    page: Page, enter: Enter, picture: Picture, overdue: Complaint
) -> None:
    overdue.priority = "urgent"
    overdue.save(reason="The user called again")
    enter(page, Role.AUDITOR)
    page.get_by_role("link", name="Complaints").first.click()
    page.get_by_role("link", name=overdue.number).click()
    picture("history")

    expect(page.get_by_text("The user called again")).to_be_visible()
    expect(page.get_by_text("Lin Mei").first).to_be_visible()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_an_administrator_has_a_job_run_now(
    page: Page, enter: Enter, picture: Picture, overdue: Complaint, running_jobs: None
) -> None:
    enter(page, Role.ADMIN)
    page.get_by_role("link", name="Jobs").click()
    page.locator("#run-flag-overdue").click()
    for _try in range(100):
        overdue.reload()
        if overdue.overdue_at:
            break
        page.wait_for_timeout(200)
    page.reload()
    picture("jobs")

    assert overdue.overdue_at is not None


def test_two_people_edit_one_complaint_and_nothing_is_lost(
    page: Page, enter: Enter, picture: Picture, overdue: Complaint
) -> None:
    enter(page, Role.STAFF)
    page.goto(page.url + f"complaints/edit/?id={overdue.pk}")
    other = Complaint.objects.get(pk=overdue.pk)
    other.topic = "Chair"
    other.save()

    page.get_by_label("Topic").fill("Stool")
    page.get_by_role("button", name="Save").click()
    picture("both versions")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Both of you")
    page.locator("input[name=choice-topic][value=mine]").check()
    page.get_by_role("button", name="Save my choice").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert Complaint.objects.get(pk=overdue.pk).topic == "Stool"
