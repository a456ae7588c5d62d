"""The pages of who is signed out, and those where something went wrong, are for everybody too."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from security.permissions import Role
from tests.browser.accessibility import PHONE, judged, too_wide
from tests.plugins.client import PASSWORD


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_and_the_error_pages_pass_too(
    page: Page, address: str, enter: Callable[..., object], account: Callable[..., Any], theme: str
) -> None:
    page.context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    page.set_viewport_size(PHONE)
    clerk = account(Role.STAFF)
    page.goto(f"{address}/login")
    assert judged(page, "the sign-in") == []
    page.locator("[name=email]").fill(clerk.email)
    page.locator("[name=password]").fill(f"not {PASSWORD}")
    page.keyboard.press("Enter")
    expect(page.locator(".error, .flash")).to_be_visible()
    assert judged(page, "the sign-in, refused") == []

    enter(page, Role.STAFF)
    for path in ("/admin/jobs/", "/admin/no-such-page", "/admin/users/?kind=no-such-kind"):
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert judged(page, path) == []
        assert too_wide(page, path) == []
