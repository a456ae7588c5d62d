"""Every question the product asks of a collection is answered by a declared index."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import combinations, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId
from pymongo.errors import BulkWriteError

import jobs
from admin.pages.list_model import sortable
from records.declaration.registry import registered
from records.lists import index_selection, paging, scan, search
from records.lists.filters import FilterType, filters_of, query
from records.lists.paging import Cursor, Order, page

ZONE = ZoneInfo("Asia/Taipei")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
KINDS = registered()
SAMPLES = {
    FilterType.BOOL: "1",
    FilterType.DATE: "this-month",
    FilterType.NUMBER: "1",
    FilterType.REFERENCE: str(ObjectId()),
    FilterType.TEXT: "x",
}
READING = ("aggregate", "find", "count", "distinct")


@pytest.fixture
def plans(database, commands, actor, monkeypatch):
    """The plans of what was asked of a collection since: `plans("complaints")`."""
    monkeypatch.setattr(scan, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(index_selection, "FARTHEST_DAYS", 1)
    index_selection.clear()

    known: dict[str, set[str]] = {}

    def plan(body: dict[str, Any]) -> set[str]:
        shape = repr(_shape(_plain(body)))
        if shape not in known:
            known[shape] = _stages(database.command("explain", _plain(body)))
        return known[shape]

    def plans(collection: str) -> list[tuple[dict[str, Any], set[str]]]:
        asked = [body for body in commands.bodies if _reads(body, collection)]
        commands.forget()
        assert asked, f"nothing was asked of {collection}"
        return [(body, plan(body)) for body in asked]

    return plans


def _reads(body: dict[str, Any], collection: str) -> bool:
    name = next(iter(body))
    is_estimate = name == "count" and not body.get("query")  # answered from what a server keeps of itself
    return name in READING and body[name] == collection and not is_estimate


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    ours = {"lsid", "txnNumber", "$db", "$clusterTime", "maxTimeMS", "$readPreference", "apiVersion"}
    return {name: value for name, value in body.items() if name not in ours}


def _shape(value: Any) -> Any:
    """A command but for its moments and ids, on whose values no plan depends where there are no records."""
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return type(value).__name__ if isinstance(value, datetime | ObjectId) else value


def _stages(found: Any) -> set[str]:
    """The names of all stages of a plan, wherever an engine puts them."""
    if isinstance(found, dict):
        own = {found["stage"]} if isinstance(found.get("stage"), str) else set()
        return own.union(*(_stages(value) for value in found.values()))
    return set().union(*map(_stages, found)) if isinstance(found, list) else set()


def questions(kind) -> dict[str, dict[str, list[str]]]:
    """An address for each filter of a kind and each form of its value, for a search, and for none."""
    asked: dict[str, dict[str, list[str]]] = {"all": {}, "search": {"search": ["refund 退款 kitchen"]}}
    for name, one in filters_of(kind).items():
        value = str(one.choices[0]) if one.choices else SAMPLES[one.form]
        asked[name] = {name: [value]}
        if one.optional:
            asked[f"{name} or empty"] = {name: ["empty"] if one.form is FilterType.DATE else [value, "empty"]}
        if one.form is FilterType.DATE:
            asked[f"{name} from"] = {f"{name}_from": ["2029-12-01"]}
    return asked


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection_name())
def test_no_list_and_no_count_reads_a_whole_collection(kind, plans):
    name, scans = kind.collection_name(), set()
    own = kind.policy.order
    orders = {own} | {sign + one for one in sortable(kind) for sign in ("", "-")}
    for label, asked in questions(kind).items():
        wanted = sorted(orders) if label in {"all", "overdue"} else [own, *["-_id"] * (label == "search")]
        for order in map(Order.of, wanted):
            place = Cursor(NOW if order.field.endswith("_at") else None, ObjectId())
            for where in ({}, {"after": place}, {"last": True}):
                page(name, query(kind, asked, NOW, ZONE), order, size=20, **where)
                scans |= {(label, str(order), *where) for _body, found in plans(name) if "COLLSCAN" in found}
        if asked:
            paging.count(name, query(kind, asked, NOW, ZONE))
            scans |= {(label, "count") for _body, found in plans(name) if "COLLSCAN" in found}

    assert not scans


def pairs(kind) -> dict[str, dict[str, list[str]]]:
    """An address for every two filters of a kind together."""
    single = {name: asked for name, asked in questions(kind).items() if name in filters_of(kind)}
    return {f"{a}, {b}": {**single[a], **single[b]} for a, b in combinations(single, 2)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection_name())
def test_no_two_filters_together_read_a_whole_collection(kind, plans):
    name, scans = kind.collection_name(), set()
    for label, asked in pairs(kind).items():
        where = query(kind, asked, NOW, ZONE)
        page(name, where, Order.of(kind.policy.order), size=20)
        paging.count(name, where)
        scans |= {label for _body, found in plans(name) if "COLLSCAN" in found}

    assert not scans


def records(kind, count: int) -> list[dict[str, Any]]:
    """Records a few hours apart, that have what each filter asks for every other time, and no two alike."""
    found = []
    for n in range(count):
        at = datetime.now(UTC) - timedelta(hours=6 * n)
        row: dict[str, Any] = {"_id": ObjectId.from_datetime(at), "created_at": at, "search": [1, n]}
        for place, (name, one) in enumerate(filters_of(kind).items()):
            if name == "overdue" or "." in one.path:
                continue
            value: Any = str(one.choices[0]) if one.choices else SAMPLES[one.form]
            value = (
                at
                if one.form is FilterType.DATE
                else ObjectId(value)
                if one.form is FilterType.REFERENCE
                else value
            )
            if n >> place & 1 or one.form is FilterType.DATE:
                row[one.path] = [value] if one.inside else value
        own = Order.of(kind.policy.order).field
        row.setdefault(own, f"{n:06d}")
        for spec in kind._meta["index_specs"]:
            if spec.get("unique") and not spec.get("sparse"):
                row.setdefault(spec["fields"][0][0], f"K-{count - n:06d}")
        found.append(row)
    return found


def passed(collection, pipeline) -> int:
    """How many keys a reading passes: those its first stage names, unless a limit comes before the rest;
    where each of them is a row, the limit of the page ends it."""
    matches = list(takewhile(lambda step: "$match" in step, pipeline))
    after = [next(iter(step.items())) for step in pipeline[len(matches) :]]
    cut = list(takewhile(lambda step: step[0] in {"$sort", "$skip", "$limit"}, after))
    limits = [sum(value for name, value in cut if name != "$sort")] if "$limit" in dict(cut) else []
    named = collection.count_documents(matches[0]["$match"] if matches else {})
    is_rows = (
        named == collection.count_documents({"$and": [step["$match"] for step in matches]})
        if matches
        else True
    )
    return min([named, *limits]) if is_rows or any(name == "$match" for name, _value in after) else named


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection_name())
def test_a_page_passes_a_bounded_number_of_keys_whatever_two_filters_ask(
    kind, database, commands, actor, monkeypatch
):
    monkeypatch.setattr(scan, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", 12)
    index_selection.clear()
    collection = database[kind.collection_name()]
    with suppress(BulkWriteError):  # of what there may be but one, one is enough
        collection.insert_many(records(kind, 120), ordered=False)
    search.condition(kind, "refund kitchen")  # which words are common is looked up once
    commands.forget()
    most: dict[str, int] = {}
    for label, asked in (questions(kind) | pairs(kind)).items():
        where = query(kind, asked, datetime.now(UTC), ZONE)
        page(kind.collection_name(), where, Order.of(kind.policy.order), size=5)
        bodies = [body for body in commands.bodies if body.get("aggregate") == kind.collection_name()]
        commands.forget()
        most[label] = max((passed(collection, body["pipeline"]) for body in bodies), default=0)
        commands.forget()

    far = {label: keys for label, keys in most.items() if keys > 3 * 12}
    assert far == {}, far


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection_name())
def test_looking_records_up_reads_no_whole_collection(kind, plans):
    for text in ("", "refund", "refund 退款"):
        search.suggestions(kind, text, 12, {"_id": 1})
    for text in ("C-2030-000001", "U-000001"):
        search.by_number(kind, text, {}, {"_id": 1})

    assert not [body for body, found in plans(kind.collection_name()) if "COLLSCAN" in found]


def test_jobs_find_their_work_by_an_index(database, plans, now):
    scans = set()
    for job in jobs.TIMETABLE:
        for part in job.parts(now):
            part.ids(None)
            name = part.kind.collection_name()
            scans |= {(job.name, part.name) for _body, found in plans(name) if "COLLSCAN" in found}

    assert not scans


def test_the_plan_of_a_question_without_an_index_is_recognised(database, plans):
    list(database.complaints.find({"place": "nowhere"}))

    assert any("COLLSCAN" in found for _body, found in plans("complaints"))
