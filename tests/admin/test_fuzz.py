"""Whatever is sent, by whoever, to whichever address: nothing answers that it is our fault.

STEWARD_FUZZ says how many requests; a few hundred are enough for a run of all tests.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
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

from admin.forms.field_factory import is_offered
from exchange.importing import importable
from records.declaration.actions import ActionRefused, actions_of
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.declaration.registry import by_collection, registered
from records.lists.filters import filters_of
from records.lists.paging import Cursor
from records.storage.writer import DuplicateValue
from security.actor import Actor
from security.permissions import Action, Role
from tests.admin.form_parser import Sheet
from tests.admin.sample_register import Leg, Parcel, Size
from tests.factories import ComplaintFactory, ConsentFactory, FeedbackFactory, UserFactory
from tests.plugins.client import PanelClient

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
    for kind in registered():
        for name in kind._fields:
            found += [name, f"{name}_from", f"{name}_to", f"choice-{name}", f"{name}-empty", f"{name}-0"]
        found += [ask.name for one in actions_of(kind).values() for ask in one.inputs]
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
    for kind in registered():
        if not any(isinstance(one, kind) for one in others):
            with suppress(ValidationError, DuplicateValue, ActionRefused):
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
    if isinstance(field, ReferenceIdField):
        return next((one.pk for one in others if one.collection_name() == field.kind), None)
    if field.choices:
        return field.choices[0]
    known = {DateTimeField: datetime(2030, 1, 2, tzinfo=UTC), BooleanField: True, EmailField: "a@example.com"}
    plain = {StringField: "2030-01-02", IntField: 1, FloatField: 1.5}
    return next((value for sort, value in (known | plain).items() if isinstance(field, sort)), None)


def prepared(browser: PanelClient, chosen: Role | None) -> list[str]:
    """Imports under way, of each register that takes files from this role."""
    found = []
    for kind in importable.importable_kinds().values():
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


@dataclass(frozen=True)
class Nth:
    """One of what is there when the request is sent: which, not what, so that what is drawn never depends on it."""

    which: int

    def of(self, there: Sequence[str]) -> str:
        return there[self.which % len(there)]


nth = st.builds(Nth, st.integers(0, 999))


def once_in(times: int) -> st.SearchStrategy[bool]:
    return st.integers(0, times - 1).map(lambda one: one == 0)


@dataclass(frozen=True)
class Attempt:
    """A request before anything is known of the records and pages it will meet."""

    rule: Rule
    method: str
    parts: dict[str, str | Nth]
    record: str | Nth
    pairs: list[tuple[str, str | Nth]]
    strange_bytes: bool
    headers: list[tuple[str, str]]
    body: bytes | None
    changes: list[tuple[Nth, str]]
    fields: list[tuple[str, str | Nth]]
    token: str | None
    file: str | None


def attempts_at(rule: Rule, names: list[str]) -> st.SearchStrategy[Attempt]:
    """Requests to one address: mostly as it is meant to be used, with something wrong here and there."""
    kind = by_collection(rule.rule.split("/")[2]) if rule.rule.count("/") > 2 else None
    words = ["csv", "xlsx", "flag-overdue", *(actions_of(kind) if kind else ())]
    pairs = st.lists(st.tuples(st.sampled_from(names), st.one_of(nth, texts)), max_size=6)
    usual = "POST" if "POST" in (rule.methods or ()) else "GET"
    return st.builds(
        Attempt,
        rule=st.just(rule),
        method=once_in(8).flatmap(lambda odd: st.sampled_from(ANY) if odd else st.just(usual)),
        parts=st.fixed_dictionaries(
            {name: st.one_of(nth, st.sampled_from(words), texts) for name in rule.arguments}
        ),
        record=once_in(8).flatmap(lambda odd: texts if odd else nth),
        pairs=pairs,
        strange_bytes=once_in(20),
        headers=st.lists(st.tuples(st.sampled_from(HEADERS), texts), max_size=1),
        body=once_in(10).flatmap(lambda odd: st.binary(max_size=200) if odd else st.none()),
        changes=st.lists(st.tuples(nth, texts), max_size=4),
        fields=pairs,
        token=once_in(20).flatmap(lambda odd: texts if odd else st.none()),
        file=once_in(10).flatmap(lambda odd: st.sampled_from(names) if odd else st.none()),
    )


@dataclass
class House:
    """What is there for requests to meet; what they delete is made again."""

    people: list[Governed]
    others: list[Governed]
    imports: list[str]

    @property
    def ids(self) -> list[str]:
        return [str(record.pk) for record in (*self.people, *self.others)]

    def ids_at(self, path: str) -> list[str]:
        """The ids of what has its page there: records of the kind, or imports that are under way."""
        if "/import/" in path:
            return [pk for home, pk in (one.split() for one in self.imports) if path.startswith(home)]
        return [str(one.pk) for one in (*self.people, *self.others) if f"/{one.collection_name()}/" in path]

    def is_incomplete(self) -> bool:
        return any(not type(record).objects(pk=record.pk).count() for record in self.people)


def known(pairs: Iterable[tuple[str, str | Nth]], there: list[str]) -> list[tuple[str, str]]:
    return [(name, value.of(there) if isinstance(value, Nth) else value) for name, value in pairs]


def address(attempt: Attempt, house: House) -> str:
    """One of the panel's own addresses, its variable parts filled with what fits and what does not."""
    filled = dict(known(attempt.parts.items(), house.ids))
    path = "".join(
        quote(filled[part], safe="") if is_dynamic else part
        for is_dynamic, part in attempt.rule._trace  # type: ignore[attr-defined]
        if part != "|"
    )
    fitting = known([("id", attempt.record)], house.ids_at(path) or house.ids)
    query = urlencode([*fitting, *known(attempt.pairs, house.ids)])
    return f"{path}?{query}" + ("&id=%ff%fe&%ff=%00" if attempt.strange_bytes else "")


