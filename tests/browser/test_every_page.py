"""Every page of the panel is for everybody: found in the map of addresses, with records of every kind.

Each is read as it was sent, for its words and its bones. Most are made of the same elements, so a real
browser opens those that have an element, or one in another place, that no page before them had.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Page
from pymongo.database import Database

import runtime
from records.declaration.registry import registered
from security.actor import Actor, act_as
from security.keyring import Keyring
from security.permissions import Role
from tests.browser.accessibility import DESK, PHONE, Problems, judged, stumbled, too_wide
from tests.browser.addresses import Place, places
from tests.browser.one_of_each import everything
from tests.browser.page_outline import Outline
from tests.plugins.client import PanelClient, make_account
from tests.plugins.database import empty
from tests.plugins.live_server import serving

HOUSE = Path(__file__).parents[2]
LATIN = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
NO_WORDS = re.compile(r"\S*[@/.:–-]\S*|\b[A-Z]{1,4}\b|\b[0-9a-f]{8,}\b")
"""Addresses, ids, moments and abbreviations, which are the same in every language."""


@dataclass(frozen=True)
class House:
    """The panel with records of every kind, and its pages as somebody with every role reads them."""

    address: str
    cookie: str
    pages: list[Place]
    read_in: Callable[[str], list[Place]]


@pytest.fixture(scope="module")
def house(_panel: Flask, _indexed_database: Database) -> Iterator[House]:
    """Built and walked through once: nothing here changes a record. All began two months ago."""
    empty(_indexed_database)
    runtime.configure(keyring=Keyring.new())
    with act_as(Actor("staff:mulan", "木蘭", frozenset(Role))), serving(_panel) as address:
        records = everything(datetime.now(UTC) - timedelta(days=60))

        def signed_in(language: str) -> PanelClient:
            staff = make_account(_panel, *Role, name="木蘭", language=language)
            browser = _panel.test_client()
            assert browser.sign_in(staff.email).status_code == 302
            browser.staff = staff
            return browser

        reader = signed_in("en")
        cookie = reader.get_cookie("steward")
        assert cookie is not None
        yield House(
            address,
            cookie.value,
            places(_panel, reader, records),
            lambda language: places(_panel, signed_in(language), records),
        )


@pytest.fixture
def walk(page: Page, house: House) -> Problems:
    """Somebody with every role is signed in; what the browser complains of is collected."""
    problems: Problems = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.context.add_cookies([{"name": "steward", "value": house.cookie, "url": house.address}])
    return problems


# -- As it was sent -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW"])
def test_no_page_speaks_english_to_who_reads_chinese(house: House, language: str) -> None:
    left = {
        f"{place.template}: {words}"
        for place in house.read_in(language)
        for words in place.outline.words
        if english(words) - borrowed(language)
    }

    assert not left, "\n".join(sorted(left))


def test_every_page_has_sound_bones(house: House) -> None:
    wrong = [f"{place.address}: {what}" for place in house.pages for what in broken(place.outline)]

    assert not wrong, "\n".join(wrong)


def test_the_walk_comes_to_each_kind_of_record(house: House) -> None:
    walked = {place.address.partition("?")[0] for place in house.pages}

    for kind in registered():
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


def test_what_pages_are_made_of_fits_a_phone_and_passes_axe(page: Page, house: House, walk: Problems) -> None:
    for place in with_news(house.pages):
        page.set_viewport_size(PHONE)
        page.goto(house.address + place.address)
        walk += too_wide(page, place.address)
        page.set_viewport_size(DESK)
        walk += judged(page, place.address)

    assert not walk, "\n".join(walk)


def with_news(everywhere: list[Place]) -> list[Place]:
    """The pages with an element that none before them had."""
    known: set[tuple[str, str]] = set()
    telling = []
    for place in everywhere:
        elements = place.outline.elements
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


def test_a_page_of_each_template_is_readable_in_the_dark_and_in_chinese(
    page: Page, house: House, walk: Problems
) -> None:
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": house.address}])
    page.goto(f"{house.address}/admin/")
    page.locator(".language summary").click()
    page.locator("button[value=zh_Hant_TW]").click()
    page.set_viewport_size(PHONE)
    for place in one_of_each(house.pages):
        page.goto(house.address + place.address)
        assert page.locator("html[data-theme=dark][lang=zh-Hant-TW]").count() == 1
        walk += [*too_wide(page, place.address), *judged(page, place.address, "color-contrast")]

    assert not walk, "\n".join(walk)


def test_a_page_of_each_template_is_walked_with_the_keyboard(
    page: Page, house: House, walk: Problems
) -> None:
    for place in one_of_each(house.pages):
        page.goto(house.address + place.address)
        walk += stumbled(page, place.address)

    assert not walk, "\n".join(walk)
