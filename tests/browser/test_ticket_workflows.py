"""Whole lives of tickets in a real browser: from intake to close, back to a second handler, to court."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.tickets.states import State
from security.actor import Actor
from security.permissions import Role
from tests.documents.test_attachments import PNG

Enter = Callable[..., object]
Picture = Callable[[str], Path]


@pytest.fixture
def li(actor: Actor, database: object) -> User:
    return User(name="李小明").save()


def stored() -> Complaint:
    return Complaint.objects.get()


def offered(page: Page, role: Literal["button", "link"], name: str) -> Locator:
    """What a record's page offers by that name; where it is in the menu, the menu is opened first."""
    found = page.get_by_role(role, name=name, exact=True)
    more = page.locator("main").get_by_text("More", exact=True)
    if not found.is_visible() and more.is_visible():
        more.click()
    return found


def press(page: Page, name: str) -> None:
    """Take a step that asks nothing."""
    offered(page, "button", name).click()
    expect(page.get_by_text(f"Done: {name}.")).to_be_visible()


def say(page: Page, name: str, words: str) -> None:
    """Take a step that asks one thing, in its dialogue."""
    offered(page, "button", name).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(words)
    dialog.get_by_role("button", name="Yes, go ahead").click()
    expect(page.get_by_text(f"Done: {name}.")).to_be_visible()


def fill(page: Page, name: str, **answers: str) -> None:
    """Take a step that asks several things, on its page."""
    offered(page, "link", name).click()
    for label, answer in answers.items():
        field = page.get_by_label(label.replace("_", " "))
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=answer)
        else:
            field.fill(answer)
    page.get_by_role("button", name=name, exact=True).click()


def done(page: Page, name: str) -> None:
    expect(page.get_by_text(f"Done: {name}.")).to_be_visible()


def is_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.clause("R45", "R50", "R61", "R63")
def test_a_complaint_goes_from_intake_to_close(
    page: Page, address: str, enter: Enter, picture: Picture, li: User, tmp_path: Path
) -> None:
    enter(page, Role.STAFF)
    page.goto(f"{address}/admin/complaints/new/")
    page.get_by_label("What went wrong").fill("客廳的燈一直響。")
    page.get_by_role("combobox", name="User").fill(li.number)
    page.get_by_role("option", name=li.number).click()
    page.get_by_role("button", name="Save").click()

    press(page, "Start screening")
    press(page, "Mark as assigned")
    press(page, "Investigate")
    say(page, "Add a note", "The workshop knows this lamp.")
    photograph = tmp_path / "lamp.png"
    photograph.write_bytes(PNG)
    offered(page, "link", "Add evidence").click()
    page.get_by_label("File").set_input_files(photograph)
    page.get_by_role("button", name="Add evidence").click()
    done(page, "Add evidence")
    fill(page, "Propose a solution", The_proposal="A new lamp.", Whose_doing_it_was="Ours")
    fill(page, "Record our answer", What_we_answered="The lamp is on its way.")
    fill(page, "User is satisfied", How_satisfied_they_are="Very satisfied")
    done(page, "User is satisfied")

    fill(page, "Close", How_it_ended="A new lamp hangs.", Root_cause="Defect or workmanship")
    expect(page.get_by_text("only with its measures")).to_be_visible()
    page.get_by_label("Measures taken").fill("The maker was told.")
    page.get_by_role("button", name="Close", exact=True).click()
    done(page, "Close")
    picture("closed")
    is_accessible(page)

    offered(page, "link", "Timeline").click()
    expect(page.get_by_text("The workshop knows this lamp.")).to_be_visible()
    expect(page.get_by_text("A new lamp hangs.")).to_be_visible()
    picture("timeline")
    is_accessible(page)
    assert (stored().state, stored().satisfaction) == (State.CLOSED, "very-satisfied")


@pytest.mark.clause("R52")
def test_who_is_not_satisfied_twice_gets_a_second_handler(
    page: Page, address: str, enter: Enter, account: Callable, picture: Picture, li: User
) -> None:
    ann = enter(page, Role.STAFF, name="Ann")
    account(Role.STAFF, name="Bob")
    ticket = Complaint(content="It hums.", user=li, state=State.ANSWERED, assignee=ann.pk).save()
    page.goto(f"{address}/admin/complaints/details/?id={ticket.pk}")

    fill(page, "User is not satisfied", Why_not="Still hums.")
    fill(page, "Look into it again", What_we_do_differently="A new lamp.", Root_cause="Defect or workmanship")
    fill(page, "Record our answer", What_we_answered="A new lamp was sent.")
    fill(page, "User is not satisfied", Why_not="Hums again.")

    fill(page, "Look into it again", What_we_do_differently="Another maker.")
    expect(page.get_by_text("not satisfied 2 times: please choose another handler")).to_be_visible()
    picture("another handler is asked for")
    page.get_by_role("combobox", name="Another handler").fill("Bob")
    page.get_by_role("option", name="Bob").click()
    page.get_by_role("button", name="Look into it again").click()
    done(page, "Look into it again")

    assert (stored().cycle, stored().state) == (3, State.INVESTIGATING)
    assert stored().assignee != ann.pk


