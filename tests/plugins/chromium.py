"""Debian's Chromium for the tests in tests/browser, and where their pictures go.

`page` and `browser` are those of pytest-playwright. CHROMIUM names another browser than
/usr/bin/chromium; without any, browser tests are skipped and say so.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SCREENSHOTS = "artefacts/screenshots"

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def pytest_configure(config: pytest.Config) -> None:
    # pytest-playwright empties its folder when a process starts, so it gets one of its own.
    config.option.output = str(config.rootpath / "artefacts" / "playwright")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser_name" in getattr(item, "fixturenames", ()) and not shutil.which(CHROMIUM):
        pytest.skip(f"there is no {CHROMIUM}: install Debian's chromium, or name a browser with CHROMIUM=…")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    # Chromium's sandbox refuses to start as root, which is what a CI container usually is.
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else [*QUIET]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}, "locale": "en"}


@pytest.fixture
def picture(page: Page, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Keep what the page shows now: `picture("list, dark")` → artefacts/screenshots/….png."""

    def take(name: str) -> Path:
        words = re.findall(r"\w+", f"{request.node.name} {name}")
        file = request.config.rootpath / SCREENSHOTS / f"{'-'.join(words)}.png"
        page.screenshot(path=file, full_page=True)
        return file

    return take
