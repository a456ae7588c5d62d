"""The indexes that follow from what a document declares: each filter of its list, in the order of that
list; each reference, so that it can be asked what points at a record; the name by which one is referred
to; and what an import knows rows by.

An index that a document declares itself goes before: none is derived that it would serve as well.
"""

from collections.abc import Iterator
from typing import Any

from mongoengine import DateTimeField, EmbeddedDocumentField, ListField, StringField
from mongoengine.base import BaseField

from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from security.permissions import Action

Keys = list[tuple[str, int]]


def derive_indexes(kind: type[Governed]) -> None:
    """Add to the indexes of `kind` those that follow from its declaration. Safe to repeat."""
    specs: list[dict[str, Any]] = kind._meta["index_specs"]
    for keys, options in _wanted(kind):
        whole = [spec for spec in specs if options.get("sparse") or not spec.get("sparse")]
        if not any(_serves(spec["fields"], keys) for spec in whole):
            specs.append(
                {"fields": keys, "name": "_".join(["for", *(name for name, _order in keys)]), **options}
            )


def _wanted(kind: type[Governed]) -> Iterator[tuple[Keys, dict[str, Any]]]:
    if Action.IMPORT in (kind.policy.access or {}):
        # Sparse, not partial: both keep out what was not imported, and the embedded database reads by
        # a sparse index only.
        yield [("import_key", 1)], {"unique": True, "sparse": True, "name": "imported_once"}
        yield [("import_batch", 1)], {"sparse": True, "name": "of_import"}
    label = kind._fields[kind.policy.label]
    if Action.PICK in (kind.policy.access or {}) and isinstance(label, StringField) and not label.choices:
        yield [(label.db_field, 1)], {}
    order = _order(kind)
    yield order, {}
    for name in kind.policy.filters:
        path, field = _at(kind, name)
        if isinstance(field, DateTimeField):
            yield [(path, 1), ("_id", 1)], {}
        elif path != order[0][0]:
            yield [(path, 1), *order], {}
    for name, field in kind._fields.items():
        if isinstance(field.field if isinstance(field, ListField) else field, ReferenceIdField):
            yield [(_at(kind, name)[0], 1)], {"sparse": True}


def _order(kind: type[Governed]) -> Keys:
    """How a list of this kind is sorted; equal moments by id. After any other field no id follows: the
    embedded database misreads a range in the midst of an index (see `records.lists.index_selection.exclusive`).
    Words go up, whichever way the list goes: in an index that goes down it finds nothing from "" on."""
    name, direction = kind.policy.order.lstrip("-"), -1 if kind.policy.order.startswith("-") else 1
    field = kind._fields[name]
    direction = 1 if isinstance(field, StringField) else direction
    ids = [("_id", direction)] if isinstance(field, DateTimeField) else []
    return [(field.db_field, direction), *ids]


def _at(kind: type[Governed], name: str) -> tuple[str, BaseField]:
    """Where the values of "moves.state" are stored, and of which sort they are."""
    steps, fields = [], kind._fields
    for step in name.split("."):
        field = fields[step]
        steps.append(field.db_field)
        field = field.field if isinstance(field, ListField) else field
        fields = field.document_type._fields if isinstance(field, EmbeddedDocumentField) else {}
    return ".".join(steps), field


def _serves(here: Keys, wanted: Keys) -> bool:
    """Tell whether an index begins with the fields of another; ids at its end tell equal keys apart, and
    those few are put in order without an index."""
    needed = [name for name, _order in wanted]
    names = [name for name, _order in here]
    if needed[-1] == "_id" and len(needed) > 1:
        needed.pop()
    return names[: len(needed)] == needed
