"""Records of every governed kind, made from the declarations alone: in every state and of every sort, and
one of each with everything in it that can be.

So a kind that is declared tomorrow has pages to walk tomorrow. What the type of a field does not tell
stands in `MEANT`, by the field's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from mongoengine import (
    BooleanField,
    DateTimeField,
    DecimalField,
    DictField,
    EmbeddedDocumentField,
    FloatField,
    IntField,
    ListField,
    LongField,
    ObjectIdField,
    StringField,
    URLField,
    ValidationError,
)
from mongoengine.base import BaseField

from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage.writer import DuplicateValue

TEXTS = ("木椅{}", "{}", "1.{}", "wood-{}")
"""What a text may be: the first of them that suits its pattern, with the number of its record."""
MEANT = {
    "collection": "complaints",
    "day": "2030-01-01",
    "deputy": None,
    "hours": "09:00-12:00",
    "notice": None,
    "profiles": ["gdpr"],
}
"""What fields of these names hold, where the type alone does not say it."""
STATED = {"cycle", "done_at", "overdue_at", "sent_at", "state", "user_number"}
"""What the program fills in on the way to some state, and pages rely on there."""
MOST_CHOICES = 16
"""There is no need of a record for each register there is."""
NEVER = {"id", "anonymised_at", "closed_at", "version"}
"""What would leave nothing more to be done with a record."""


@dataclass(frozen=True)
class Making:
    """The `nth` record of a kind is under way, a `full` one or not. Others refer to the `first` of each
    collection."""

    first: dict[str, ObjectId]
    nth: int
    full: bool
    now: datetime


def everything(now: datetime) -> dict[str, list[Governed]]:
    """Store the records as if all began at `now`; return them by collection."""
    first = {kind.collection_name(): ObjectId() for kind in registered()}
    return {kind.collection_name(): list(_all_of(kind, first, now)) for kind in registered()}


def _all_of(kind: type[Governed], first: dict[str, ObjectId], now: datetime) -> Iterator[Governed]:
    """So many that each choice there has to be made is made once, and then a full one."""
    choices = [one.choices or () for name, one in kind._fields.items() if one.required or name == "state"]
    most = max(1, *(len(each) for each in choices if len(each) <= MOST_CHOICES))
    for nth in range(most + 1):
        making = Making(first, nth, full=nth == most, now=now)
        record = kind(**dict(_values(kind, making)))
        record.pk = ObjectId() if nth else first[kind.collection_name()]
        try:
            yield record.save(now=now)
        except (DuplicateValue, ValidationError):  # two choices that do not go together, or only one of each
            if nth == 0:
                raise


def _values(kind: Any, making: Making) -> Iterator[tuple[str, Any]]:
    """What a person would have filled in, what cannot be left out, and what is stated."""
    for name, field in kind._fields.items():
        internal, system = getattr(field, "internal", False), getattr(field, "system", False)
        given = not internal and (making.full or not system)
        if name not in NEVER and (given or field.required or name in STATED):
            meant = name in MEANT and not (MEANT[name] is None and field.required)
            yield name, MEANT[name] if meant else _value(field, making)


def _value(field: BaseField, making: Making) -> Any:
    if field.choices:
        return str(list(field.choices)[making.nth % len(field.choices)])
    if field.name == "email":
        return f"li{making.nth}@example.com"
    match field:
        case ReferenceIdField():
            return making.first[field.kind]
        case ObjectIdField():
            return making.first["complaints"]
        case EmbeddedDocumentField():
            return field.document_type(**dict(_values(field.document_type, making)))
        case ListField():
            inner = _value(field.field, making)
            return [] if inner is None else [inner]
        case BooleanField():
            return True
        case IntField() | LongField() | FloatField() | DecimalField():
            return min((field.min_value or 1) + making.nth, field.max_value or 1000)
        case DateTimeField():
            return making.now + timedelta(hours=field.creation_counter)  # in the order of declaration
        case URLField():
            return "https://example.com"
        case StringField():
            texts = [text.format(making.nth + 1) for text in TEXTS]
            return next(text for text in texts if not field.regex or field.regex.match(text))
        case DictField() if field.required:
            return {"木椅": "木椅"}
    return None
