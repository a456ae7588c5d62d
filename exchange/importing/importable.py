"""What a file may bring in: the fields that a form offers, and what a kind lets the file know better."""

from mongoengine import BooleanField, DateTimeField, FloatField, IntField, ListField, LongField, StringField
from mongoengine.base import BaseField

from documents.tickets.ticket import Ticket
from exchange.importing.mapping import STATE_SINCE
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.record import Governed
from records.declaration.registry import registered
from security.permissions import Action

READABLE = (StringField, IntField, LongField, FloatField, DateTimeField, BooleanField, ReferenceIdField)


def importable_kinds() -> dict[str, type[Governed]]:
    """The registers that take in files, by collection: those whose row of the permission table lets
    somebody import."""
    return {kind.collection_name(): kind for kind in registered() if is_importable(kind)}


def is_importable(kind: type[Governed]) -> bool:
    return Action.IMPORT in (kind.policy.access or {})


def importable(kind: type[Governed]) -> dict[str, BaseField]:
    """The fields that a file may fill in, by name."""
    fields = {name: field for name, field in kind._fields.items() if _is_open(kind, field)}
    return {**fields, STATE_SINCE: UTCDateTimeField()} if issubclass(kind, Ticket) else fields


def _is_open(kind: type[Governed], field: BaseField) -> bool:
    if field.name == "id" or getattr(field, "internal", False):
        return False
    inner = field.field if isinstance(field, ListField) else field
    if not isinstance(inner, READABLE):
        return False
    return field.name in kind.importable_system_fields or not getattr(field, "system", False)


def missing(kind: type[Governed], filled: set[str]) -> list[str]:
    """The fields that no record can be without and that `filled` leaves out."""
    return [
        name
        for name, field in kind._fields.items()
        if field.required and field.default is None and name not in filled
    ]
