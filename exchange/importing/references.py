"""The records that the cells of a file refer to: by number or name, a person also by e-mail or phone.

Some hundred rows are looked up at once, in one query for each way a record can be called.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson import ObjectId
from mongoengine import ListField, StringField
from mongoengine.base import BaseField

from exchange.importing.parsing import ParseError
from language.words import N_
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists.index_selection import merge_conditions
from records.storage import search_tokens
from records.storage.database import database, session
from security.actor import current_actor

MOST = 1_000
"""So many records may one query of texts find."""


def referred(field: BaseField) -> ReferenceIdField | None:
    """The reference that a field is, or is a list of."""
    inner = field.field if isinstance(field, ListField) else field
    return inner if isinstance(inner, ReferenceIdField) else None


def is_of_a_person(reference: ReferenceIdField) -> bool:
    """Tell whether a reference leads to somebody whose e-mail or phone may stand for them."""
    kind = by_collection(reference.kind)
    return kind is not None and kind.policy.subject == "self"


def names_of(kind: type[Governed]) -> list[str]:
    """The fields that a record can be called by: its label, and those that tell it from all others."""
    specs = [spec for spec in kind._meta["index_specs"] if spec["fields"]]
    leading = {spec["fields"][0][0] for spec in specs}
    alone = {spec["fields"][0][0] for spec in specs if spec.get("unique") and len(spec["fields"]) == 1}
    return [
        field.db_field
        for name, field in kind._fields.items()
        if isinstance(field, StringField)
        and not isinstance(field, EncryptedStringField)
        and not getattr(field, "internal", False)
        and field.db_field in leading & (alone | {kind._fields[kind.policy.label].db_field})
    ]


class ReferenceResolver:
    """The records of other registers that texts mean; each register is asked in batches."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], set[ObjectId]] = {}

    def look_up(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Find what the texts mean, by collection."""
        self._found = {}
        for collection, texts in wanted.items():
            kind = by_collection(collection)
            given = {" ".join(text.split()) for text in texts if text.strip()}
            if kind and given:
                for text, pk in _meant(kind, given):
                    self._found.setdefault((collection, text), set()).add(pk)

    def one(self, reference: ReferenceIdField, text: str) -> ObjectId:
        """The record that a text means. Raises `ParseError` where it means none, or several."""
        found = self._found.get((reference.kind, _plain(text)), set())
        if not found:
            raise ParseError(N_("%(columns)s: “%(value)s” is not known here."), text)
        if len(found) > 1:
            raise ParseError(N_("%(columns)s: “%(value)s” may be one of several."), text)
        return next(iter(found))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _meant(kind: type[Governed], texts: set[str]) -> Iterator[tuple[str, ObjectId]]:
    """Which record each text may mean. Names are compared as they are written, but for their case."""
    ways = {way for text in texts for way in (text, text.upper(), text.lower(), text.title())}
    for name in names_of(kind):
        for row in _read(kind, {name: {"$in": sorted(ways)}}, name):
            yield _plain(str(row[name])), row["_id"]
    if by_token := _identities(kind, texts):
        for row in _read(kind, {"search": {"$in": sorted(by_token)}}, "search"):
            for token in row["search"]:
                for text in by_token.get(token, ()):
                    yield _plain(text), row["_id"]


def _identities(kind: type[Governed], texts: set[str]) -> dict[int, set[str]]:
    """The tokens under which a person is found by e-mail address or phone, where the kind has them."""
    sorts = {
        field.personal.identity
        for field in kind.personal().values()
        if field.personal.identity and isinstance(field, EncryptedStringField)
    }
    found: dict[int, set[str]] = {}
    for text in texts:
        sort = "email" if "@" in text else "phone"
        if sort in sorts and (sort == "email" or sum(letter.isdigit() for letter in text) >= 7):
            for token in search_tokens.identities(sort, text):
                found.setdefault(token, set()).add(text)
    return found


def _read(kind: type[Governed], where: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = database()[kind.collection_name()].find(
        merge_conditions(kind.scope(current_actor()), where), {name: 1}, session=session()
    )
    return list(rows.limit(MOST))
