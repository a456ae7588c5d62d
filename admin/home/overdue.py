"""What is late, for those who oversee: how old, whose, why, what happens next; and to whom it goes (R51)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bson import ObjectId
from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from admin.current_user import may, me
from admin.formatting import choice_words
from admin.i18n import gettext as _
from admin.pages.action_form import new_token
from admin.pages.messages import refusal
from admin.tickets.time_left import age, time_left
from documents.deadlines.deadline_record import HasDeadlines
from documents.tickets.assignment import handlers, registers
from records.declaration.actions import ActionRefused
from records.declaration.fields import Encrypted
from records.storage import keys
from records.storage.database import database
from records.storage.idempotency import AlreadyProcessed, run_once
from records.storage.writer import ConcurrentModification
from security.permissions import PAGES, Action

READ, SHOWN = 2_000, 200
FIELDS = ("number", "kind", "state", "assignee", "created_at", "due_at", "delay_reason", "next_step")

Late = tuple[type[HasDeadlines], dict[str, Any]]


class OverdueView(BaseView):
    """Open tickets past their due time, the longest first."""

    OPENS = {"index": Action.VIEW, "reassign": Action.ASSIGN}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["overdue"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["overdue"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now = datetime.now(UTC)
        late = overdue(now)
        staff = dict(handlers()) if late else {}
        keys.get_keys({owner for _kind, row in late[:SHOWN] for owner in _owners(row)})
        page = SimpleNamespace(
            title=_("Overdue"),
            lead=_("The longest overdue stand first. What has no reason yet is marked."),
            by_owner=_counts((row.get("assignee") for _kind, row in late), lambda pk: _owner(staff, pk)),
            by_kind=_counts(((kind, row.get("kind")) for kind, row in late), lambda one: _kind_of(*one)),
            rows=[_shown(kind, row, staff, now) for kind, row in late[:SHOWN]],
            beyond=len(late) - SHOWN if len(late) > SHOWN else 0,
            may_assign=may(Action.ASSIGN, PAGES["overdue"]),
            handlers=staff.items(),
            token=new_token(),
        )
        return self.render("steward/overdue.html", page=page)

    @expose("/reassign/", methods=("POST",))
    def reassign(self) -> Response:
        """Give all that were ticked to one person, or to whoever has the least to do; all or none."""
        now, sent = datetime.now(UTC), request.form.get("token", "")
        try:
            count = run_once(
                ObjectId(sent) if ObjectId.is_valid(sent) else ObjectId(),
                lambda: _give(request.form.getlist("ticket")[:SHOWN], request.form.get("to", ""), now),
                now,
            )
            flash(_("%(count)s tickets have been reassigned.", count=count), "success")
        except AlreadyProcessed:
            pass  # the same form, sent a second time
        except ActionRefused as error:
            flash(refusal(error), "error")
        except ConcurrentModification:
            flash(
                _("Somebody has just changed one of them. Nothing was changed; please look again."), "error"
            )
        return redirect("/admin/overdue/")


def overdue(now: datetime) -> list[Late]:
    """What is overdue at `now`, the longest first: a query for each register."""
    found: list[Late] = []
    for kind in registers():
        rows = database()[kind.collection_name()].find(
            {"closed_at": None, "due_at": {"$lt": now}}, dict.fromkeys(FIELDS, 1)
        )
        found += [(kind, row) for row in rows.sort([("due_at", 1), ("_id", 1)]).limit(READ)]
    return sorted(found, key=lambda one: (one[1]["due_at"], one[1]["_id"]))


def _give(ticked: list[str], to: str, now: datetime) -> int:
    kinds = {kind.collection_name(): kind for kind in registers()}
    chosen = ObjectId(to) if ObjectId.is_valid(to) else None
    count = 0
    for one in ticked:
        collection, _colon, pk = one.partition(":")
        if collection not in kinds or not ObjectId.is_valid(pk):
            abort(400)
        ticket: Any = kinds[collection].objects(pk=ObjectId(pk)).first()
        if ticket and ticket.closed_at is None:
            ticket.give(now, chosen)
            count += 1
    return count


def _counts(values: Iterable[Any], word: Any) -> list[tuple[str, int]]:
    return [(word(value), count) for value, count in Counter(values).most_common()]


def _owner(names: Mapping[ObjectId, str], pk: ObjectId | None) -> str:
    return names.get(pk, _("Somebody who left")) if pk else _("Nobody")


def _kind_of(kind: type[HasDeadlines], value: Any) -> str:
    return f"{_(kind.policy.singular)} · {choice_words(kind._fields['kind']).get(str(value), value)}"


def _owners(row: dict[str, Any]) -> Iterable[ObjectId]:
    return (Encrypted(row[name]).owner for name in ("delay_reason", "next_step") if row.get(name))


def _shown(
    kind: type[HasDeadlines], row: dict[str, Any], names: Mapping[ObjectId, str], now: datetime
) -> dict[str, Any]:
    words = {name: _opened(kind, row, name) for name in ("delay_reason", "next_step")}
    return {
        "key": f"{kind.collection_name()}:{row['_id']}",
        "number": row.get("number"),
        "url": f"/admin/{kind.collection_name()}/details/?id={row['_id']}",
        "kind": _kind_of(kind, row.get("kind")),
        "state": choice_words(kind._fields["state"]).get(str(row.get("state")), ""),
        "owner": _owner(names, row.get("assignee")),
        "age": age(now - row["created_at"]) if row.get("created_at") else "",
        "late": time_left(row["due_at"] - now),
        **words,
    }


def _opened(kind: type[HasDeadlines], row: dict[str, Any], name: str) -> str | None:
    stored = row.get(name)
    field = kind.encrypted()[name]
    return field.decrypt(Encrypted(stored), row["_id"], kind.collection_name()) if stored else None
