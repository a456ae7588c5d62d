"""One record's page: its facts by section, what belongs to it, its history, and what may be done."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId
from flask_babel import gettext as _

from admin.formatting import EMPTY, Display, Row, choice_words, label_of, title_of
from language.words import N_
from records.declaration.fields import Encrypted, EncryptedStringField
from records.declaration.policy import Mask
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage import keys
from records.storage.database import database

RELATED = 5
SYSTEM = ("hold_reason", "anonymised_at", "created_at", "updated_at", "version")


def sections(display: Display, row: Row) -> list[dict[str, Any]]:
    """The facts of a record, by the sections its declaration names, then the system's own.

    What is empty is left out, so that what is there can be seen; the form shows every field.
    """
    kind = display.kind
    parts = list(kind.policy.sections)
    named = {name for _title, names in parts for name in names} | {*SYSTEM, "id", kind.policy.label}
    rest = [
        name
        for name, one in kind._fields.items()
        if name not in named and not getattr(one, "internal", False)
    ]
    if rest:
        parts.insert(1 if parts else 0, (N_("More") if parts else kind.policy.singular, tuple(rest)))
    parts.append((N_("Record"), SYSTEM))
    display.prepare([row], [name for _title, names in parts for name in names])
    shown = [
        (title, [fact for name in names if (fact := _fact(display, row, name))]) for title, names in parts
    ]
    return [{"label": _(title), "facts": facts} for title, facts in shown if facts]


def _fact(display: Display, row: Row, name: str) -> dict[str, Any] | None:
    one = display.kind._fields[name]
    cell = display.column(name)(row)
    if cell is EMPTY or cell.text == "":
        return None
    return {
        "name": name,
        "label": label_of(display.kind, name),
        "cell": cell,
        "wide": bool(getattr(one, "multiline", False)) or cell.kind == "lines",
    }


def badges(kind: type[Governed], row: Row) -> list[dict[str, Any]]:
    """Where the record stands, beside its title."""
    found = []
    for name in ("state", "status", "priority"):
        one = kind._fields.get(name)
        if one is not None and one.choices and (value := row.get(one.db_field)):
            found.append({"text": choice_words(one).get(value, value), "tone": None})
    if row.get("hold_reason"):
        found.append({"text": _("Legal hold"), "tone": "risk"})
    if row.get("anonymised_at"):
        found.append({"text": _("Anonymised"), "tone": "muted"})
    return found


def masked_fields(kind: type[Governed], row: Row) -> list[dict[str, str]]:
    """The personal fields of a record that are stored, still readable, and shown masked or in part."""
    blacked = {one["field"] for one in row.get("redactions") or ()}
    sealed = {
        name: Encrypted(row[one.db_field])
        for name, one in kind.personal().items()
        if isinstance(one, EncryptedStringField)
        and (one.personal.mask is not Mask.OPEN or name in blacked)
        and row.get(one.db_field)
    }
    opened = keys.get_keys({value.owner for value in sealed.values()})
    return [{"name": n, "label": label_of(kind, n)} for n, value in sealed.items() if value.owner in opened]


def related(
    display: Display,
    pk: ObjectId,
    url_of: Callable[[str], str | None],
    make: Callable[[type[Governed]], Display],
) -> list[dict[str, Any]]:
    """The newest records of each kind that are about this one, where the reader may see them."""
    found = []
    for other in registered():
        name = other.policy.subject
        reference = other.references().get(name) if name else None
        url = url_of(other.collection_name())
        if reference is None or reference.kind != display.kind.collection_name() or url is None:
            continue
        columns = tuple(column for column in other.policy.columns if column != name)[:6]
        rows = list(
            database()[other.collection_name()]
            .find({reference.db_field: pk})
            .sort("created_at", -1)
            .limit(RELATED + 1)
        )
        found.append(_few(make(other), rows, columns, url, f"{url}?{name}={pk}"))
    return found


def _few(
    display: Display, rows: list[Row], columns: tuple[str, ...], url: str, all_url: str
) -> dict[str, Any]:
    shown = rows[:RELATED]
    display.prepare(shown, columns)
    makers = [display.column(name) for name in columns]
    return {
        "label": _(display.kind.policy.title),
        "url": all_url if rows else None,
        "count": f"{RELATED}+" if len(rows) > RELATED else len(rows),
        "columns": [{"name": name, "label": label_of(display.kind, name)} for name in columns],
        "rows": [
            {
                "id": str(row["_id"]),
                "url": f"{url}details/?id={row['_id']}",
                "label": title_of(display.kind, row),
                "cells": [make(row) for make in makers],
                "actions": (),
            }
            for row in shown
        ],
    }
