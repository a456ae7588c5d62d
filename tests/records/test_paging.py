"""Walking a list page by page: every row once, in order, whatever happens meanwhile."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.lists import index_selection, number_ranges, scan
from records.lists.paging import BadCursor, Cursor, Order, page
from tests.records.list_reader import walked

START = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = int(os.environ.get("EXAMPLES", "8"))
FEW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
ORDERS = ("due_at", "-due_at", "created_at", "-created_at", "_id", "-_id", "number", "-number")

minutes = st.one_of(
    st.none(), st.integers(0, 4), st.integers(-(10**6), 10**6), st.integers(-(10**9) // 2, 10**9)
)
near = st.one_of(st.none(), st.integers(0, 4), st.integers(-(10**4), 10**4))
lists = st.lists(st.tuples(minutes, st.sampled_from(["received", "waiting"])), max_size=25)


@pytest.fixture(params=["at once", "stretch by stretch"])
def complaints(request, database, monkeypatch):
    """An empty collection, read as a small one and as a large one is."""
    monkeypatch.setattr(scan, "SMALL_COLLECTION", 10**9 if request.param == "at once" else -1)
    index_selection.clear()
    return database.complaints


def store(collection, rows) -> list[dict[str, Any]]:
    """Store rows due so many minutes after `FIRST_WINDOW`; they are created in the order of their ids."""
    collection.delete_many({})
    made = [
        {
            "_id": ObjectId.from_datetime(START + timedelta(hours=n)),
            "number": f"C-{2024 + n % 3}-{n:06d}",
            "state": state,
            "created_at": START + timedelta(hours=n // 3),
        }
        | ({"due_at": START + timedelta(minutes=due)} if due is not None else {})
        for n, (due, state) in enumerate(rows)
    ]
    if made:
        collection.insert_many(made)
    return made


def in_order(rows, order: Order) -> list[ObjectId]:
    """The ids as the database's words say: by key, then id, those without a key last."""
    keyed = [row for row in rows if row.get(order.field) is not None]
    keyed.sort(key=lambda row: (row[order.field], row["_id"]), reverse=order.descending)
    rest = [row["_id"] for row in rows if row.get(order.field) is None]
    return [row["_id"] for row in keyed] + sorted(rest, reverse=order.descending)


def forwards(query, order, size, between=lambda: None) -> list[ObjectId]:
    found, after = [], None
    for _page in range(100):
        here = page("complaints", query, order, size=size, after=after)
        found += [row["_id"] for row in here.rows]
        assert here.has_previous == (after is not None)
        if not here.has_next:
            return found
        after = Cursor.read(str(Cursor.at(here.rows[-1], order)))
        between()
    raise AssertionError("this list does not end")


def backwards(query, order, size) -> list[ObjectId]:
    here, found = page("complaints", query, order, size=size, last=True), []
    for _page in range(100):
        found = [row["_id"] for row in here.rows] + found
        if not here.has_previous:
            return found
        here = page("complaints", query, order, size=size, before=Cursor.at(here.rows[0], order))
        assert here.has_next
    raise AssertionError("this list does not begin")


@FEW
@given(rows=lists, order=st.sampled_from(ORDERS), size=st.integers(1, 7), narrowed=st.booleans())
def test_a_walk_in_either_direction_shows_every_row_once_and_in_order(
    complaints, rows, order, size, narrowed
):
    index_selection.clear()
    made = store(complaints, rows)
    query = {"state": "received"} if narrowed else {}
    wanted = in_order([row for row in made if not narrowed or row["state"] == "received"], Order.of(order))

    for _again in ("nothing learned yet", "learned"):
        assert forwards(query, Order.of(order), size) == wanted
        assert backwards(query, Order.of(order), size) == wanted


@FEW
@given(rows=lists, order=st.sampled_from(ORDERS), size=st.integers(1, 7), first=st.integers(0, 30))
def test_a_range_asked_of_the_sort_key_itself_is_kept(complaints, rows, order, size, first):
    index_selection.clear()
    made = store(complaints, rows)
    query = {
        "due_at": {"$gte": START + timedelta(minutes=first - 10), "$lt": START + timedelta(minutes=first)}
    }
    inside = [
        row
        for row in made
        if "due_at" in row and query["due_at"]["$gte"] <= row["due_at"] < query["due_at"]["$lt"]
    ]

    assert forwards(query, Order.of(order), size) == in_order(inside, Order.of(order))
    assert backwards(query, Order.of(order), size) == in_order(inside, Order.of(order))


