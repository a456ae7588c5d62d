"""This panel, as somebody who may see everything uses it."""

import html
import itertools
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread
from typing import Any

import pymongo
from bson import ObjectId
from flask.testing import FlaskClient
from flask_security import hash_password

from admin.pages import counts
from app import create_app
from bench import data
from bench.cases import AT_ONCE, BULK, DEEP, EXPORT, SEALED, SEARCH_EN, SEARCH_ZH, Case
from config import Settings
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.ticket import Priority
from exchange import exporting
from exchange.bulk.bulk_actions import SET, BulkAction, Selection
from exchange.exporting import ExportFormat
from records.lists.paging import Cursor, Order
from records.storage import database as limits
from records.storage.database import connect, database
from security.actor import Actor, act_as

PASSWORD = "a lantern over nine rivers"
BATCH, BATCH_SECONDS = 500, 60
PATIENCE_MS = 600_000
"""Here a page that is too slow is measured, where people would be told to try again."""
LIST = "/admin/complaints/"
NEWEST = Order.of("-created_at")
SMALL = 400
"""So many records are written while somebody waits for them."""


def cases(uri: str, name: str) -> Iterator[Case]:
    """The work that is measured, in order: what changes data comes last."""
    limits.TIMEOUT_MS = PATIENCE_MS
    connect(uri, name)
    data.use_keys()
    client = _signed_in()
    count = database().complaints.estimated_document_count()
    deep = database().complaints.find_one({"created_at": {"$lte": data.at_row(DEEP, count)}})
    after = Cursor.at(deep, NEWEST)  # type: ignore[arg-type]
    yield "first page", _get(client, LIST)
    yield "sorted by due time", _get(client, f"{LIST}?sort=due_at")
    yield "deep page", _get(client, f"{LIST}?after={after}")
    yield "filter overdue", _get(client, f"{LIST}?overdue=1")
    yield "search en", _get(client, f"{LIST}?search={SEARCH_EN}")
    yield "search zh", _get(client, f"{LIST}?search={SEARCH_ZH}")
    yield "count and choices", _count_anew(client, f"{LIST}count/")
    address = f"{LIST}edit/?id={deep['_id']}"  # type: ignore[index]
    yield "edit get", _get(client, address)
    yield "edit post", _edit(client, address)
    others = _Exporting(client, data.at_row(SMALL, count))
    yield f"first page, {AT_ONCE} exports", others.beside(_get(client, LIST))
    others.stop()
    with act_as(Actor.command("bench")):
        yield f"bulk {BULK:,}", partial(_bulk, data.at_row(count - BULK, count))
        newest = data.at_row(EXPORT, count)
        yield f"export {EXPORT:,}", partial(_export, newest, ExportFormat.CSV, *_usual_columns())
        yield (
            f"export {EXPORT:,}, sealed",
            partial(_export, newest, ExportFormat.CSV, *_usual_columns(), *SEALED),
        )
        yield f"export {EXPORT:,}, as Excel", partial(_export, newest, ExportFormat.XLSX, *_usual_columns())


def _signed_in() -> FlaskClient:
    app = create_app(Settings(secret_key="only for measurements " * 2, secure_cookies=False))
    email = f"{uuid.uuid4().hex}@example.com"
    with app.app_context(), act_as(Actor.command("bench")):
        Staff(
            name="Lin Mei", email=email, roles=["compliance"],
            password=hash_password(PASSWORD), fs_uniquifier=uuid.uuid4().hex,
        ).save()  # fmt: skip
    client = app.test_client()
    page = client.get("/login").text
    answer = client.post(
        "/login", data={"email": email, "password": PASSWORD, "csrf_token": _fields(page)["csrf_token"]}
    )
    assert answer.status_code == 302, answer.text
    return client


def _get(client: FlaskClient, address: str) -> Callable[[], Any]:
    def get() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status)

    return get


def _count_anew(client: FlaskClient, address: str) -> Callable[[], Any]:
    """The request that follows a page, when nobody has asked for a while."""
    get = _get(client, address)

    def count() -> None:
        counts.forget()
        get()

    return count


def _fields(page: str) -> dict[str, str]:
    """What a form would send as it stands."""
    found = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)
        if not name.endswith("-empty")
    }
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option selected[^>]* value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL
    ):
        found[name] = html.unescape(text)
    return found


def _edit(client: FlaskClient, address: str) -> Callable[[], Any]:
    """Save the form with another topic each time, at the version that the last save left."""
    form = _fields(client.get(address).text)
    form.pop("language", None)
    versions = itertools.count(int(form["version"]))

    def post() -> None:
        answer = client.post(address, data=form | {"version": str(next(versions)), "topic": uuid.uuid4().hex})
        assert answer.status_code == 302, answer.text

    return post


class _Exporting:
    """Several people who take out as much as is written while they wait, over and over, from the first
    time that something is done beside them."""

    def __init__(self, client: FlaskClient, since: datetime) -> None:
        self._client, self._over = client, Event()
        self._threads: list[Thread] = []
        self._address = f"{LIST}export/xlsx/?created_at_from={since.date().isoformat()}"

    def beside(self, work: Callable[[], Any]) -> Callable[[], Any]:
        def do() -> None:
            if not self._threads:
                self._begin()
            work()

        return do

    def _begin(self) -> None:
        session = self._client.get_cookie("steward")
        assert session
        for _person in range(AT_ONCE):
            mine = self._client.application.test_client()
            mine.set_cookie(session.key, session.value)
            self._threads.append(Thread(target=self._go_on, args=(mine,)))
            self._threads[-1].start()

    def _go_on(self, mine: FlaskClient) -> None:
        while not self._over.is_set():
            assert mine.get(self._address).status_code == 200

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def _bulk(until: datetime) -> None:
    """Give the oldest records another priority, as the task of a change of many does."""
    collection = database().complaints
    before = ObjectId.from_datetime(until)
    selection = Selection(Complaint, {}, datetime.now(UTC), "UTC")
    deed = BulkAction(Complaint, SET, "measured", {"priority": Priority.URGENT.value})
    with pymongo.timeout(BATCH_SECONDS):
        ids = [row["_id"] for row in collection.find({"_id": {"$lt": before}}, {"_id": 1}).sort("_id", 1)]
        for start in range(0, len(ids), BATCH):
            deed.do(ids[start : start + BATCH], selection.where(), selection.at)


def _usual_columns() -> tuple[str, ...]:
    """What is ticked on the page of an export: nothing personal."""
    return tuple(name for name, ticked in exporting.columns_of(Complaint).items() if ticked)


def _export(since: datetime, form: ExportFormat, *columns: str) -> None:
    """Write the newest records into a file."""
    words = exporting.ExportLabels({name: name for name in columns}, {}, "Yes", "No", "(erased)")
    selection = Selection(
        Complaint, {"created_at_from": [since.date().isoformat()]}, datetime.now(UTC), "UTC"
    )
    plan = exporting.ExportSpec(selection, columns, words, "-created_at", form)
    with tempfile.TemporaryFile() as file, pymongo.timeout(BATCH_SECONDS):
        exporting.write(plan, file)
