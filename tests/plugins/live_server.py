"""The panel on an address of its own, for browsers, with its jobs running beside it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.plugins.client import PASSWORD

OFTEN = 0.5
"""The seconds between two looks at what there is to do: a test waits for them."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the panel meanwhile; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the panel is served during a test."""
    with serving(app) as address:
        yield address


@pytest.fixture
def running_jobs(database: object) -> Iterator[None]:
    """Background work goes on during the test, as it does beside a served panel, only more eagerly."""
    from jobs import TIMETABLE
    from jobs.scheduler import Scheduler

    scheduler = Scheduler(TIMETABLE, seconds=OFTEN).start()
    yield
    scheduler.stop()


@pytest.fixture
def enter(address: str, account: Callable) -> Callable[..., object]:
    """Sign somebody in through the page: `enter(page, Role.AUDITOR)` returns who they are."""

    def enter(page: Page, *roles: str, **fields: object) -> object:
        staff = account(*roles, **fields)
        page.goto(f"{address}/login")
        page.set_default_timeout(15_000)
        page.locator("[name=email]").fill(staff.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{address}/admin/")
        return staff

    return enter
