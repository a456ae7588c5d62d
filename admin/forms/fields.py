"""The inputs forms are made of. Each can tell what a browser sends for a stored value that nobody
touched, so that only what somebody did touch is ever changed:

    shown(value)   what comes back for `value` untouched
    sent()         what did come back
    read(stored)   what is to be stored, now that it differs
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import wtforms
from bson import ObjectId
from flask_babel import gettext as _
from wtforms.validators import Optional, ValidationError

from admin.formatting import masked
from admin.forms.widgets import Area, Chosen, Control, Ticked
from records.declaration.policy import Mask
from records.lists.reference_labels import labels

Choices = Sequence[tuple[str, str]]
PRECISIONS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")


def one_newline(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Kept(wtforms.Field):
    """An input that knows what an untouched value sends; `looks` says which macro sets it."""

    looks: ClassVar[str]
    widget: Any = Control()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.type = self.looks

    def __call__(self, **attributes: Any) -> Any:
        return self.widget(self, **attributes)

    def shown(self, value: Any) -> str:
        return "" if value is None else str(value)

    def sent(self) -> str:
        return str(self.raw_data[0]).strip() if self.raw_data else ""

    def read(self, _stored: Any) -> Any:
        return self.data


class TextField(Kept, wtforms.StringField):
    """One line. A browser takes line breaks out of it."""

    looks = "StringField"
    widget = Control()

    def shown(self, value: Any) -> str:
        return "".join(str(value or "").split("\n")).replace("\r", "")

    def sent(self) -> str:
        return self.shown(self.raw_data[0] if self.raw_data else "")

    def read(self, _stored: Any) -> Any:
        return self.data or None


class LongTextField(Kept, wtforms.TextAreaField):
    """Several lines. A browser sends them all with its own line ends, so new words take those that
    the text had before."""

    looks = "TextAreaField"
    widget = Area()

    def shown(self, value: Any) -> str:
        return one_newline(str(value or ""))

    def sent(self) -> str:
        return self.shown(self.raw_data[0] if self.raw_data else "")

    def read(self, stored: Any) -> Any:
        text = self.sent()
        return (text.replace("\n", "\r\n") if "\r\n" in str(stored or "") else text) or None


class WordsField(LongTextField):
    """Several texts, one a line."""

    looks = "TextAreaListField"

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [line.strip() for line in one_newline("".join(valuelist)).split("\n") if line.strip()]

    def shown(self, value: Any) -> str:
        return one_newline(value if isinstance(value, str) else "\n".join(value or []))

    def read(self, _stored: Any) -> Any:
        return self.data


class WholeField(Kept, wtforms.IntegerField):
    """A whole number."""

    looks = "IntegerField"
    widget = Control()


class NumberField(Kept):
    """A number with a fraction, shown with all its places."""

    looks = "DecimalField"
    widget = Control()

    def __init__(self, *args: Any, number: type = float, **options: Any) -> None:
        super().__init__(*args, **options)
        self.number = number

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.shown(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            number = self.number(Decimal(text))
            if not Decimal(number).is_finite():
                raise InvalidOperation
            self.data = number
        except (InvalidOperation, OverflowError):
            raise ValueError(self.gettext("Not a valid decimal value.")) from None


class CheckField(Kept, wtforms.BooleanField):
    """Yes or no; what was neither stays neither until it is ticked."""

    looks = "BooleanField"
    widget = Ticked()

    def shown(self, value: Any) -> str:
        return "y" if value else ""

    def sent(self) -> str:
        return "y" if self.data else ""

    def read(self, _stored: Any) -> Any:
        return bool(self.data)


class ChoiceField(Kept, wtforms.SelectField):
    """One of a few. A stored value that is not among them is offered too, or it would be lost."""

    looks = "SelectField"
    widget = Chosen()

    def __init__(self, *args: Any, choices: Choices | Callable[[], Choices], **options: Any) -> None:
        super().__init__(*args, coerce=lambda value: str(value or ""), **options)
        self.choices: list[tuple[str, str]] = list(choices() if callable(choices) else choices)

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        if self.data and all(self.data != known for known, _label in self.choices):
            self.choices = [*self.choices, (self.data, self.data)]

    def shown(self, value: Any) -> str:
        return str(value or "")

    def sent(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""

    def read(self, _stored: Any) -> Any:
        return self.data or None


class ChoicesField(Kept, wtforms.SelectMultipleField):
    """Some of a few; likewise."""

    looks = "SelectMultipleField"
    widget = wtforms.widgets.Select(multiple=True)

    def __init__(self, *args: Any, choices: Choices | Callable[[], Choices], **options: Any) -> None:
        super().__init__(*args, **options)
        self.choices: list[tuple[str, str]] = list(choices() if callable(choices) else choices)

    def process_data(self, value: Any) -> None:
        super().process_data(value or [])
        known = {value for value, _label in self.choices}
        self.choices = [*self.choices, *((text, text) for text in self.data or [] if text not in known)]

    def shown(self, value: Any) -> str:
        return "\n".join(sorted(str(one) for one in value or []))

    def sent(self) -> str:
        return self.shown(self.raw_data)

    def read(self, _stored: Any) -> Any:
        return list(dict.fromkeys(self.data or []))


class MomentField(Kept, wtforms.DateTimeLocalField):
    """A moment in the reader's zone; stored in UTC."""

    looks = "DateTimeLocalField"
    widget = Control("datetime-local")
    data: datetime | None

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, format=list(PRECISIONS), **options)
        self.moment_zone = zone
        self.zone = zone.key

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.shown(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([text.strip().replace(" ", "T") for text in valuelist])
        if isinstance(self.data, datetime):
            try:
                self.data = self.data.replace(tzinfo=self.moment_zone).astimezone(UTC)
            except (OverflowError, ValueError):
                self.data = None
                raise ValueError(self.gettext("Not a valid datetime value.")) from None

    def shown(self, value: Any) -> str:
        """No more precise than it is."""
        if not isinstance(value, datetime):
            return ""
        local = value.astimezone(self.moment_zone).replace(tzinfo=None)
        unit = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
        return local.isoformat(timespec=unit)

    def sent(self) -> str:
        return self.shown(self.data) or (str(self.raw_data[0]) if self.raw_data else "")


class DayField(Kept, wtforms.DateField):
    """A day of the calendar, of no zone."""

    looks = "DateField"
    widget = Control("date")

    def shown(self, value: Any) -> str:
        day = value.date() if isinstance(value, datetime) else value
        return day.isoformat() if isinstance(day, date) else ""


class ReferenceField(Kept, wtforms.HiddenField):
    """The id of another record, found by typing where `lookup_url` says; None: the reader may not."""

    looks = "ReferenceField"
    widget = Control("reference")
    names: dict[tuple[str, ObjectId], str] | None = None
    """What records are called, where all of a form's were looked up at once."""

    def __init__(self, *args: Any, lookup_url: str | None, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lookup_url, self.kind = lookup_url, kind

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        if text and not ObjectId.is_valid(text):
            raise ValueError(_("Please choose one from the list."))
        self.data = ObjectId(text) if text else None

    def _value(self) -> str:
        return self.shown(self.data)

    @property
    def text(self) -> str:
        if not self.data:
            return ""
        names = labels({self.kind: [self.data]}) if self.names is None else self.names
        return names.get((self.kind, self.data)) or _("(erased)")

    def pre_validate(self, form: Any) -> None:
        if not self.data or self.data == self.object_data:
            return
        if self.lookup_url is None:
            raise ValidationError(_("Your role does not allow you to choose here."))
        if not labels({self.kind: [self.data]}):
            raise ValidationError(_("This record is no longer there. Please choose another."))

    def shown(self, value: Any) -> str:
        return str(value) if value else ""


class SecretField(Kept, wtforms.StringField):
    """A personal value that is never sent to the page: empty keeps it, the box beside it removes it."""

    looks = "StringField"

    def __init__(self, *args: Any, mask: Mask, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mask, self.masked = mask, ""
        self.removed = False
        self.entered = ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        if data and isinstance(data, str):
            self.masked = masked(data, self.mask)
            self.validators: list[Any] = [Optional(), *self.validators[1:]]
            self.flags.required = False
        super().process(formdata, None, extra_filters)
        self.removed = bool(formdata and formdata.get(f"{self.name}-empty"))
        self.entered = self.data or ""

    def shown(self, _value: Any) -> str:
        return ""

    def sent(self) -> str:
        return self.data or ("removed" if self.removed else "")

    def read(self, _stored: Any) -> Any:
        return self.data or None
