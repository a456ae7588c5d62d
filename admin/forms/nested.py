"""Documents inside a record, and lists of them or of references: added, removed, put in order."""

import hashlib
from collections.abc import Iterator
from typing import Any

import wtforms
from flask import request
from flask_babel import gettext as _
from mongoengine import EmbeddedDocument
from wtforms.utils import unset_value
from wtforms.validators import ValidationError

from admin.forms.form import PanelForm
from admin.forms.widgets import Control

MOST = 2_000
PART, ENTRY = "\x1f", "\x1e"


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()


class PartForm(wtforms.Form):
    """The inputs of one part; `was` tells which stored part they were filled from."""

    class Meta(PanelForm.Meta):
        """As all forms of the panel."""

    was = wtforms.HiddenField("", widget=Control("hidden"))

    def inputs(self) -> dict[str, Any]:
        return {name: field for name, field in self._fields.items() if name != "was"}


class PartField(wtforms.FormField):
    """A document inside a record, or inside a list of it."""

    form: PartForm

    def __init__(self, form_class: type[PartForm], part: type[EmbeddedDocument], **options: Any) -> None:
        self.needed = options.pop("needed", False)
        super().__init__(form_class, **options)
        self.part = part

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, None if data is unset_value else data, extra_filters)
        if not formdata:
            self.form.was.data = digest(self.shown(self.object_data))

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        if self.is_blank() and not self.needed:
            return True
        return super().validate(form, extra_validators)

    def is_blank(self) -> bool:
        return not any(field.sent() for field in self.form.inputs().values())

    def shown(self, value: Any) -> str:
        return PART.join(
            field.shown(getattr(value, name, None)) for name, field in self.form.inputs().items()
        )

    def sent(self) -> str:
        return PART.join(field.sent() for field in self.form.inputs().values())

    def read(self, stored: Any) -> Any:
        """The stored part with what was touched in it; None where all of it was emptied."""
        if self.is_blank():
            return None
        part = stored if stored is not None else self.part()
        for name, field in self.form.inputs().items():
            before = getattr(part, name)
            if field.sent() != field.shown(before):
                setattr(part, name, field.read(before))
        return part


class EntriesField(wtforms.FieldList):
    """Entries in the order in which the page has them; a ticked one goes, an empty new one never came.

    `grows`: what is stored stays and is not sent to the page, however much it is; new ones follow.
    """

    def __init__(self, *args: Any, grows: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.grows = grows

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        stored = [] if data is unset_value or not data else list(data)
        self.object_data, self.last_index = stored, -1
        self.entries: list[Any] = []
        if self.grows:
            stored = []
        if not formdata:
            for index, value in enumerate(stored):
                self._add_entry(None, value, index)
            return
        for index in self._numbers(formdata):
            self._add_entry(formdata, stored[index] if index < len(stored) else unset_value, index)
        self.last_index = max((entry.index for entry in self.entries), default=-1)

    def _numbers(self, formdata: Any) -> list[int]:
        """The entries' numbers as they come on the page; the sort of several sources loses that."""
        names = request.form if request.form else formdata
        found = dict.fromkeys(self._indices(names))
        return list(found)[: MOST + 1]

    def _indices(self, names: Any) -> Iterator[int]:
        start = f"{self.name}{self._separator}"
        for name in names:
            number = name[len(start) :].split(self._separator, 1)[0] if name.startswith(start) else ""
            if number.isascii() and number.isdigit() and len(number) < 6:
                yield int(number)

    def kept(self) -> list[Any]:
        return [
            entry
            for entry in self.entries
            if f"del-{entry.id}" not in request.form and entry.sent().strip(PART)
        ]

    @property
    def data(self) -> list[Any]:
        return [entry.data for entry in self.kept()]

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        for entry in self.kept():
            entry.validate(form)
        wrong = any(entry.errors for entry in self.kept())
        self.errors = [_("Please look at the marked entries.")] if wrong else []
        self._run_validation_chain(form, [*self.validators, *extra_validators])
        return not self.errors

    def pre_validate(self, form: Any) -> None:
        if len(self.entries) > MOST:
            raise ValidationError(_("There can be no more than %(count)s here.", count=MOST))

    def shown(self, value: Any) -> str:
        if self.grows or not value:
            return ""
        blank = self._blank()
        return ENTRY.join(blank.shown(one) for one in value)

    def sent(self) -> str:
        return ENTRY.join(entry.sent() for entry in self.kept())

    def read(self, stored: Any) -> Any:
        """What is there now: stored entries with what was touched in them, in the order of the page."""
        left = list(stored or [])
        if self.grows:
            return [*left, *(entry.read(None) for entry in self.kept())]
        digests = [digest(self._blank().shown(value)) for value in left]
        return [entry.read(self._stored(entry, left, digests)) for entry in self.kept()]

    def _stored(self, entry: Any, left: list[Any], digests: list[str]) -> Any:
        """The stored part an entry was filled from, where the list has moved meanwhile as well."""
        was = entry.form.was.data if isinstance(entry, PartField) else None
        if not was:
            return None
        here = entry.index if entry.index < len(left) and digests[entry.index] == was else -1
        found = here if here >= 0 else digests.index(was) if was in digests else -1
        if found < 0:
            return None
        digests[found] = ""  # each serves once
        return left[found]

    def _blank(self) -> Any:
        field = self.unbound_field.bind(form=None, name="blank", _meta=self.meta)
        field.process(None)
        return field
