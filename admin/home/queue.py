"""The queue: what is mine, what is nobody's, what the team has, by the next promised time (R36, R49)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from flask import abort, request
from flask_admin import BaseView, expose
from werkzeug.exceptions import BadRequest

from admin.current_user import may, me
from admin.formatting import Display, choice_words
from admin.i18n import gettext as _
from admin.locale import time_zone
from admin.pages.action_form import new_token
from admin.pages.page import record_url
from admin.tickets.time_left import next_time
from documents.deadlines.deadline_record import HasDeadlines
from documents.deadlines.sla_clocks import DONE, DUE, Clock
from documents.tickets.assignment import covered_colleagues, registers
from language.words import N_
from records.lists import paging, reference_labels
from records.lists.paging import BadCursor, Cursor, Order
from security.permissions import PAGES, Action

SIZE = 50
BY_NEXT = Order("next_due_at", descending=False)
QUEUES = {
    "mine": N_("My queue"),
    "helping": N_("Where I help"),
    "nobody": N_("Nobody's yet"),
    "team": N_("The whole team"),
}
FIELDS = (
    "number", "kind", "state", "priority", "assignee", "created_at", "closed_at", "paused_at", "next_due_at",
    *DUE.values(), *DONE.values(),
)  # fmt: skip

Row = Mapping[str, Any]


class QueueView(BaseView):
    """Open tickets of all registers, the next promised time on top."""

    OPENS = {"index": Action.VIEW}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["queue"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["queue"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now, which = datetime.now(UTC), request.args.get("which", "mine")
        if which not in QUEUES:
            raise BadRequest(_("There is no such queue."))
        away = covered_colleagues(me().pk, now) if which == "mine" else []  # type: ignore[union-attr]
        found, more = _page(_wanted(which, away), _cursor())
        names = reference_labels.labels(
            {"staff": {row["assignee"] for _kind, row in found if row.get("assignee")}}
        )
        page = SimpleNamespace(
            title=_(QUEUES[which]),
            lead=_("With what you do for colleagues who are away.") if away else None,
            queues=[
                (_(label), f"/admin/queue/?which={name}", name == which) for name, label in QUEUES.items()
            ],
            rows=[_shown(kind, row, names, now) for kind, row in found],
            more_url=f"/admin/queue/?which={which}&after={Cursor.at(dict(found[-1][1]), BY_NEXT)}"
            if more
            else None,
        )
        return self.render("steward/queue.html", page=page)


def _wanted(which: str, away: list[ObjectId]) -> dict[str, Any]:
    mine = me().pk  # type: ignore[union-attr]
    owners: dict[str, Any] = {
        "mine": {"assignee": {"$in": [mine, *away]} if away else mine},
        "helping": {"team": mine},
        "nobody": {"assignee": None},
        "team": {},
    }
    return {"closed_at": None, **owners[which]}


def _cursor() -> Cursor | None:
    text = request.args.get("after")
    try:
        return Cursor.read(text) if text else None
    except BadCursor as error:
        raise BadRequest(_("This page of the queue is not known.")) from error


def _page(wanted: dict[str, Any], after: Cursor | None) -> tuple[list[tuple[type[HasDeadlines], Row]], bool]:
    """One page of all registers together: as much of each, then the first of both; and whether more follow."""
    rows: list[tuple[type[HasDeadlines], Row]] = []
    more = False
    for kind in registers():
        part = paging.page(
            kind.collection_name(), wanted, BY_NEXT, size=SIZE, fields=dict.fromkeys(FIELDS, 1), after=after
        )
        more = more or part.has_next
        rows += [(kind, row) for row in part.rows]
    rows.sort(key=lambda one: (one[1].get("next_due_at") is None, one[1].get("next_due_at"), one[1]["_id"]))
    return rows[:SIZE], more or len(rows) > SIZE


def _shown(kind: type[HasDeadlines], row: Row, names: Mapping[Any, str], now: datetime) -> dict[str, Any]:
    display = Display(kind, ZoneInfo(time_zone()), now, record_url)
    due, left = row.get("next_due_at"), next_time(row, now) or {"text": "", "tone": None}
    collection = kind.collection_name()
    url = f"/admin/{collection}/"
    return {
        "number": row.get("number"),
        "url": f"{url}details/?id={row['_id']}",
        "kind": _(kind.policy.singular),
        "about": choice_words(kind._fields["kind"]).get(str(row.get("kind")), ""),
        "state": choice_words(kind._fields["state"]).get(str(row.get("state")), ""),
        "priority": choice_words(kind._fields["priority"]).get(str(row.get("priority")), ""),
        "assignee": names.get(("staff", row["assignee"]), _("(erased)")) if row.get("assignee") else None,
        "clock": _(_next(row).label) if due else None,
        "due": display.moment(due) if due else None,
        "left": left["text"],
        "tone": left["tone"],
        "claim": None
        if row.get("assignee") or not may(Action.EDIT, kind.policy.access)
        else {
            "label": _("Take it on"),
            "method": "post",
            "url": f"{url}do/claim/?id={row['_id']}",
            "hidden": [("token", new_token())],
        },
    }


def _next(row: Row) -> Clock:
    """Which of the promised times comes next."""
    open_ = [clock for clock in DUE if row.get(DUE[clock]) and not row.get(DONE[clock])]
    return min(open_, key=lambda clock: row[DUE[clock]], default=Clock.RESOLUTION)
