"""A mapping made of answers rather than written by hand: which column becomes which field, and all that
the words in them may mean. The pages and the command line make theirs here."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mongoengine import ListField
from mongoengine.base import BaseField

from exchange.importing import column_detection
from exchange.importing.column_detection import Column
from exchange.importing.importable import importable
from exchange.importing.mapping import LONGEST_SOURCE
from exchange.importing.synonyms import KEY
from records.declaration.record import Governed

Say = Callable[[str], Iterable[str]]
"""Says a word in every language."""


@dataclass(frozen=True)
class Words:
    """What the fields of a register, and the values of its choices, are called in every language."""

    fields: Mapping[str, Collection[str]]
    values: Mapping[str, Mapping[str, Collection[str]]]

    @classmethod
    def of(cls, kind: type[Governed], say: Say) -> "Words":
        named = {name: one for name, one in importable(kind).items() if name in kind._fields}
        return cls(
            {name: {*say(getattr(one, "verbose_name", None) or name)} for name, one in named.items()},
            {
                name: {str(choice): {*say(getattr(choice, "label", str(choice)))} for choice in choices}
                for name, one in named.items()
                if (choices := choices_of(one))
            },
        )


def choices_of(field: BaseField) -> Sequence[Any]:
    """The choices of a field, or of the entries of a list."""
    return (field.field if isinstance(field, ListField) else field).choices or ()


def guessed(kind: type[Governed], columns: Sequence[Column], words: Words) -> list[str]:
    """The likely target of each column: a field, `KEY`, or ""."""
    return column_detection.detect(kind, columns, words.fields)


@dataclass(frozen=True)
class Reading:
    """How a file is to be read: the register it comes from, the zone of its times, and whether a word
    nobody understands stands for the usual value."""

    source: str
    zone: str
    lenient: bool = False


def proposed(
    kind: type[Governed], columns: Sequence[Column], targets: Sequence[str], words: Words, how: Reading
) -> dict[str, Any]:
    """The mapping in the form of its file. `targets` are fields, `KEY` or "", one for each column; several
    columns of one field are joined."""
    fields = importable(kind)
    chosen: dict[str, list[Column]] = {}
    for column, target in zip(columns, targets, strict=True):
        if target in {KEY, *fields}:
            chosen.setdefault(target, []).append(column)
    keys = chosen.pop(KEY, [])
    mapping: dict[str, Any] = {
        "into": kind.collection_name(),
        "source": how.source.strip()[:LONGEST_SOURCE] or "upload",
        "zone": how.zone,
        "dates": column_detection.date_forms(
            text for found in chosen.values() for column in found for text in column.samples
        ),
        "fields": {name: _rule(fields[name], name, found, words, how) for name, found in chosen.items()},
    }
    return mapping | ({"key": keys[0].name} if keys else {})


def _rule(
    field: BaseField, name: str, columns: Sequence[Column], words: Words, how: Reading
) -> dict[str, Any]:
    if not choices_of(field):
        return {"join": [one.name for one in columns]} if len(columns) > 1 else {"column": columns[0].name}
    rule: dict[str, Any] = {
        "column": columns[0].name,
        "values": column_detection.value_meanings(words.values.get(name, {})),
    }
    if how.lenient and field.default is not None and not isinstance(field, ListField):
        rule["otherwise"] = str(field.default)
    return rule
