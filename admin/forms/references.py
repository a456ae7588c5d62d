"""The records that a form refers to: which collections these can be of, and what they are called."""

from collections.abc import Iterable, Iterator
from typing import Any

from bson import ObjectId
from cachetools import cached
from mongoengine import EmbeddedDocumentField, ListField
from mongoengine.base import BaseField

from admin.forms.fields import ReferenceField
from admin.forms.nested import EntriesField, PartField
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.lists.reference_labels import labels


@cached({})
def referred(kind: type[Governed]) -> tuple[str, ...]:
    """The collections that a kind's fields refer to, however deep inside."""
    return tuple(sorted({one.kind for one in _all_fields(kind) if isinstance(one, ReferenceIdField)}))


def _all_fields(kind: Any) -> Iterator[BaseField]:
    for one in kind._fields.values():
        inner = one.field if isinstance(one, ListField) else one
        yield inner
        if isinstance(inner, EmbeddedDocumentField):
            yield from _all_fields(inner.document_type)


def name_references(form: Iterable[Any]) -> None:
    """Look up what all records are called that a form shows, in a query a collection."""
    found = list(_references(form))
    wanted: dict[str, set[ObjectId]] = {}
    for field in found:
        if field.data:
            wanted.setdefault(field.kind, set()).add(field.data)
    names = labels(wanted)
    for field in found:
        field.names = names


def _references(fields: Iterable[Any]) -> Iterator[ReferenceField]:
    for field in fields:
        match field:
            case ReferenceField():
                yield field
            case PartField():
                yield from _references(field.form)
            case EntriesField():
                yield from _references(field.entries)
