"""The peer: stock Flask-Admin on MongoEngine, set up as its documentation says, on the same data."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import mongoengine
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.contrib.mongoengine import ModelView
from flask_babel import Babel
from mongoengine import DateTimeField, Document, ReferenceField, StringField
from werkzeug.datastructures import MultiDict

from bench import data
from bench.cases import BULK, DEEP, EXPORT, PAGE, SEARCH_EN, SEARCH_ZH, Case
from documents.tickets.complaint import ComplaintKind
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Priority

LIST = "/admin/complaint/"


class User(Document):
    number = StringField()
    name = StringField()
    email = StringField()
    meta = {"collection": "users", "auto_create_index": False}

    def __str__(self) -> str:
        return self.number


class Staff(Document):
    name = StringField()
    meta = {"collection": "staff", "auto_create_index": False}

    def __str__(self) -> str:
        return self.name


class Complaint(Document):
    number = StringField()
    content = StringField()
    topic = StringField()
    kind = StringField(choices=[one.value for one in ComplaintKind])
    channel = StringField(choices=[one.value for one in Channel])
    state = StringField(choices=[one.value for one in State])
    priority = StringField(choices=[one.value for one in Priority])
    user = ReferenceField(User)
    assignee = ReferenceField(Staff)
    due_at = DateTimeField()
    closed_at = DateTimeField()
    created_at = DateTimeField()
    updated_at = DateTimeField()
    meta = {"collection": "complaints", "auto_create_index": False}


INDEXES = ("-created_at", "due_at", "closed_at", "state", "user", "assignee")


class ComplaintView(ModelView):
    column_list = (
        "number",
        "content",
        "kind",
        "state",
        "priority",
        "user",
        "assignee",
        "due_at",
        "created_at",
    )
    column_searchable_list = ("number", "content")
    column_filters = ("state", "kind", "priority", "due_at", "closed_at", "created_at")
    column_default_sort = ("created_at", True)
    form_ajax_refs = {"user": {"fields": ("number",)}, "assignee": {"fields": ("name",)}}
    page_size = PAGE
    can_export = True
    export_max_rows = EXPORT


def cases(uri: str, name: str) -> Iterator[Case]:
    """The work that is measured, in the order of `bench.panel.cases`."""
    mongoengine.connect(name, host=uri)
    view, client = _app()
    now = data.NOW.strftime("%Y-%m-%d %H:%M:%S")
    overdue = _filters(view, ("due_at", "DateTimeSmallerFilter", now), ("closed_at", "FilterEmpty", "1"))
    since = data.at_row(EXPORT, Complaint.objects.count()).strftime("%Y-%m-%d 00:00:00")
    newest = _filters(view, ("created_at", "DateTimeGreaterFilter", since))
    yield "first page", _get(client, LIST)
    yield "sorted by due time", _get(client, f"{LIST}?sort={ComplaintView.column_list.index('due_at')}")
    yield "deep page", _get(client, f"{LIST}?page={DEEP // PAGE}")
    yield "filter overdue", _get(client, f"{LIST}?{overdue}")
    yield "search en", _get(client, f"{LIST}?search={SEARCH_EN}")
    yield "search zh", _get(client, f"{LIST}?search={SEARCH_ZH}")
    one = Complaint.objects.first()
    yield "edit get", _get(client, f"{LIST}edit/?id={one.pk}")
    yield "edit post", _edit(client, one)
    yield f"bulk {BULK:,}", _bulk
    yield f"export {EXPORT:,}", _get(client, f"{LIST}export/csv/?{newest}")


def _app() -> tuple[ComplaintView, FlaskClient]:
    app = Flask("peer")
    app.config["SECRET_KEY"] = "only for measurements"
    Babel(app)
    view = ComplaintView(Complaint)
    Admin(app, name="Peer").add_view(view)
    return view, app.test_client()


def _filters(view: ComplaintView, *wanted: tuple[str, str, str]) -> str:
    """Filters as the list's own address names them."""
    words = []
    for place, (column, operation, value) in enumerate(wanted):
        (index,) = [
            i
            for i, one in enumerate(view._filters)
            if one.column == column and type(one).__name__ == operation
        ]
        words.append(f"flt{place}_{index}={value}")
    return "&".join(words)


def _get(client: FlaskClient, address: str) -> Callable[[], Any]:
    def get() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status)
        assert answer.data

    return get


def _edit(client: FlaskClient, one: Complaint) -> Callable[[], Any]:
    form = {
        "number": one.number, "content": one.content, "kind": one.kind, "channel": one.channel, "state": one.state,
        "priority": one.priority, "user": str(one.user.pk), "assignee": str(one.assignee.pk),
        **{name: _text(getattr(one, name)) for name in ("due_at", "closed_at", "created_at", "updated_at")},
    }  # fmt: skip

    def post() -> None:
        answer = client.post(f"{LIST}edit/?id={one.pk}", data=MultiDict(form | {"topic": uuid.uuid4().hex}))
        assert answer.status_code == 302, answer.status

    return post


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _bulk() -> None:
    """What an action over many does: it has each record save itself."""
    for one in Complaint.objects.order_by("id").limit(BULK):
        one.priority = Priority.LOW.value if one.priority != Priority.LOW else Priority.HIGH.value
        one.save()
