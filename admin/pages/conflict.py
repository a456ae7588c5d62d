"""Two people edited one record: the second sees both versions field by field, and chooses."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from mongoengine import EmbeddedDocument

from admin import forms
from admin.formatting import Display, label_of, title_of
from admin.forms.fields import SecretField
from admin.pages.page import Page
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.lists.reference_labels import labels
from records.storage.audit import AuditEntry
from records.storage.database import database

CHOICE = "choice-"


def kept_as_stored(sent: Mapping[str, str]) -> frozenset[str]:
    """The fields for which the sender chose what is stored."""
    return frozenset(name for name, value in _chosen(sent).items() if value == "theirs")


def _chosen(sent: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(CHOICE): value for name, value in sent.items() if name.startswith(CHOICE)}


def conflict_page(view: Page, record: Governed, form: forms.RecordForm) -> str:
    """Both versions of what differs; everything the sender typed travels along, nothing is saved.

    A choice made before holds, unless what is stored has changed again since."""
    names = forms.differing(form, record)
    mine = forms.changed_by_sender(form, record)
    theirs = _changed_since(record, form.version.data)
    chosen = {name: choice for name, choice in _chosen(request.form).items() if name not in theirs}
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
                    "theirs": display.column(name)(record.stored or {}).text,
                    "mine": typed(form, display, name),
                    "choice": chosen.get(name),
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


def typed(form: forms.RecordForm, display: Display, name: str) -> str:
    """What the sender typed, as it would be shown."""
    one, field = display.kind._fields[name], form[name]
    if isinstance(field, SecretField):
        return _("(removed)") if field.removed and not field.data else field.data or ""
    if field.errors or field.process_errors:
        return field.sent()
    value = field.read(None)
    reference = one if isinstance(one, ReferenceIdField) else getattr(one, "field", None)
    if isinstance(reference, ReferenceIdField) and value:
        display.names |= labels({reference.kind: value if isinstance(value, list) else [value]})
    return display.plain(one, _stored_form(value))


def _stored_form(value: Any) -> Any:
    """Parts as they would be stored: what shows records reads those."""
    if isinstance(value, list):
        return [_stored_form(one) for one in value]
    return value.to_mongo() if isinstance(value, EmbeddedDocument) else value


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
