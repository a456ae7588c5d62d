"""The form of a verb: the questions its declaration asks, and the answers it is called with."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from flask_babel import gettext as _
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from admin.current_user import may
from admin.forms.fields import CheckField, ChoiceField, LongTextField, MomentField, ReferenceField, TextField
from admin.forms.form import PanelForm
from admin.forms.validators import storable
from records.declaration.actions import ActionInput, RecordAction, Upload
from records.declaration.registry import by_collection
from records.storage.database import database
from security.permissions import Action

FEW = 200
"""So many records a short list offers."""


class VerbForm(PanelForm):
    """What every verb's form carries: a token, so that a form sent twice is done once."""

    token = HiddenField()


def form_for_verb(one: RecordAction, zone: ZoneInfo, lookup: Callable[[str], str | None]) -> VerbForm:
    """The form of `singular`'s questions, filled from the request under way."""
    fields = {ask.name: _field(ask, zone, lookup) for ask in one.inputs}
    form = type("VerbForm", (VerbForm,), fields)()
    if not form.is_submitted():
        form.token.data = new_token()
    return form


def new_token() -> str:
    return str(ObjectId())


def answers(form: VerbForm, one: RecordAction) -> dict[str, Any]:
    """What was answered, by the name of the question, as `records.declaration.actions.ActionInput` promises it."""
    return {ask.name: _answer(ask, form[ask.name]) for ask in one.inputs}


def _field(ask: ActionInput, zone: ZoneInfo, lookup: Callable[[str], str | None]) -> Any:
    options: dict[str, Any] = {
        "label": _(ask.label),
        "description": _(ask.help) if ask.help else "",
        "validators": _validators(ask),
    }
    match ask.kind:
        case "long-text":
            return LongTextField(**options)
        case "choice":
            choices = [("", "—"), *((one.value, _(one.label)) for one in ask.choices or ())]
            return ChoiceField(**options, choices=choices)
        case "reference" if ask.short_list is not None:
            return ChoiceField(**options, choices=[("", "—"), *_few(ask)])
        case "reference":
            return ReferenceField(**options, lookup_url=lookup(str(ask.collection)), kind=str(ask.collection))
        case "moment":
            return MomentField(**options, zone=zone)
        case "file":
            return FileField(**options)
        case "check":
            return CheckField(**options)
        case "text":
            return TextField(**options)


def _few(ask: ActionInput) -> list[tuple[str, str]]:
    """What a short list offers, by name; nothing to those who may not refer to such records."""
    kind = by_collection(str(ask.collection))
    if kind is None or not may(Action.PICK, kind.policy.access):
        return []
    name = kind.policy.label
    rows = database()[kind.collection_name()].find(dict(ask.short_list or {}), {name: 1})
    return [(str(row["_id"]), row[name]) for row in rows.sort([(name, 1), ("_id", 1)]).limit(FEW)]


def _validators(ask: ActionInput) -> list[Any]:
    if ask.kind == "check":
        return [DataRequired(_("Please tick this first."))] if ask.required else []
    if ask.kind == "file":
        return [FileRequired(_("Please choose a file."))] if ask.required else []
    needed = [DataRequired() if ask.kind in {"text", "long-text"} else InputRequired()]
    fitting = [Length(max=ask.max_length), storable] if ask.kind in {"text", "long-text"} else []
    return [*(needed if ask.required else [Optional()]), *fitting]


def _answer(ask: ActionInput, field: Any) -> str | bool | datetime | ObjectId | Upload | None:
    match ask.kind:
        case "text" | "long-text":
            return field.sent().strip()
        case "choice":
            return ask.choices(field.data) if field.data and ask.choices else None
        case "reference" if ask.short_list is not None:
            return ObjectId(field.data) if field.data else None
        case "file":
            return _upload(field.data) if isinstance(field.data, FileStorage) else None
        case _:
            return field.read(None)


def _upload(sent: FileStorage) -> Upload:
    return Upload(sent.filename or "", sent.mimetype or "application/octet-stream", sent.read())
