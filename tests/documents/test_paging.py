"""Walking a list page by page: every row once, in order, whatever happens meanwhile."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.lists import numbers, paging, sizes, walk, windows
from documents.lists.paging import BadCursor, Cursor, Order, page

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
    monkeypatch.setattr(walk, "SMALL", 10**9 if request.param == "at once" else -1)
    windows.forget()
    return database.complaints


def store(collection, rows) -> list[dict[str, Any]]:
    """Store rows due so many minutes after `START`; they are created in the order of their ids."""
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
    windows.forget()
    made = store(complaints, rows)
    query = {"state": "received"} if narrowed else {}
    wanted = in_order([row for row in made if not narrowed or row["state"] == "received"], Order.of(order))

    for _again in ("nothing learned yet", "learned"):
        assert forwards(query, Order.of(order), size) == wanted
        assert backwards(query, Order.of(order), size) == wanted


@FEW
@given(rows=lists, order=st.sampled_from(ORDERS), size=st.integers(1, 7), first=st.integers(0, 30))
def test_a_range_asked_of_the_sort_key_itself_is_kept(complaints, rows, order, size, first):
    windows.forget()
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
    windows.forget()
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
    windows.forget()
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


@pytest.fixture
def many(database, monkeypatch):
    """Complaints of three months, six a day, in a collection that counts as large."""
    monkeypatch.setattr(walk, "SMALL", 100)
    windows.forget()
    paging.forget_sizes()
    now = datetime.now(UTC)
    rows = [
        {
            "_id": ObjectId.from_datetime(now - timedelta(hours=4 * n)),
            "number": str(n),
            "state": "received" if n % 3 else "waiting",
            "created_at": now - timedelta(hours=4 * n),
            "due_at": now - timedelta(hours=4 * n - 72),
            "search": [1, 2 + n % 5, 10 + n % 50],
        }
        for n in range(500)
    ]
    for start in range(0, len(rows), 100):
        database.complaints.insert_many(rows[start : start + 100])
    paging.size_of("complaints")
    return database.complaints


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
    monkeypatch.setattr(sizes, "CAP", 20)

    assert paging.count("complaints", {"state": "waiting"}) == (20, True)
    assert paging.count("complaints", {"search": {"$all": [12, 1]}}) == (10, False)


# -- Where no index answers all that is asked ---------------------------------------------------


@pytest.fixture(params=[1, 10])
def short_reach(request, monkeypatch):
    """A walk passes so many keys at most."""
    monkeypatch.setattr(walk, "REACH", request.param)
    return request.param


def walked(query, order, size, *, back=False) -> tuple[list[ObjectId], int]:
    """All rows of a list, going on from where each page ended or stopped short; and how many stopped."""
    found: list[ObjectId] = []
    stopped, place = 0, {"last": True} if back else {}
    for _page in range(100):
        here = page("complaints", query, order, size=size, **place)
        ids = [row["_id"] for row in here.rows]
        found = ids + found if back else found + ids
        stopped += here.reached is not None
        if not (here.has_previous if back else here.has_next):
            return found, stopped
        end = here.reached or Cursor.at(here.rows[0 if back else -1], order)
        place = {"before" if back else "after": Cursor.read(str(end))}
    raise AssertionError("this list does not end")


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
    windows.forget()
    made = store(complaints, rows)
    for n, row in enumerate(made):
        complaints.update_one({"_id": row["_id"]}, {"$set": {"place": "a" if n % 3 else "b"}})
        row["place"] = "a" if n % 3 else "b"
    query = {"place": place, "state": "received"}
    wanted = in_order([row for row in made if query.items() <= row.items()], Order.of(order))

    for _again in ("nothing learned yet", "learned"):
        assert walked(query, Order.of(order), size)[0] == wanted
        assert walked(query, Order.of(order), size, back=True)[0] == wanted


def test_a_page_that_finds_little_stops_and_says_how_far_it_came(many, monkeypatch):
    monkeypatch.setattr(walk, "REACH", 50)
    many.update_one({"number": "120"}, {"$set": {"place": "attic"}})
    order = Order.of("-created_at")

    first = page("complaints", {"place": "attic"}, order, size=20)
    assert (first.rows, first.has_next) == ([], True)
    assert datetime.now(UTC) - first.reached.key < timedelta(days=10)

    found, stopped = walked({"place": "attic"}, order, 20)
    assert len(found) == 1
    assert 8 <= stopped <= 14


def test_a_page_that_is_full_within_its_reach_stops_nowhere(many, monkeypatch):
    monkeypatch.setattr(walk, "REACH", 100)

    assert (
        page(
            "complaints", {"closed_at": None, "number": {"$ne": "1"}}, Order.of("-created_at"), size=20
        ).reached
        is None
    )


def test_what_another_index_narrows_to_little_is_found_at_once(many, monkeypatch):
    monkeypatch.setattr(walk, "REACH", 50)
    many.update_one({"number": "480"}, {"$set": {"source_key": "x", "search": [77]}})

    found = page("complaints", {"search": 77, "source_key": "x"}, Order.of("-created_at"), size=20)

    assert [row["number"] for row in found.rows] == ["480"]
    assert found.reached is None


def test_a_count_looks_no_further_than_it_may_and_says_so(many, monkeypatch):
    monkeypatch.setattr(sizes, "LOOKED_AT", 120)

    number, more = paging.count("complaints", {"number": {"$in": [str(n) for n in range(0, 500, 10)]}})

    assert (number, more) == (12, True)
    assert paging.count("complaints", {"state": "waiting"}) == (167, False)


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
    assert numbers.moved(number, by) == written


def test_a_page_by_number_asks_for_a_narrow_stretch(many, commands):
    for n, row in enumerate(many.find({}, {"_id": 1}).sort("_id", 1)):
        many.update_one({"_id": row["_id"]}, {"$set": {"number": f"C-2026-{n:06d}"}})
    commands.forget()

    found = page("complaints", {}, Order.of("-number"), size=20)

    assert [row["number"] for row in found.rows] == [f"C-2026-{n:06d}" for n in range(499, 479, -1)]
    assert commands.bodies[-1]["pipeline"][0]["$match"] == {"number": {"$gte": "C-2026-000435"}}
    deep = page("complaints", {}, Order.of("number"), size=20, after=Cursor("C-2026-000099", ObjectId()))
    assert deep.rows[0]["number"] == "C-2026-000100"
