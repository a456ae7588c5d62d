"""Every page of the panel is for everybody: found in the map of addresses, with records of every kind.

Each is read as it was sent, for its words and its bones. Most are made of the same elements, so a real
browser opens those that have an element, or one in another place, that no page before them had.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Page, expect

from documents.declaration.registry import governed
from security.actor import Actor, acting_as
from security.permissions import Role
from tests.browser.everything import everything
from tests.browser.outline import Outline
from tests.browser.places import Place, places
from tests.plugins.panel import PASSWORD, PanelClient

HOUSE = Path(__file__).parents[2]
LATIN = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
NO_WORDS = re.compile(r"\S*[@/.:–-]\S*|\b[A-Z]{1,4}\b|\b[0-9a-f]{8,}\b")
"""Addresses, ids, moments and abbreviations, which are the same in every language."""
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
MOST_STEPS = 400
PARTS = 2
"""The walk is divided, so that several processes can share it."""

JUDGE = "options => axe.run(options).then(found => found.violations)"
FITS = "document.documentElement.scrollWidth <= innerWidth"
FOCUSED = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    here.dataset.reached = "";
    return {
        what: here.matches("main *, .skip") ? here.outerHTML.slice(0, 160) : "",
        skips: here.matches(".skip"),
        seen: style.outlineStyle !== "none" && style.outlineWidth !== "0px",
    };
}"""
"""What has the focus, as long as it is of the page itself, and whether one sees so."""
UNREACHED = """() => [...document.querySelectorAll(
    "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)"
)].filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true}) && !("reached" in one.dataset)
    && !(one.type === "radio" && document.querySelector(`[name="${one.name}"][data-reached]`)))
.map(one => one.outerHTML.slice(0, 160))"""
"""The controls one never came to; of several radio buttons one is enough."""

OpenAll = Callable[..., list[Place]]
Problems = list[str]


@pytest.fixture
def open_all(app: Flask, signed_in: Callable[..., PanelClient]) -> Iterator[OpenAll]:
    """Read every page in a language, about records that began two months ago."""
    with acting_as(Actor("staff:mulan", "木蘭", frozenset(Role))):
        records = everything(datetime.now(UTC) - timedelta(days=60))

        def open_all(language: str = "en") -> list[Place]:
            return places(app, signed_in(*Role, name="木蘭", language=language), records)

        yield open_all


@pytest.fixture
def walk(page: Page, enter: Callable[..., object]) -> Problems:
    """A person with every role is signed in; what the browser complains of is collected."""
    problems: Problems = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    enter(page, *Role, name="木蘭")
    return problems


# -- As it was sent -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW"])
def test_no_page_speaks_english_to_who_reads_chinese(open_all: OpenAll, language: str) -> None:
    left = {
        f"{place.template}: {words}"
        for place in open_all(language)
        for words in Outline(place.html).words
        if english(words) - borrowed(language)
    }

    assert not left, "\n".join(sorted(left))


def test_every_page_has_sound_bones(open_all: OpenAll) -> None:
    wrong = [f"{place.address}: {what}" for place in open_all() for what in broken(Outline(place.html))]

    assert not wrong, "\n".join(wrong)


def test_the_walk_comes_to_each_kind_of_record(open_all: OpenAll) -> None:
    walked = {place.address.partition("?")[0] for place in open_all()}

    for kind in governed():
        assert {f"/admin/{kind.collection_name()}/", f"/admin/{kind.collection_name()}/details/"} <= walked


def english(words: str) -> frozenset[str]:
    return frozenset(LATIN.findall(NO_WORDS.sub(" ", words)))


@cache
def borrowed(language: str) -> frozenset[str]:
    """The words that Chinese itself writes in Latin letters here: those of its catalogue."""
    with (HOUSE / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return frozenset(word for message in read_po(file) for word in LATIN.findall(str(message.string)))


def broken(page: Outline) -> Problems:
    """What is wrong with the build of a page, in words."""
    jumps = [(one, two) for one, two in pairwise(page.headings) if two > one + 1]
    twice = {one for one in page.ids if page.ids.count(one) > 1}
    faults = {
        "headings of the first level": page.headings.count(1) != 1,
        f"headings that jump: {jumps}": bool(jumps),
        f"ids that stand twice: {twice}": bool(twice),
        f"nothing has the ids {page.pointed_at - {*page.ids}}": not page.pointed_at <= {*page.ids},
        "no way past the navigation": page.skips_to not in page.ids,
        "a sentence whose places were not filled": any(PLACEHOLDER.search(words) for words in page.words),
    }
    return [what for what, is_so in faults.items() if is_so]


# -- In a browser -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(PARTS))
def test_what_pages_are_made_of_fits_a_phone_and_passes_axe(
    page: Page, address: str, open_all: OpenAll, walk: Problems, part: int
) -> None:
    for place in with_news(open_all())[part::PARTS]:
        page.set_viewport_size(PHONE)
        page.goto(address + place.address)
        walk += too_wide(page, place.address)
        page.set_viewport_size(DESK)
        walk += judged(page, place.address)

    assert not walk, "\n".join(walk)


def with_news(everywhere: list[Place]) -> list[Place]:
    """The pages with an element that none before them had."""
    known: set[tuple[str, str]] = set()
    telling = []
    for place in everywhere:
        elements = Outline(place.html).elements
        if not elements <= known:
            telling.append(place)
            known |= elements
    return telling


def one_of_each(everywhere: list[Place]) -> list[Place]:
    """Of each template the page that has the most in it."""
    largest: dict[str, Place] = {}
    for place in sorted(everywhere, key=lambda place: len(place.html)):
        largest[place.template] = place
    return [*largest.values()]


def too_wide(page: Page, where: str) -> Problems:
    return [] if page.evaluate(FITS) else [f"{where} is wider than the screen"]


def judged(page: Page, where: str, *rules: str) -> Problems:
    """What axe finds wrong, by these of its rules or by all."""
    page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    violations: list[dict[str, Any]] = page.evaluate(JUDGE, options)
    return [f"{where}: {one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]


def test_a_page_of_each_template_is_readable_in_the_dark_and_in_chinese(
    page: Page, address: str, open_all: OpenAll, walk: Problems
) -> None:
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": address}])
    page.locator(".language summary").click()
    page.locator("button[value=zh_Hant_TW]").click()
    page.set_viewport_size(PHONE)
    for place in one_of_each(open_all()):
        page.goto(address + place.address)
        assert page.locator("html[data-theme=dark][lang=zh-Hant-TW]").count() == 1
        walk += [*too_wide(page, place.address), *judged(page, place.address, "color-contrast")]

    assert not walk, "\n".join(walk)


def test_a_page_of_each_template_is_walked_with_the_keyboard(
    page: Page, address: str, open_all: OpenAll, walk: Problems
) -> None:
    for place in one_of_each(open_all()):
        page.goto(address + place.address)
        walk += stumbled(page, place.address)

    assert not walk, "\n".join(walk)


def stumbled(page: Page, where: str) -> Problems:
    """Skip the navigation, then go through the page with Tab alone, seeing each time where one is."""
    page.keyboard.press("Tab")
    if not page.evaluate(FOCUSED)["skips"]:
        return [f"{where}: the first step is not past the navigation"]
    page.keyboard.press("Enter")
    unseen = []
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused["what"]:
            break
        if not focused["seen"]:
            unseen.append(f"{where}: one does not see that one is on {focused['what']}")
    return [*unseen, *(f"{where}: Tab never comes to {what}" for what in page.evaluate(UNREACHED))]


# -- Signed out, and where something went wrong ---------------------------------------------------


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