def sendable(headers: list[tuple[str, str]]) -> dict[str, str]:
    """What a client can put into a header at all."""
    return {
        name: "".join(sign for sign in text if sign >= " ").encode().decode("latin-1")
        for name, text in headers
    }


def body(attempt: Attempt, page: str, token: str, house: House) -> Any:
    """A form as the page has it with a few answers changed; or just anything."""
    if attempt.body is not None:
        return attempt.body
    form: dict[str, Any] = {"confirmed": "1", "reason": "because", **Sheet(page).sent()}
    names = sorted(form)
    form |= {name.of(names): text for name, text in attempt.changes} | {"csrf_token": token}
    form |= dict(known(attempt.fields, house.ids))
    if attempt.token is not None:
        form["csrf_token"] = attempt.token
    if attempt.file is not None:
        form[attempt.file] = (BytesIO(b"\x89PNG\xff"), "a\u202e.html", "text/html")
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
    house = House(people, one_of_each_other_kind(people), prepared(browser, chosen))  # type: ignore[arg-type]
    rules = [rule for rule in app.url_map.iter_rules() if "logout" not in rule.rule]
    names = known_names()

    @settings(
        max_examples=max(REQUESTS // 6, 1),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(rules).flatmap(lambda rule: attempts_at(rule, names)))
    def ask(attempt: Attempt) -> None:
        url, method = address(attempt, house), attempt.method
        options: dict[str, Any] = {"headers": sendable(attempt.headers)}
        if method not in {"GET", "HEAD"}:
            page = browser.get(url) if "GET" in (attempt.rule.methods or ()) else None
            shown = page.text if page and page.status_code == 200 else ""
            options["data"] = body(attempt, shown, token, house)

        answer = browser.open(url, method=method, **options)

        assert answer.status_code < 500, f"{method} {url} {options} → {answer.text[:300]}"
        if answer.status_code == 302:
            assert not answer.location.startswith(("//", "https:", "javascript:")), answer.location
            if house.is_incomplete():
                house.people = people_and_parcels()

    ask()
