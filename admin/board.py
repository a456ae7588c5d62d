"""The board: open tickets by state, in columns, the next due on top."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from admin.display import Display
from documents.storage.database import database
from documents.tickets.states import CLOSED, State
from documents.tickets.ticket import Ticket

CARDS = 20
"""So many cards a column shows; the rest are a click away, in the list."""
COUNTED = 10_000
FIELDS = ("number", "kind", "state", "priority", "assignee", "due_at", "closed_at", "created_at", "paused_at")


def columns(
    kind: type[Ticket], display: Display, chosen: Mapping[str, Any], home: str, keep: str
) -> list[dict[str, Any]]:
    """One column for each state that its life knows and that is open. One count for all, and one short
    query for each that has any."""
    counts = _counts(kind, chosen)
    states = [state for state in State if state not in CLOSED and kind.life.next[state]]
    rows = {state: _cards(kind, state, chosen) for state in states if counts.get(state.value)}
    display.prepare([row for found in rows.values() for row in found], ("assignee",))
    return [
        {
            "label": _(state.label),
            "state": state.value,
            "count": _counted(counts.get(state.value, 0)),
            "cards": [_card(display, row, home) for row in rows.get(state, ())],
            "more_url": f"{home}?state={state.value}{keep}" if counts.get(state.value, 0) > CARDS else None,
        }
        for state in states
    ]


def _counts(kind: type[Ticket], chosen: Mapping[str, Any]) -> dict[str, int]:
    pipeline: list[dict[str, Any]] = [
        {"$match": {"closed_at": None, **chosen}},
        {"$limit": COUNTED},
        {"$group": {"_id": "$state", "count": {"$sum": 1}}},
    ]
    return {row["_id"]: row["count"] for row in database()[kind.collection_name()].aggregate(pipeline)}


def _counted(count: int) -> str:
    return f"{count:,}" + ("+" if count >= COUNTED else "")


def _cards(kind: type[Ticket], state: State, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = database()[kind.collection_name()].find(
        {"state": state.value, **chosen}, dict.fromkeys(FIELDS, 1)
    )
    return list(found.sort([("due_at", 1), ("_id", 1)]).limit(CARDS))


def _card(display: Display, row: Mapping[str, Any], home: str) -> dict[str, Any]:
    shown = {name: display.column(name)(row) for name in ("kind", "priority", "assignee", "due_at")}
    if not row.get("due_at") and row.get("paused_at"):
        shown["due_at"] = {"text": _("Paused"), "kind": "text", "tone": "muted"}
    return {"number": row.get("number"), "url": f"{home}details/?id={row['_id']}", **shown}
