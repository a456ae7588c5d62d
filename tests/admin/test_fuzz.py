"""Whatever is sent, by whoever, to whichever address: nothing answers that it is our fault.

STEWARD_FUZZ says how many requests; a few hundred are enough for a run of all tests.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from bson import ObjectId
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mongoengine import (
    BooleanField,
    DateTimeField,
    EmailField,
    EmbeddedDocumentField,
    FloatField,
    IntField,
    ListField,
    StringField,
    ValidationError,
)
from pymongo.database import Database
from werkzeug.routing import Rule

from admin.forms.inputs import is_offered
from documents.declaration.fields import Reference
from documents.declaration.record import Governed
from documents.declaration.registry import by_collection, governed
from documents.declaration.verbs import Refused, verbs_of
from documents.importing import importable
from documents.lists.filters import filters_of
from documents.lists.paging import Cursor
from documents.storage.writing import TakenValue
from security.actor import Actor
from security.permissions import Action, Role
from tests.admin.parcel import Leg, Parcel, Size
from tests.admin.sheet import Sheet
from tests.factories import ComplaintFactory, ConsentFactory, FeedbackFactory, UserFactory
from tests.plugins.panel import PanelClient

REQUESTS = int(os.environ.get("STEWARD_FUZZ", "300"))

ODD = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "20",
    "1e999",
    "NaN",
    "9" * 400,
    "9" * 5000,
    "a" * 5000,
    "true",
    "null",
    "[]",
    '{"$gt": ""}',
    "$where",
    "a.b",
    "__proto__",
    "-created_at",
    "due_at",
    "desc",
    "\x00",
    "\x07",
    "\r\nSet-Cookie: a=b",
    "％",
    "\u202e",
    "🦆",
    "李小明",
    "(.*",
    "../../etc/passwd",
    "//evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "2030-01-01",
    "2030-02-30",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00",
    "9999-12-31T23:59:59.999",
    "12026-01-01",
    "today",
    "overdue",
    "urgent",
    "complaint",
    "mine",
    "theirs",
    "csv",
    "xlsx",
    "delete",
    "request_deletion",
    "zh_Hant_TW",
]
CURSORS = [
    str(Cursor(key, ObjectId()))
    for key in (datetime(2026, 1, 1, tzinfo=UTC), None, "C-2026-000045", "U-000001", "x", 5, 1.5, True)
]
SORTS = ["number", "-number", "-due_at", "name", "-day", "_id"]
NAMES = [
    "id", "url", "next", "page", "after", "before", "at", "last", "from", "to", "sort", "size", "search", "query",
    "state", "overdue", "due", "action", "rowid", "confirmed", "reason", "fields", "personal", "token", "version", "done",
    "was", "language", "theme", "email", "password", "remember", "facets", "count", "source", "zone", "lenient", "file",
    "to-0", "to-1", "to-2", "everything", "form", "columns",
]  # fmt: skip
HEADERS = ["Accept", "Accept-Language", "Content-Type", "X-Forwarded-For", "X-Forwarded-Host", "Cookie", "Range",
           "If-None-Match", "If-Modified-Since", "Referer", "User-Agent", "X-Requested-With", "Origin",
           "X-Forwarded-Proto", "Host", "Authorization", "If-Range", "Content-Length", "Transfer-Encoding"]  # fmt: skip

pytestmark = pytest.mark.usefixtures("parcels")


@pytest.fixture(scope="session")
def _panel(_panel_with_parcels: Flask) -> Flask:
    return _panel_with_parcels


def known_names() -> list[str]:
    """Every name a request can carry that means something here."""
    found = list(NAMES)
    for kind in governed():
        for name in kind._fields:
            found += [name, f"{name}_from", f"{name}_to", f"choice-{name}", f"{name}-empty", f"{name}-0"]
        found += [ask.name for one in verbs_of(kind).values() for ask in one.asks]
        found += [word for one in filters_of(kind).values() for word in one.words]
    found += [
        "legs-0-place",
        "legs-1-at",
        "legs-0-was",
        "del-legs-0",
        "legs-99999-note",
        "size-width",
        "scans-0-at",
    ]
    return sorted(set(found))


def people_and_parcels() -> list[Governed]:
    user = UserFactory()
    return [
        user,
        ConsentFactory(user=user),
        FeedbackFactory(user=user),
        ComplaintFactory(user=user, contact_email="a@example.com"),
        Parcel(number="P", legs=[Leg(place="here")], size=Size(width=1), marks=["a"], addressee=user).save(),
    ]


def one_of_each_other_kind(others: list[Governed]) -> list[Governed]:
    """Every kind has its pages; some records are made by other deeds alone, and those are not here."""
    made: list[Governed] = []
    for kind in governed():
        if not any(isinstance(one, kind) for one in others):
            with suppress(ValidationError, TakenValue, Refused):
                made.append(filled(kind, [*others, *made]).save())
    return made


def filled(kind: type[Governed], others: list[Governed]) -> Governed:
    """A record with something in every field that a form offers."""
    record = kind()
    for name, field in kind._fields.items():
        if is_offered(field, new=True) and not isinstance(field, EmbeddedDocumentField | ListField):
            setattr(record, name, something(field, others))
        elif isinstance(field, ListField) and field.required and field.field.choices:
            setattr(record, name, [field.field.choices[0]])
    return record


def something(field: Any, others: list[Governed]) -> Any:
    if isinstance(field, Reference):
        return next((one.pk for one in others if one.collection_name() == field.kind), None)
    if field.choices:
        return field.choices[0]
    known = {DateTimeField: datetime(2030, 1, 2, tzinfo=UTC), BooleanField: True, EmailField: "a@example.com"}
    plain = {StringField: "2030-01-02", IntField: 1, FloatField: 1.5}
    return next((value for sort, value in (known | plain).items() if isinstance(field, sort)), None)


def prepared(browser: PanelClient, chosen: Role | None) -> list[str]:
    """Imports under way, of each register that takes files from this role."""
    found = []
    for kind in importable.kinds().values():
        if chosen in (kind.policy.access or {})[Action.IMPORT]:
            rows = (BytesIO("编号,姓名,内容\n1,王芳,灯坏了\n".encode()), "rows.csv")
            sent = {"file": rows}
            answer = browser.send(
                f"/admin/{kind.collection_name()}/import/", sent, content_type="multipart/form-data"
            )
            found.append(f"/admin/{kind.collection_name()}/import/ {answer.location.rpartition('=')[2]}")
    return found


texts = st.one_of(
    st.sampled_from([*ODD, *CURSORS, *SORTS]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
)


ANY = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


def likely(rule: Rule) -> list[str]:
    """Where something can be sent, it is sent."""
    return ["POST"] if "POST" in (rule.methods or ()) else ["GET"]


def address(rule: Rule, ids: list[str], draw: Callable[..., Any]) -> str:
    """One of the panel's own addresses, its variable parts filled with what fits and what does not."""
    kind = by_collection(rule.rule.split("/")[2]) if rule.rule.count("/") > 2 else None
    words = ["csv", "xlsx", "flag-overdue", *ids, *(verbs_of(kind) if kind else ())]
    filled = {name: draw(st.one_of(st.sampled_from(words), texts)) for name in rule.arguments}
    return "".join(
        quote(filled[part], safe="") if is_dynamic else part
        for is_dynamic, part in rule._trace  # type: ignore[attr-defined]
        if part != "|"
    )


