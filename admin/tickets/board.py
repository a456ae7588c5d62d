"""The board: open tickets by state, in columns, the next due on top."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bson import ObjectId
from flask_babel import gettext as _

from admin.formatting import Display, choice_words, label_of
from documents.staff.staff import Staff
from documents.tickets.assignment import handlers
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.ticket import Ticket
from records.storage.database import database

CARDS = 20
"""So many cards a column shows; the rest are a click away, in the list."""
COUNTED = 10_000
CHOICES = ("kind", "priority")
FIELDS = ("number", "kind", "state", "priority", "assignee", "due_at", "closed_at", "created_at", "paused_at")


ME, NOBODY = "me", "nobody"


@dataclass(frozen=True)
class Chosen:
    """What the board is narrowed to, as its address says: whose, of which kind, how urgent."""

    kind: type[Ticket]
    staff: Staff | None
    values: Mapping[str, str]

    @classmethod
    def read(cls, kind: type[Ticket], asked: Mapping[str, str], staff: Staff | None) -> Self:
        """What is asked in an address; what it cannot mean is left out."""
        values = {name: asked.get(name, "") for name in ("assignee", *CHOICES)}
        known = {
            name: value for name, value in values.items() if name in CHOICES and value in _words(kind, name)
        }
        if values["assignee"] in (ME, NOBODY) or ObjectId.is_valid(values["assignee"]):
            known["assignee"] = values["assignee"]
        return cls(kind, staff, known)

    @property
    def query(self) -> dict[str, Any]:
        assignee = {} if "assignee" not in self.values else {"assignee": self._whose()}
        return {**assignee, **{name: self.values[name] for name in CHOICES if name in self.values}}

    def _whose(self) -> ObjectId | None:
        whose = self.values["assignee"]
        if whose == ME:
            return self.staff.pk if self.staff else None
        return None if whose == NOBODY else ObjectId(whose)

    def as_list(self) -> str:
        """The same for the address of the list."""
        found = {name: "empty" if value is None else value for name, value in self.query.items()}
        return "".join(f"&{name}={value}" for name, value in found.items())

    def controls(self) -> list[dict[str, Any]]:
        """The visible controls: what each is called, what it offers, and what is chosen."""
        people = {"": _("The whole team"), ME: _("Me"), NOBODY: _("Nobody")}
        people |= {str(pk): name for pk, name in handlers() if not self.staff or pk != self.staff.pk}
        offered = {"assignee": people} | {name: {"": _("All"), **_words(self.kind, name)} for name in CHOICES}
        return [
            {
                "name": name,
                "label": label_of(self.kind, name),
                "choices": [
                    (value, label, value == self.values.get(name, "")) for value, label in choices.items()
                ],
            }
            for name, choices in offered.items()
        ]


def _words(kind: type[Ticket], name: str) -> dict[str, str]:
    return choice_words(kind._fields[name])


def columns(kind: type[Ticket], display: Display, chosen: Chosen, home: str) -> list[dict[str, Any]]:
    """One column for each state that its life knows and that is open. One count for all, and one short
    query for each that has any."""
    counts = _counts(kind, chosen.query)
    states = [state for state in State if state not in CLOSED_STATES and kind.workflow.next[state]]
    rows = {state: _cards(kind, state, chosen.query) for state in states if counts.get(state.value)}
    display.prepare([row for found in rows.values() for row in found], ("assignee",))
    keep = chosen.as_list()
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
    return {"number": row.get("number"), "url": f"{home}details/?id={row['_id']}", **shown}
