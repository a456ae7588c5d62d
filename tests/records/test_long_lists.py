"""Pages of a list that counts as long: how little is asked for, and where a reading stops."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from records.lists import counts, index_selection, paging, scan
from records.lists.paging import Cursor, Order, page
from tests.plugins.database import empty
from tests.records.list_reader import walked

COUNT = 500


def numbered(n: int) -> str:
    """The number of the n-th newest."""
    return f"C-2026-{COUNT - 1 - n:06d}"


@pytest.fixture(scope="module")
def months(_indexed_database):
    """Complaints of three months, six a day, stored once: no test changes them."""
    empty(_indexed_database)
    now = datetime.now(UTC)
    rows = [
        {
            "_id": ObjectId.from_datetime(now - timedelta(hours=4 * n)),
            "number": numbered(n),
            "state": "received" if n % 3 else "waiting",
            "created_at": now - timedelta(hours=4 * n),
            "due_at": now - timedelta(hours=4 * n - 72),
            "search": [1, 2 + n % 5, 10 + n % 50],
        }
        for n in range(COUNT)
    ]
    rows[120] |= {"place": "attic"}
    rows[480] |= {"source_key": "x", "search": [77]}
    for start in range(0, COUNT, 100):
        _indexed_database.complaints.insert_many(rows[start : start + 100])
    return _indexed_database.complaints


@pytest.fixture
def many(months, monkeypatch):
    """What counts as long here, with nothing known of it yet but its size."""
    monkeypatch.setattr(scan, "SMALL_COLLECTION", 100)
    index_selection.clear()
    paging.forget_sizes()
    paging.estimated_count("complaints")
    return months


QUESTIONS = ({}, {"state": "waiting"}, {"closed_at": None}, {"search": {"$all": [3, 1]}})


@pytest.mark.parametrize("query", QUESTIONS, ids=["all", "state", "open", "search"])
@pytest.mark.parametrize("order", ["-created_at", "-_id"])
def test_the_first_reading_of_a_newest_first_list_takes_three_commands_at_most(many, commands, query, order):
    page("complaints", query, Order.of(order), size=20)

    assert len(commands.sent) <= 3


@pytest.mark.parametrize("query", QUESTIONS, ids=["all", "state", "open", "search"])
@pytest.mark.parametrize("order", ["-created_at", "due_at"])
def test_a_page_is_one_command_once_its_place_is_known(many, commands, query, order):
    order = Order.of(order)
    pages = [page("complaints", query, order, size=20)]
    for _page in range(2):
        pages.append(page("complaints", query, order, size=20, after=Cursor.at(pages[-1].rows[-1], order)))
    before = Cursor.at(pages[2].rows[0], order)
    page("complaints", query, order, size=20, before=before)

    for place in ({}, {"after": Cursor.at(pages[0].rows[-1], order)}, {"before": before}):
        commands.forget()
        assert len(page("complaints", query, order, size=20, **place).rows) == 20
        assert commands.sent == [("aggregate", "complaints")]


def test_a_deep_page_asks_for_a_stretch_as_narrow_as_the_first(many, commands):
    order = Order.of("-created_at")
    page("complaints", {}, order, size=20)
    (deep,) = many.find().sort("created_at", -1).skip(400).limit(1)
    commands.forget()

    page("complaints", {}, order, size=20, after=Cursor.at(deep, order))

    bounds = commands.bodies[0]["pipeline"][0]["$match"]["created_at"]
    assert bounds["$lte"] - bounds["$gte"] < timedelta(days=10)


def test_every_reading_says_how_long_it_may_take(many, commands):
    page("complaints", {}, Order.of("-created_at"), size=20)
    paging.count("complaints", {"state": "waiting"})

    assert len(commands.bodies) >= 2
    assert all(0 < body["maxTimeMS"] <= 3_500 for body in commands.bodies)


def test_counting_stops_at_its_cap(many, monkeypatch):
    monkeypatch.setattr(counts, "COUNT_LIMIT", 20)

    assert paging.count("complaints", {"state": "waiting"}) == (20, True)
    assert paging.count("complaints", {"search": {"$all": [12, 1]}}) == (10, False)


def test_a_page_that_finds_little_stops_and_says_how_far_it_came(many, monkeypatch):
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", 50)
    order = Order.of("-created_at")

    first = page("complaints", {"place": "attic"}, order, size=20)
    assert (first.rows, first.has_next) == ([], True)
    assert datetime.now(UTC) - first.reached.key < timedelta(days=10)

    found, stopped = walked({"place": "attic"}, order, 20)
    assert len(found) == 1
    assert 8 <= stopped <= 14


def test_a_page_that_is_full_within_its_reach_stops_nowhere(many, monkeypatch):
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", 100)

    found = page(
        "complaints", {"closed_at": None, "number": {"$ne": numbered(1)}}, Order.of("-created_at"), size=20
    )

    assert found.reached is None


def test_what_another_index_narrows_to_little_is_found_at_once(many, monkeypatch):
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", 50)

    found = page("complaints", {"search": 77, "source_key": "x"}, Order.of("-created_at"), size=20)

    assert [row["number"] for row in found.rows] == [numbered(480)]
    assert found.reached is None


def test_a_count_looks_no_further_than_it_may_and_says_so(many, monkeypatch):
    monkeypatch.setattr(counts, "KEYS_LIMIT", 120)

    number, more = paging.count("complaints", {"number": {"$in": [numbered(n) for n in range(0, COUNT, 10)]}})

    assert (number, more) == (12, True)
    assert paging.count("complaints", {"state": "waiting"}) == (167, False)


def test_a_page_by_number_asks_for_a_narrow_stretch(many, commands):
    found = page("complaints", {}, Order.of("-number"), size=20)

    assert [row["number"] for row in found.rows] == [numbered(n) for n in range(20)]
    assert commands.bodies[-1]["pipeline"][0]["$match"] == {"number": {"$gte": "C-2026-000435"}}
    deep = page("complaints", {}, Order.of("number"), size=20, after=Cursor("C-2026-000099", ObjectId()))
    assert deep.rows[0]["number"] == "C-2026-000100"