@pytest.mark.clause("R68")
def test_a_dispute_goes_from_negotiation_to_court(
    page: Page, address: str, enter: Enter, picture: Picture, li: User
) -> None:
    ticket = Complaint(content="It hums.", user=li, state=State.DISSATISFIED).save()
    enter(page, Role.SUPERVISOR)
    page.goto(f"{address}/admin/complaints/details/?id={ticket.pk}")

    say(page, "Negotiate", "With both, about the floor below.")
    fill(page, "To arbitration", Before_which_arbitrators="Chinese Arbitration Association, Taipei")
    done(page, "To arbitration")
    fill(page, "Record the case number", Case_number="115 Arb 7")
    done(page, "Record the case number")
    court = {"Before_which_court": "Taipei District Court", "Case_number": "115 Su 1234"}
    fill(page, "To court", **court, How_the_arbitration_ended="Not heard")
    done(page, "To court")
    ending = {"Root_cause": "Communication", "Measures_taken": "A call first."}
    fill(
        page, "Close", How_it_ended="Settled before the court.", How_the_proceedings_ended="Settled", **ending
    )
    done(page, "Close")
    picture("after the dispute")
    is_accessible(page)

    assert [(each.stage, each.forum, each.outcome) for each in stored().proceedings] == [
        ("arbitration", "Chinese Arbitration Association, Taipei", None),
        ("arbitration", None, "not-heard"),
        ("litigation", "Taipei District Court", None),
        ("litigation", None, "settled"),
    ]
    offered(page, "link", "Timeline").click()
    expect(page.get_by_text("Case number: 115 Arb 7")).to_be_visible()
    expect(page.get_by_text("Taipei District Court")).to_be_visible()
    picture("the line of the dispute")


@pytest.mark.clause("R51")
def test_the_board_is_walked_with_the_keyboard(
    page: Page, address: str, enter: Enter, picture: Picture, li: User
) -> None:
    now = datetime.now(UTC)
    for state in (State.RECEIVED, State.INVESTIGATING, State.WAITING):
        Complaint(content="It hums.", user=li, state=state).save(now=now)
    enter(page, Role.SUPERVISOR)
    page.goto(f"{address}/admin/complaints/board/")
    picture("board")
    is_accessible(page)

    page.get_by_role("region", name="Board: Complaints").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("C-")


@pytest.mark.clause("R51")
def test_the_board_is_narrowed_by_its_controls_and_the_address_holds_it(
    page: Page, address: str, enter: Enter, li: User
) -> None:
    ann = enter(page, Role.STAFF, name="Ann")
    mine, other = (Complaint(content="x", user=li, assignee=who).save().number for who in (ann.pk, None))
    page.goto(f"{address}/admin/complaints/board/")

    page.get_by_label("Assignee").select_option(label="Me")
    page.get_by_role("button", name="Show").click()

    page.wait_for_url("**/board/?assignee=me")
    expect(page.get_by_role("link", name=mine)).to_be_visible()
    expect(page.get_by_role("link", name=other)).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Assignee")).to_have_value("me")
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("link", name=other)).to_be_visible()


@pytest.mark.clause("R55")
def test_a_double_is_merged_and_both_keep_their_history(
    page: Page, address: str, enter: Enter, picture: Picture, li: User
) -> None:
    enter(page, Role.SUPERVISOR)
    main = Complaint(content="The lamp hums.", user=li).save(now=datetime.now(UTC))
    double = Complaint(content="The lamp hums!", user=li).save(now=datetime.now(UTC))
    double.add_note(datetime.now(UTC), "He called twice.")
    page.goto(f"{address}/admin/complaints/details/?id={double.pk}")

    offered(page, "link", "Merge into another").click()
    page.get_by_role("combobox", name="The ticket that goes on").fill(main.number)
    page.get_by_role("option", name=main.number).click()
    page.get_by_label("How you know that both are the same").fill("One lamp, one person.")
    page.get_by_role("button", name="Merge into another").click()
    done(page, "Merge into another")

    expect(page.get_by_text("This ticket was merged and goes on in another:")).to_be_visible()
    picture("merged")
    is_accessible(page)
    page.get_by_role("link", name=main.number).first.click()
    expect(page.get_by_text("Other tickets were merged into this one")).to_be_visible()
    expect(page.get_by_text("He called twice.")).to_be_visible()
    offered(page, "link", "Timeline").click()
    expect(page.get_by_text(f"{double.number}: Merged into another")).to_be_visible()
    expect(page.get_by_text("He called twice.")).to_be_visible()


def test_the_menu_is_walked_with_the_arrows_and_left_with_escape(
    page: Page, address: str, enter: Enter, li: User
) -> None:
    ticket = Complaint(content="It hums.", user=li).save(now=datetime.now(UTC))
    enter(page, Role.STAFF)
    page.goto(f"{address}/admin/complaints/details/?id={ticket.pk}")
    more = page.locator("main").get_by_text("More", exact=True)
    expect(more).to_have_attribute("aria-expanded", "false")

    more.focus()
    page.keyboard.press("ArrowDown")
    expect(more).to_have_attribute("aria-expanded", "true")
    items = page.locator(".more-acts .item")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    is_accessible(page)

    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(items.first).to_be_hidden()


def test_without_a_script_the_menu_opens_and_what_asks_asks_on_a_page(
    browser: Browser, page: Page, address: str, enter: Enter, li: User
) -> None:
    ticket = Complaint(content="It hums.", user=li).save(now=datetime.now(UTC))
    enter(page, Role.STAFF)
    plain = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()
    plain.goto(f"{address}/admin/complaints/details/?id={ticket.pk}")

    offered(plain, "button", "Add a note").click()
    plain.locator("main").get_by_label("For colleagues only").fill("Ask the workshop.")
    plain.get_by_role("button", name="Yes, go ahead").click()

    expect(plain.get_by_text("Done: Add a note.")).to_be_visible()
    expect(plain.get_by_text("Ask the workshop.")).to_be_visible()
    plain.context.close()
