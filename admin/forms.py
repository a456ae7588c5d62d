"""Forms read off the declaration, and what they do to a record: an untouched field stays as it is,
byte for byte; what a form does not offer cannot be changed through it."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from mongoengine import BooleanField, DateTimeField, EmailField, FloatField, IntField, ListField, StringField
from mongoengine.base import BaseField
from wtforms import BooleanField as CheckField
from wtforms import DateTimeLocalField as LocalField
from wtforms import (
    DecimalField,
    Field,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms import StringField as TextField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from admin.display import choice_words, label_of, masked
from documents.fields import EncryptedString, Reference
from documents.labels import labels
from documents.policy import Mask
from documents.record import Governed

MONTHS_AND_DAYS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")
LONGEST_TEXT = 4_000_000


class MomentField(LocalField):
    """A moment in the reader's zone; stored in UTC."""

    type = "DateTimeLocalField"
    data: datetime | None

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, format=list(MONTHS_AND_DAYS), **options)
        self.moment_zone = zone
        self.zone = zone.key

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return local_text(self.data, self.moment_zone) if isinstance(self.data, datetime) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([text.replace(" ", "T") for text in valuelist])
        if isinstance(self.data, datetime):
            try:
                self.data = self.data.replace(tzinfo=self.moment_zone).astimezone(UTC)
            except (OverflowError, ValueError):
                self.data = None
                raise ValueError(self.gettext("Not a valid datetime value.")) from None


