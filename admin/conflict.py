"""Two people edited one record: the second sees both versions field by field, and chooses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from admin import forms
from admin.display import Display, label_of, title_of
from documents.audit import AuditEntry
from documents.database import database
from documents.fields import Reference
from documents.labels import labels
from documents.record import Governed

if TYPE_CHECKING:
    from admin.governed import GovernedView

CHOICE = "choice-"


def kept_as_stored(sent: Mapping[str, str]) -> frozenset[str]:
    """The fields for which the sender chose what is stored."""
    chosen = {name.removeprefix(CHOICE): value for name, value in sent.items() if name.startswith(CHOICE)}
    return frozenset(name for name, value in chosen.items() if value == "theirs")


def conflict_page(view: "GovernedView", record: Governed, form: forms.RecordForm, zone: ZoneInfo) -> str:
    """Both versions of what differs; everything the sender typed travels along, nothing is saved."""
    names = forms.differing(form, record, zone)
    mine = forms.changed_by_sender(form, record, zone)
    theirs = _changed_since(record, form.version.data)
    latest = _latest(record)
    display = view.display(whole=True)
    display.prepare([record.stored or {}], names)
    return view.render_page(
        "conflict",
        {
            "title": _("Both of you edited %(record)s", record=title_of(view.kind, record.stored or {})),
            "text": None,
            "their_name": latest.get("actor_name"),
            "their_time": display.moment(latest["at"]) if latest else None,
            "conflict": [
                {
                    "name": name,
                    "label": label_of(view.kind, name),
                    "theirs": display.column(name)(record.stored or {})["text"],
                    "mine": _mine(form, display, name),
                    "changed_by_them": name in theirs,
                    "changed_by_me": name in mine,
                }
                for name in names
            ],
            "hidden": _carried(record),
            "action_url": request.full_path,
            "cancel_url": view.details_url(record),
        },
    )


def _carried(record: Governed) -> list[tuple[str, str]]:
    """All that was typed, at the version now stored: the next save compares with this one."""
    skipped = {"csrf_token", "version"}
    typed = [
        (name, value)
        for name, values in request.form.lists()
        if name not in skipped and not name.startswith(CHOICE)
        for value in values
    ]
    return [*typed, ("version", str(record.version))]


def _mine(form: forms.RecordForm, display: Display, name: str) -> str:
    one, field = display.kind._fields[name], form[name]
    if isinstance(field, forms.SecretField):
        return _("(removed)") if field.removed and not field.data else field.data or ""
    if isinstance(one, Reference) and field.data:
        found = labels({one.kind: [field.data]})
        return found.get((one.kind, field.data), _("(erased)"))
    return display.plain(one, field.data)


def _changed_since(record: Governed, version: str | None) -> set[str]:
    """The fields that saves after `version` changed: each save is one entry and one version."""
    known = int(version) if version and version.isdigit() else record.version
    newer = min(max(record.version - known, 0), 50)
    entries = _entries(record).limit(newer) if newer else []
    return {change["field"] for entry in entries for change in entry["changes"]}


def _latest(record: Governed) -> dict[str, Any]:
    return next(iter(_entries(record).limit(1)), {})


def _entries(record: Governed) -> Any:
    trail = database()[AuditEntry._get_collection_name()]
    about = {
        "collection": record.collection_name(),
        "record": record.pk,
        "deed": {"$in": ["change", "create"]},
    }
    return trail.find(about).sort([("at", -1), ("_id", -1)])