@FEW
@given(rows=lists, order=st.sampled_from(ORDERS), size=st.integers(1, 7))
def test_only_those_without_the_key_are_shown_where_that_is_asked(complaints, rows, order, size):
    index_selection.clear()
    made = store(complaints, rows)
    inside = [row for row in made if "due_at" not in row]

    assert forwards({"due_at": None}, Order.of(order), size) == in_order(inside, Order.of(order))
    assert backwards({"due_at": None}, Order.of(order), size) == in_order(inside, Order.of(order))


@FEW
@given(
    rows=lists.filter(lambda rows: len(rows) > 3),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 5),
    changes=st.lists(st.tuples(st.booleans(), minutes), max_size=30),
)
def test_what_comes_and_goes_between_two_pages_hides_nothing_and_doubles_nothing(
    complaints, rows, order, size, changes
):
    index_selection.clear()
    made = store(complaints, rows)
    gone, waiting = set(), iter(changes)

    def between() -> None:
        for leaves, due in waiting:
            if leaves:
                gone.add(made[len(gone)]["_id"])
                complaints.delete_one({"_id": made[len(gone) - 1]["_id"]})
            else:
                new = {"number": str(ObjectId()), "created_at": START} | (
                    {"due_at": START + timedelta(minutes=due)} if due is not None else {}
                )
                complaints.insert_one(new)
            return

    changes[len(made) :] = []
    found = forwards({}, Order.of(order), size, between)

    assert len(found) == len(set(found))
    stayed = [pk for pk in in_order(made, Order.of(order)) if pk not in gone]
    assert [pk for pk in found if pk in set(stayed)] == stayed


def test_a_first_page_has_nothing_before_it_and_the_last_nothing_after(complaints):
    store(complaints, [(n, "received") for n in range(10)])

    first = page("complaints", {}, Order.of("due_at"), size=4)
    last = page("complaints", {}, Order.of("due_at"), size=4, last=True)

    assert (first.has_previous, first.has_next) == (False, True)
    assert (last.has_previous, last.has_next) == (True, False)


def test_a_page_that_is_just_full_says_that_nothing_follows(complaints):
    store(complaints, [(n, "received") for n in range(4)])

    assert not page("complaints", {}, Order.of("due_at"), size=4).has_next
    assert page("complaints", {}, Order.of("due_at"), size=3).has_next


def test_only_the_fields_asked_for_are_read(complaints):
    store(complaints, [(1, "received")])

    (row,) = page("complaints", {}, Order.of("due_at"), size=5, fields={"number": 1, "due_at": 1}).rows

    assert row.keys() == {"_id", "number", "due_at"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "W10",
        "bnVsbA",
        "W3sidCI6ICIwIn0sICIwIl0",
        "W3sidiI6IHt9fSwgIjY0YjY0YjY0YjY0YjY0YjY0YjY0YjY0YiJd",
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(text):
    with pytest.raises(BadCursor):
        Cursor.read(text)


@given(st.datetimes(timezones=st.just(UTC)) | st.text(max_size=20) | st.none() | st.integers())
def test_a_cursor_comes_back_as_it_was_written(key):
    cursor = Cursor(key, ObjectId())

    assert Cursor.read(str(cursor)) == cursor


# -- Where no index answers all that is asked ---------------------------------------------------


@pytest.fixture(params=[1, 10])
def short_reach(request, monkeypatch):
    """A walk passes so many keys at most."""
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", request.param)
    return request.param


@FEW
@given(
    rows=st.lists(st.tuples(near, st.sampled_from(["received", "waiting"])), max_size=7),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 4),
    place=st.sampled_from(["a", "b"]),
)
def test_a_list_read_in_short_reaches_has_every_row_once_and_in_order(
    complaints, short_reach, rows, order, size, place
):
    index_selection.clear()
    made = store(complaints, rows)
    for n, row in enumerate(made):
        complaints.update_one({"_id": row["_id"]}, {"$set": {"place": "a" if n % 3 else "b"}})
        row["place"] = "a" if n % 3 else "b"
    query = {"place": place, "state": "received"}
    wanted = in_order([row for row in made if query.items() <= row.items()], Order.of(order))

    for _again in ("nothing learned yet", "learned"):
        assert walked(query, Order.of(order), size)[0] == wanted
        assert walked(query, Order.of(order), size, back=True)[0] == wanted


# -- By number ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "by", "written"),
    [
        ("U-000123", -23, "U-000100"),
        ("U-000123", 877, "U-001000"),
        ("C-2026-000001", -2, "C-2025-999999"),
        ("C-2026-000001", 10**6, "C-2027-000001"),
        ("U-000123", -124, None),
        ("U-999999", 1, None),
    ],
)
def test_a_number_is_moved_along_all_its_digits(number, by, written):
    assert number_ranges.shift_number(number, by) == written
