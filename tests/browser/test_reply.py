"""A handler takes a ticket on from the queue and writes to its person, with a real browser and mail server."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import jobs
import runtime
from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import Message
from documents.people.user import User
from documents.tickets.complaint import Complaint
from security.actor import Actor
from security.permissions import Role
from tests.jobs import smtp_server as mail_sink


@pytest.mark.clause("R36", "R52", "R66")
def test_a_handler_takes_a_ticket_on_and_the_person_gets_the_answer(
    page: Page, enter: Callable[..., object], picture: Callable[[str], Path], actor: Actor, database: object
) -> None:
    li = User(name="李小明", email="li@example.com").save()
    ticket = Complaint(content="椅子壞了", user=li).save(now=datetime.now(UTC))
    enter(page, Role.STAFF)

    page.get_by_role("navigation").get_by_role("link", name="My queue").click()
    page.get_by_role("link", name="Nobody's yet").click()
    picture("the queue")
    page.get_by_role("button", name="Take it on").click()
    expect(page.get_by_text("Done: Take it on.")).to_be_visible()
    page.get_by_role("link", name="Reply to the user").click()
    page.get_by_label("What we write").fill("About {number}: we come on Monday.")
    page.get_by_role("button", name="Reply to the user").click()

    expect(page.get_by_text(f"About {ticket.number}: we come on Monday.")).to_be_visible()
    picture("the reply waits")
    with mail_sink.running() as sink:
        runtime.configure(mail_server=sink.server)
        jobs.run_now("deliver-outbox")
        runtime.configure(mail_server=None)
    assert sink.recipients == ["li@example.com"]
    assert sink.taken[0].get_content().strip() == f"About {ticket.number}: we come on Monday."
    page.reload()
    expect(page.get_by_text("Sent ·")).to_be_visible()


@pytest.fixture
def ready(actor: Actor, database: object) -> CannedReply:
    texts = {"english": "We settle {number} by {due}.", "traditional": "{number} 將於 {due} 前處理。"}
    return CannedReply(name="On its way", **texts).save()


@pytest.fixture
def ticket(actor: Actor, database: object) -> Complaint:
    li = User(name="李小明", email="li@example.com", region="TW").save()
    made = Complaint(content="椅子壞了", user=li).save(now=datetime.now(UTC))
    return Complaint.objects.get(pk=made.pk)


@pytest.mark.clause("R37")
def test_choosing_a_ready_made_reply_writes_it_in_the_persons_language_to_be_changed(
    page: Page, address: str, enter: Callable, picture: Callable, ticket: Complaint, ready: CannedReply
) -> None:
    enter(page, Role.STAFF)
    page.goto(f"{address}/admin/complaints/do/reply/?id={ticket.pk}")
    text = page.get_by_label("What we write")
    expect(page.get_by_label("Language", exact=True).last).to_have_value("zh_Hant_TW")

    page.get_by_label("Ready-made reply").select_option(label="On its way")
    expect(text).to_have_value(re.compile(f"^{ticket.number} 將於 .+ 前處理。$"))
    picture("filled in")
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Language", exact=True).last.select_option(label="English")
    expect(text).to_have_value(re.compile(f"^We settle {ticket.number} by .+\\.$"))
    text.fill(f"{text.input_value()} Sorry!")
    page.get_by_role("button", name="Reply to the user").click()

    expect(page.get_by_text("Done: Reply to the user.")).to_be_visible()
    assert Message.objects.get().text.endswith(" Sorry!")


@pytest.mark.clause("R37")
def test_what_cannot_be_filled_in_is_said_at_once_and_stops_the_sending(
    page: Page, address: str, enter: Callable, picture: Callable, ticket: Complaint, ready: CannedReply
) -> None:
    ticket.screen(datetime.now(UTC))
    ticket.ask(datetime.now(UTC), "Which chair?")  # its clock stands still: there is no due time
    enter(page, Role.STAFF)
    page.goto(f"{address}/admin/complaints/do/reply/?id={ticket.pk}")

    page.get_by_label("Ready-made reply").select_option(label="On its way")
    expect(page.get_by_text("Still to be written by hand: {due}.")).to_be_visible()
    expect(page.locator("mark")).to_have_text("{due}")
    page.get_by_role("button", name="Reply to the user").click()
    expect(page.get_by_text("cannot be filled in: {due}")).to_be_visible()
    expect(page.locator("mark")).to_have_text("{due}")
    picture("a blank stays open")
    assert Axe().run(page).response["violations"] == []
    in_text, in_mark = (page.locator(one).bounding_box() for one in ("#text", "mark"))
    assert in_text["y"] < in_mark["y"] < in_text["y"] + in_text["height"]
    assert Message.objects.count() == 0
    page.get_by_label("What we write").fill("We come on Monday.")
    expect(page.locator("mark")).to_have_count(0)
    page.get_by_role("button", name="Reply to the user").click()

    expect(page.get_by_text("Done: Reply to the user.")).to_be_visible()
    assert Message.objects.get().text == "We come on Monday."


def test_without_a_script_a_button_fills_it_in(
    browser: Browser, page: Page, address: str, enter: Callable, ticket: Complaint, ready: CannedReply
) -> None:
    enter(page, Role.STAFF)
    plain = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()
    plain.goto(f"{address}/admin/complaints/do/reply/?id={ticket.pk}")

    plain.get_by_label("Ready-made reply").select_option(label="On its way")
    plain.get_by_role("button", name="Fill in").click()
    expect(plain.get_by_label("What we write")).to_have_value(re.compile("前處理。"))
    assert Message.objects.count() == 0
    plain.get_by_role("button", name="Reply to the user").click()

    expect(plain.get_by_text("Done: Reply to the user.")).to_be_visible()
    assert Message.objects.count() == 1
    plain.context.close()


@pytest.mark.clause("R52", "R72")
def test_the_mail_with_the_answer_asks_and_what_comes_back_is_entered(
    page: Page, address: str, enter: Callable, picture: Callable, ticket: Complaint
) -> None:
    ticket.investigate(datetime.now(UTC))
    enter(page, Role.STAFF)
    page.goto(f"{address}/admin/complaints/do/reply/?id={ticket.pk}")
    page.get_by_label("What we write").fill("A new chair is on its way.")
    page.get_by_label("This is our answer").check()
    page.get_by_role("button", name="Reply to the user").click()
    expect(page.get_by_text("Done: Reply to the user.")).to_be_visible()
    with mail_sink.running() as sink:
        runtime.configure(mail_server=sink.server)
        jobs.run_now("deliver-outbox")
        runtime.configure(mail_server=None)
    assert sink.recipients == ["li@example.com"]
    assert "5 – 非常滿意" in sink.taken[0].get_content()

    page.get_by_role("link", name="User is not satisfied", exact=True).click()
    page.get_by_label("Why not").fill("2. It wobbles.")
    page.get_by_label("How satisfied they are").select_option(label="Dissatisfied")
    page.get_by_label("How they told us").select_option(label="WeChat")
    page.get_by_role("button", name="User is not satisfied").click()
    expect(page.get_by_text("Done: User is not satisfied.")).to_be_visible()
    expect(page.get_by_role("link", name="Look into it again")).to_be_visible()
    picture("what came back")
    assert Axe().run(page).response["violations"] == []

    page.goto(f"{address}/admin/complaints/timeline/?id={ticket.pk}")
    expect(page.get_by_text("Dissatisfied · WeChat")).to_be_visible()