def fitting(path: str, records: list[Governed], imports: list[str], draw: Callable[..., Any]) -> str:
    """Mostly the id of a record of the kind whose page it is, or of an import that is under way there."""
    own = [str(record.pk) for record in records if f"/{record.collection_name()}/" in path]
    if "/import/" in path:
        own = [pk for home, pk in (one.split() for one in imports) if path.startswith(home)]
    return draw(st.sampled_from(own)) if own and draw(st.integers(0, 7)) else draw(texts)


def sendable(headers: list[tuple[str, str]]) -> dict[str, str]:
    """What a client can put into a header at all."""
    return {
        name: "".join(sign for sign in text if sign >= " ").encode().decode("latin-1")
        for name, text in headers
    }


def body(page: str, token: str, pairs: Any, names: list[str], draw: Callable[..., Any]) -> Any:
    """A form as the page has it with a few answers changed; or just anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    form: dict[str, Any] = {"confirmed": "1", "reason": "because", **Sheet(page).sent(), "csrf_token": token}
    if page:
        changes = st.lists(st.tuples(st.sampled_from(sorted(form)), texts), max_size=4)
        form.update({name: text for name, text in draw(changes) if name != "csrf_token"})
    form.update(dict(draw(pairs)))
    if draw(st.integers(0, 19)) == 0:
        form["csrf_token"] = draw(texts)
    if draw(st.integers(0, 9)) == 0:
        form[draw(st.sampled_from(names))] = (BytesIO(b"\x89PNG\xff"), "a\u202e.html", "text/html")
    return form


@pytest.mark.parametrize("chosen", [*Role, None], ids=str)
def test_nothing_is_ever_our_fault(
    app: Flask,
    signed_in: Callable[..., PanelClient],
    database: Database,
    actor: Actor,
    chosen: Role | None,
) -> None:
    browser = signed_in(chosen) if chosen else app.test_client()
    browser.raise_request_exception = False  # type: ignore[attr-defined]
    token = browser.token()
    people = people_and_parcels()
    records = [*people, *one_of_each_other_kind(people)]
    ids = [str(record.pk) for record in records]
    imports = prepared(browser, chosen)  # type: ignore[arg-type]
    rules = [rule for rule in app.url_map.iter_rules() if "logout" not in rule.rule]
    names = known_names()

    @settings(
        max_examples=max(REQUESTS // 6, 1),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        draw = data.draw
        pairs = st.lists(
            st.tuples(st.sampled_from(names), st.one_of(st.sampled_from(ids), texts)), max_size=6
        )
        rule = draw(st.sampled_from(rules))
        path = address(rule, ids, draw)
        query = urlencode([("id", fitting(path, records, imports, draw)), *draw(pairs)])
        if draw(st.integers(0, 19)) == 0:
            query += "&id=%ff%fe&%ff=%00"
        method = draw(st.sampled_from(ANY if draw(st.integers(0, 7)) == 0 else likely(rule)))
        options: dict[str, Any] = {
            "headers": sendable(draw(st.lists(st.tuples(st.sampled_from(HEADERS), texts), max_size=1)))
        }
        if method not in {"GET", "HEAD"}:
            page = browser.get(f"{path}?{query}") if "GET" in (rule.methods or ()) else None
            options["data"] = body(
                page.text if page and page.status_code == 200 else "", token, pairs, names, draw
            )

        answer = browser.open(f"{path}?{query}", method=method, **options)

        assert answer.status_code < 500, f"{method} {path}?{query} {options} → {answer.text[:300]}"
        if answer.status_code == 302:
            assert not answer.location.startswith(("//", "https:", "javascript:")), answer.location
            if any(not type(record).objects(pk=record.pk).count() for record in records[: len(people)]):
                records[: len(people)] = people_and_parcels()
                ids[:] = [str(record.pk) for record in records]

    ask()