class ReferenceField(HiddenField):
    """The id of another record, found by typing (see `lookup_url`)."""

    widget = HiddenInput()

    def __init__(self, *args: Any, lookup_url: str, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.widget = _Typed()
        self.lookup_url, self.kind = lookup_url, kind

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        if text and not ObjectId.is_valid(text):
            raise ValueError(_("Please choose one from the list."))
        self.data = ObjectId(text) if text else None

    def _value(self) -> str:
        return str(self.data) if self.data else ""

    @property
    def text(self) -> str:
        if not self.data:
            return ""
        return labels({self.kind: [self.data]}).get((self.kind, self.data)) or _("(erased)")

    def pre_validate(self, form: Any) -> None:
        if self.data and self.data != self.object_data and not labels({self.kind: [self.data]}):
            raise ValidationError(_("This record is no longer there. Please choose another."))


class _Typed(HiddenInput):
    input_type = "reference"


class SecretField(TextField):
    """A personal value that is never sent to the page: empty keeps it, the box beside it removes it."""

    def __init__(self, *args: Any, mask: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.masked = mask
        self.removed = False
        self.entered = ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, None, extra_filters)
        self.removed = bool(formdata and formdata.get(f"{self.name}-empty"))
        self.entered = self.data or ""


class WordsField(TextAreaField):
    """Several texts, one a line."""

    type = "TextAreaListField"

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [
            line.strip() for line in (valuelist[0] if valuelist else "").splitlines() if line.strip()
        ]


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as a browser's input writes it, no more precise than it is."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    unit = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
    return local.isoformat(timespec=unit)


def offered(kind: type[Governed], *, new: bool) -> list[str]:
    """The fields a form offers, in the order of the sections: what is not the system's own, and
    once the record exists not what is fixed then."""
    ordered = [name for _title, names in kind.policy.sections for name in names]
    names = list(dict.fromkeys([*ordered, *kind._fields_ordered]))
    return [name for name in names if name != "id" and _offers(kind._fields[name], new=new)]


def _offers(one: BaseField, *, new: bool) -> bool:
    hidden = any(getattr(one, flag, False) for flag in ("system", "internal"))
    return not hidden and (new or not getattr(one, "locked", False))


def fieldsets(kind: type[Governed], names: list[str]) -> list[dict[str, Any]]:
    """The offered fields by section."""
    left = set(names)
    found = []
    for title, section in kind.policy.sections:
        here = [name for name in section if name in left]
        left -= set(here)
        if here:
            found.append({"label": _(title), "names": here})
    if rest := [name for name in names if name in left]:
        found.append({"label": _("More") if found else "", "names": rest})
    return found


class RecordForm(FlaskForm):
    """What every record's form carries: the version it was read at, and how its fields looked."""

    class Meta:
        csrf = False  # the whole application is protected at once

    version = HiddenField()
    token = HiddenField()
    was = HiddenField()


def form_for(kind: type[Governed], record: Governed | None, zone: ZoneInfo, lookup: Any) -> RecordForm:
    """Return the form of one record, filled from it and from the request under way."""
    names = offered(kind, new=record is None)
    fields = {name: _input(kind, name, record, zone, lookup) for name in names}
    made = type(f"{kind.__name__}Form", (RecordForm,), fields)
    blank = record if record is not None else kind()
    data = {name: getattr(blank, name) for name in names if not _is_secret(kind._fields[name])}
    form = made(data=data)
    if not form.is_submitted():
        form.version.data = str(record.version if record is not None else 0)
        form.token.data = str(ObjectId())
        form.was.data = " ".join(
            f"{name}:{_digest(_as_sent(kind._fields[name], blank, zone))}" for name in names
        )
    return form


def _is_secret(one: BaseField) -> bool:
    return (
        isinstance(one, EncryptedString) and one.personal is not None and one.personal.mask is not Mask.OPEN
    )


def _input(kind: type[Governed], name: str, record: Governed | None, zone: ZoneInfo, lookup: Any) -> Any:
    one = kind._fields[name]
    options: dict[str, Any] = {
        "label": label_of(kind, name),
        "description": _(help_text) if (help_text := getattr(one, "help_text", "")) else "",
        "validators": _validators(one),
    }
    if isinstance(one, EncryptedString) and _is_secret(one):
        kept = masked(getattr(record, name) or "", one.personal.mask) if record is not None else ""
        if kept:
            options["validators"] = [Optional(), *options["validators"][1:]]
        return SecretField(**options, mask=kept, render_kw=None)
    if isinstance(one, Reference):
        return ReferenceField(**options, lookup_url=lookup(one.kind), kind=one.kind)
    if isinstance(one, DateTimeField):
        return MomentField(**options, zone=zone)
    if isinstance(one, BooleanField):
        return CheckField(**(options | {"validators": []}))
    if isinstance(one, ListField):
        if one.field.choices:
            return SelectMultipleField(**options, choices=list(choice_words(one.field).items()))
        return WordsField(**options)
    if one.choices:
        blank = [] if one.required else [("", "—")]
        return SelectField(**options, choices=[*blank, *choice_words(one).items()], coerce=lambda v: v or "")
    if isinstance(one, IntField):
        return IntegerField(**options)
    if isinstance(one, FloatField):
        return DecimalField(**options)
    return (TextAreaField if getattr(one, "multiline", False) else TextField)(**options)


def _validators(one: BaseField) -> list[Any]:
    found: list[Any] = [InputRequired() if one.required else Optional(strip_whitespace=False)]
    longest = getattr(one, "max_length", None)
    if isinstance(one, StringField):
        found.append(Length(max=longest or LONGEST_TEXT))
        found.append(_no_control_characters)
    if isinstance(one, IntField | FloatField) and (one.min_value is not None or one.max_value is not None):
        found.append(NumberRange(min=one.min_value, max=one.max_value))
    identity = getattr(getattr(one, "personal", None), "identity", None)
    if isinstance(one, EmailField) or identity == "email":
        found.append(_email)
    if identity == "phone":
        found.append(_phone)
    return found


def _no_control_characters(_form: Any, field: Field) -> None:
    if isinstance(field.data, str) and re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", field.data):
        raise ValidationError(_("This text contains characters that cannot be stored."))


def _email(_form: Any, field: Field) -> None:
    try:
        if field.data:
            validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationError(_("This is not an e-mail address.")) from None


def _phone(_form: Any, field: Field) -> None:
    if field.data and not re.fullmatch(
        r"\+?[\d\s()./-]{5,}(?:\s*(?:x|ext\.?|轉|转|#)\s*\d+)?", field.data.strip()
    ):
        raise ValidationError(_("This is not a phone number."))


# -- From the form to the record ------------------------------------------------------------------


def apply(form: RecordForm, record: Governed, zone: ZoneInfo, keep: frozenset[str] = frozenset()) -> None:
    """Set what the sender changed; `keep` names fields that stay as they are stored."""
    for name in offered(type(record), new=record.stored is None):
        if name not in keep and _is_touched(form, record, name, zone):
            _set(form, record, name)


def _set(form: RecordForm, record: Governed, name: str) -> None:
    field, one = form[name], type(record)._fields[name]
    if isinstance(field, SecretField):
        value: Any = None if field.removed and not field.data else field.data
    elif isinstance(one, FloatField):
        value = float(field.data) if field.data is not None else None
    else:
        value = field.data
    if value == "" and (one.choices or record.stored is None or getattr(record, name) is None):
        value = None
    setattr(record, name, value)


def _is_touched(form: RecordForm, record: Governed, name: str, zone: ZoneInfo) -> bool:
    field, one = form[name], type(record)._fields[name]
    if isinstance(field, SecretField):
        return bool(field.data) or field.removed
    if not field.raw_data and not _was(form).get(name):
        return False  # the sender's form did not have this field
    if isinstance(field, MomentField):
        return field.data != getattr(record, name)
    return _sent(field) != _as_sent(one, record, zone)


def _sent(field: Field) -> str:
    """What the request carried, in the form in which `_as_sent` foresees it."""
    if isinstance(field, CheckField):
        return "y" if field.data else ""
    if isinstance(field, SelectMultipleField):
        return "\n".join(sorted(field.data or []))
    if isinstance(field, ReferenceField):
        return field._value()
    return _one_newline(str(field.raw_data[0]) if field.raw_data else "")


def _as_sent(one: BaseField, record: Governed, zone: ZoneInfo) -> str:
    """What a browser sends for this field when nobody touched it."""
    if _is_secret(one):
        return ""
    value = getattr(record, one.name)
    if value is None:
        return ""
    if isinstance(one, BooleanField):
        return "y" if value else ""
    if isinstance(one, ListField):
        return "\n".join(sorted(value)) if one.field.choices else "\n".join(value)
    if isinstance(value, datetime):
        return local_text(value, zone)
    return _one_newline(str(value))


def _one_newline(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _was(form: RecordForm) -> Mapping[str, str]:
    pairs = (part.partition(":") for part in (form.was.data or "").split())
    return {name: digest for name, _colon, digest in pairs}


def changed_by_sender(form: RecordForm, record: Governed, zone: ZoneInfo) -> set[str]:
    """The fields whose sender changed them since the form was read."""
    was = _was(form)
    found = set()
    for name in offered(type(record), new=False):
        field = form[name]
        if isinstance(field, SecretField):
            if field.data or field.removed:
                found.add(name)
        elif name in was and _digest(_comparable(field, zone)) != was[name]:
            found.add(name)
    return found


def _comparable(field: Field, zone: ZoneInfo) -> str:
    if isinstance(field, MomentField):
        return local_text(field.data, zone) if field.data else ""
    return _sent(field)


def differing(form: RecordForm, record: Governed, zone: ZoneInfo) -> list[str]:
    """The fields in which what was sent differs from what is stored now."""
    return [name for name in offered(type(record), new=False) if _is_touched(form, record, name, zone)]
