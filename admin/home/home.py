"""The first page after signing in: what needs me."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort
from flask_admin import AdminIndexView, expose
from flask_babel import gettext as _

from admin.current_user import may, me
from admin.formatting import Display, title_of
from admin.home import overdue_badge, reminders
from admin.locale import time_zone
from admin.pages.counts import count_text
from admin.pages.list_model import projection
from admin.pages.page import record_url
from documents.tickets.assignment import registers
from records.declaration.record import Governed
from records.declaration.registry import by_collection, registered
from records.storage.database import database
from security.permissions import PAGES, Action

SHOWN = 8


class HomeView(AdminIndexView):
    """Counts that lead to their lists, and the tickets that are due next."""

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name != "index" or not may(Action.VIEW, PAGES["home"]):
            abort(403)

    @expose()
    def index(self) -> str:
        now, zone = datetime.now(UTC), ZoneInfo(time_zone())
        promised = [k for k in registered() if k.policy.deadlines and may(Action.VIEW, k.policy.access)]
        page = SimpleNamespace(
            title=_("Good to see you, %(name)s", name=me().name),  # type: ignore[union-attr]
            lead=None,
            actions=(),
            tiles=_late()
            + [tile for kind in promised for tile in _tiles(kind, now)]
            + _deletions()
            + reminders.tiles(now, zone),
            lists=[_due_next(kind, now) for kind in promised],
        )
        return self.render("steward/home.html", page=page)


def _late() -> list[dict[str, Any]]:
    """What is overdue of all registers of tickets together, for those who oversee them."""
    if not overdue_badge.may_see():
        return []
    count = overdue_badge.text()
    tone = "overdue" if count else None
    return [{"label": _("Overdue tickets"), "value": count or "0", "url": "/admin/overdue/", "tone": tone}]


def _tiles(kind: type[Governed], now: datetime) -> list[dict[str, Any]]:
    url, title = f"/admin/{kind.collection_name()}/", _(kind.policy.title)
    found = []
    if not (overdue_badge.may_see() and kind in registers()):
        minute = now.replace(second=0, microsecond=0)
        overdue = count_text(kind, {"closed_at": None, "due_at": {"$lt": minute}})
        found.append(
            {
                "label": _("%(kind)s: overdue", kind=title),
                "value": overdue,
                "url": f"{url}?overdue=1&sort=due_at",
                "tone": "overdue" if overdue != "0" else None,
            }
        )
    if "assignee" in kind._fields:
        mine = count_text(kind, {"closed_at": None, "assignee": me().pk})  # type: ignore[union-attr]
        found.append(
            {
                "label": _("%(kind)s: mine", kind=title),
                "value": mine,
                "url": f"{url}?assignee={me().pk}&closed_at=empty&sort=due_at",  # type: ignore[union-attr]
                "tone": None,
            }
        )
    return found


def _deletions() -> list[dict[str, Any]]:
    kind = by_collection("deletion_requests")
    if kind is None or not may(Action.VIEW, kind.policy.access):
        return []
    waiting = count_text(kind, {"state": {"$in": ["requested", "running", "blocked"]}})
    url = "/admin/deletion_requests/?state=requested&state=running&state=blocked"
    return [{"label": _("Deletion requests waiting"), "value": waiting, "url": url, "tone": None}]


def _due_next(kind: type[Governed], now: datetime) -> dict[str, Any]:
    """The open records whose promised time comes next, the latest promises of the past included."""
    collection = kind.collection_name()
    columns = ("state", "due_at") if "state" in kind._fields else ("due_at",)
    rows = list(
        database()[collection]
        .find({"closed_at": None, "due_at": {"$gt": now}}, projection(kind, columns))
        .sort([("due_at", 1), ("_id", 1)])
        .limit(SHOWN)
    )
    display = Display(kind, ZoneInfo(time_zone()), now, record_url)
    makers = [display.column(name) for name in columns]
    return {
        "label": _("%(kind)s due next", kind=_(kind.policy.title)),
        "url": f"/admin/{collection}/?closed_at=empty&sort=due_at",
        "empty": None,
        "rows": [
            {
                "label": title_of(kind, row),
                "url": record_url(collection, row["_id"]),
                "cells": [make(row) for make in makers],
            }
            for row in rows
        ],
    }
