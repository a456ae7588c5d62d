"""Which input a declared field gets."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from mongoengine import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    EmbeddedDocument,
    EmbeddedDocumentField,
    FloatField,
    IntField,
    ListField,
    LongField,
    StringField,
)
from mongoengine.base import BaseField

from admin.formatting import choice_words
from admin.forms import fields
from admin.forms.nested import EntriesField, PartField, PartForm
from admin.forms.validators import at_least_one, checks
from admin.i18n import gettext as _
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Mask

HIDDEN = ("system", "internal")


def is_offered(one: BaseField, *, new: bool) -> bool:
    """Tell whether a form may have this field: neither the system's own nor, later on, a locked one,
    and of a sort that can be typed."""
    if any(getattr(one, flag, False) for flag in HIDDEN) or one.name == "id":
        return False
    return can_be_typed(one) and (new or not getattr(one, "locked", False))


def can_be_typed(one: BaseField) -> bool:
    if isinstance(one, ListField):
        return one.field is not None and not isinstance(one.field, ListField) and can_be_typed(one.field)
    typed = (
        StringField,
        ReferenceIdField,
        DateTimeField,
        BooleanField,
        IntField,
        LongField,
        FloatField,
        DecimalField,
    )
    return isinstance(one, (*typed, EmbeddedDocumentField))


def is_secret(one: BaseField) -> bool:
    return (
        isinstance(one, EncryptedStringField)
        and one.personal is not None
        and one.personal.mask is not Mask.OPEN
    )


@dataclass(frozen=True)
class Inputs:
    """Makes inputs for one reader: their zone, and where they may look records up."""

    zone: ZoneInfo
    lookup: Callable[[str], str | None]

    def make(self, one: BaseField) -> Any:
        """The input of a declared field, unbound."""
        options: dict[str, Any] = {
            "label": _(name) if (name := getattr(one, "verbose_name", None) or one.name) else "",
            "description": _(about) if (about := getattr(one, "help_text", "")) else "",
            "validators": checks(one),
        }
        if isinstance(one, EmbeddedDocumentField):
            return self._part(one, options)
        if isinstance(one, ListField):
            return self._list(one, options)
        if is_secret(one):
            return fields.SecretField(**options, mask=one.personal.mask)
        return self._single(one, options)

    def _single(self, one: BaseField, options: dict[str, Any]) -> Any:
        match one:
            case ReferenceIdField():
                return fields.ReferenceField(**options, lookup_url=self.lookup(one.kind), kind=one.kind)
            case DateField():
                return fields.DayField(**options)
            case DateTimeField():
                return fields.MomentField(**options, zone=self.zone)
            case BooleanField():
                return fields.CheckField(**(options | {"validators": []}))
            case _ if one.choices:
                return fields.ChoiceField(**options, choices=partial(_choices, one))
            case IntField() | LongField():
                return fields.WholeField(**options)
            case DecimalField():
                return fields.NumberField(**options, number=Decimal)
            case FloatField():
                return fields.NumberField(**options)
        long = getattr(one, "multiline", False)
        return (fields.LongTextField if long else fields.TextField)(**options)

    def _list(self, one: ListField, options: dict[str, Any]) -> Any:
        inner = one.field
        if inner.choices:
            return fields.ChoicesField(**options, choices=lambda: [*choice_words(inner).items()])
        if type(inner) is StringField and not inner.max_length:
            return fields.WordsField(**options)
        options["validators"] = [at_least_one] if one.required else []
        return EntriesField(self.make(inner), grows=getattr(one, "append_only", False), **options)

    def _part(self, one: EmbeddedDocumentField, options: dict[str, Any]) -> Any:
        kind: type[EmbeddedDocument] = one.document_type
        inputs = {
            name: self.make(kind._fields[name])
            for name in kind._fields_ordered
            if is_offered(kind._fields[name], new=True)
        }
        form = type(f"{kind.__name__}Form", (PartForm,), inputs)
        del options["validators"]
        return PartField(form, kind, needed=one.required, **options)


def _choices(one: BaseField) -> list[tuple[str, str]]:
    """What can be chosen, and nothing unless something always is; asked for at every form, since
    there may be more tomorrow."""
    blank = [] if one.required and one.default is not None else [("", "—")]
    return [*blank, *choice_words(one).items()]
