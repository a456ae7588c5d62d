"""The history of one record, in the reader's words: who did what, when, from what to what."""

from typing import Any

from bson import ObjectId
from flask_babel import gettext as _

from admin.author_names import who_did
from admin.formatting import Display, label_of
from admin.rule_labels import rule_said
from records.declaration.fields import ReferenceIdField
from records.lists.reference_labels import labels
from records.storage.audit import AuditAction, AuditEntry
from records.storage.database import database

LATEST = 50


def history(display: Display, pk: ObjectId, limit: int = LATEST) -> tuple[list[dict[str, Any]], bool]:
    """Return the latest entries about a record, newest first, and whether there are more."""
    kind = display.kind
    found = list(
        database()[AuditEntry._get_collection_name()]
        .find({"collection": kind.collection_name(), "record": pk})
        .sort([("at", -1), ("_id", -1)])
        .limit(limit + 1)
    )
    entries = found[:limit]
    display.names |= labels(_referred(display, entries))
    return [_entry(display, entry) for entry in entries], len(found) > limit


def _referred(display: Display, entries: list[dict[str, Any]]) -> dict[str, set[ObjectId]]:
    wanted: dict[str, set[ObjectId]] = {}
    for entry in entries:
        for change in entry["changes"]:
            one = display.kind._fields.get(change["field"])
            if isinstance(one, ReferenceIdField):
                ids = {change.get("from"), change.get("to")} - {None}
                wanted.setdefault(one.kind, set()).update(ids)
            elif isinstance(inner := getattr(one, "field", None), ReferenceIdField):
                wanted.setdefault(inner.kind, set()).update(
                    change.get("added") or (), change.get("removed") or ()
                )
    return wanted


def _entry(display: Display, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": display.moment(entry["at"]),
        "who": who_did(entry),
        "what": _(AuditAction(entry["deed"]).label),
        "origin": _origin(entry),
        "reason": rule_said(entry.get("reason") or ""),
        "changes": [
            shown
            for change in entry["changes"]
            if _has_a_name(display, change) and _says_something(shown := _change(display, change))
        ],
    }


def _has_a_name(display: Display, change: dict[str, Any]) -> bool:
    """What only the program reads has no name on screen, and says nothing to people."""
    one = display.kind._fields.get(change["field"])
    return not getattr(one, "internal", False) or hasattr(one, "verbose_name")


def _says_something(change: dict[str, Any]) -> bool:
    """An empty list where nothing was is no news."""
    return change["secret"] or bool(change["from"] or change["to"])


def _origin(entry: dict[str, Any]) -> str | None:
    """The address a person came from, or that a task did it for them; a command has said where it ran."""
    origin = entry.get("origin") or ""
    if origin.startswith("task "):
        return _("by a task")
    return None if entry["actor"].startswith("command:") else origin


def _change(display: Display, change: dict[str, Any]) -> dict[str, Any]:
    name = change["field"]
    one = display.kind._fields.get(name)
    label = label_of(display.kind, name) if one is not None else name
    if change.get("secret"):
        return {"label": label, "secret": True, "from": None, "to": None}
    if "added" in change:
        came, went = (display.plain(one, change[side]) for side in ("added", "removed"))
        return {"label": label, "secret": False, "from": went, "to": came}
    before, after = (display.plain(one, change.get(side)) for side in ("from", "to"))
    return {"label": label, "secret": False, "from": before, "to": after}
