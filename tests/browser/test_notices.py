"""Somebody is told of something, sees how much is new, follows it, and reads the rest at once; a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification, NotificationKind, notification, send
from security.actor import Actor
from security.permissions import Role


@pytest.mark.clause("R51")
def test_what_is_new_is_counted_followed_and_marked_as_read(
    page: Page, enter: Callable[..., Any], picture: Callable[[str], Path], actor: Actor, database: object
) -> None:
    now = datetime.now(UTC)
    tickets = [Complaint(content="The lamp hums.").save(now=now) for _ in range(3)]
    rows = [
        notification(
            str(one.pk), NotificationKind.ASSIGNED, "complaints", one.pk, one.number, now, (), "staff"
        )
        for one in tickets
    ]
    send(rows)
    ann = enter(page, Role.STAFF)

    page.goto(page.url.replace("/admin/", "/admin/complaints/"))
    page.get_by_role("link", name="3 new notices").click()
    assert Axe().run(page).violations_count == 0
    picture("three are new")
    page.set_viewport_size({"width": 360, "height": 800})
    picture("on a phone")
    page.get_by_role("link", name=f"Complaint {tickets[0].number} is yours now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(tickets[0].number)
    page.get_by_role("link", name="2 new notices").click()
    page.get_by_role("button", name="Mark all as read").click()

    expect(page.get_by_text("new", exact=True)).to_have_count(0)
    assert [one.read_by for one in Notification.objects] == [[ann.pk]] * 3
    page.get_by_text("By mail", exact=True).click()
    page.get_by_role("button", name="Not at all").click()
    expect(page.get_by_text("Kept: Not at all")).to_be_visible()
    assert Staff.objects.get(pk=ann.pk).mails is False
