"""A handler takes a ticket on from the queue and writes to its person, with a real browser and mail server."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import jobs
from documents.complaint import Complaint
from documents.user import User
from jobs import mailing
from security.actor import Actor
from security.permissions import Role
from tests.jobs import sink as mail_sink


@pytest.mark.clause("R36", "R52", "R66")
def test_a_handler_takes_a_ticket_on_and_the_person_gets_the_answer(
    page: Page, enter: Callable[..., object], picture: Callable[[str], Path], actor: Actor, database: object
) -> None:
    li = User(name="李小明", email="li@example.com").save()
    ticket = Complaint(content="椅子壞了", user=li).save(now=datetime.now(UTC))
    enter(page, Role.STAFF)

    page.get_by_role("link", name="My queue").click()
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
        mailing.use(sink.server)
        jobs.run_now("deliver-outbox")
        mailing.use(None)
    assert sink.recipients == ["li@example.com"]
    assert sink.taken[0].get_content().strip() == f"About {ticket.number}: we come on Monday."
    page.reload()
    expect(page.get_by_text("Sent ·")).to_be_visible()
