"""Guesses which column of a foreign file holds what, from its names and from what stands in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mongoengine.base import BaseField

from exchange.importing.importable import importable
from exchange.importing.mapping import STATE_SINCE
from exchange.importing.parsing import EMAIL, PHONE
from exchange.importing.synonyms import KEY, SYNONYMS, VALUES
from records.declaration.fields import EncryptedStringField, UTCDateTimeField
from records.declaration.record import Governed
from records.storage import search_tokens

ENOUGH = 0.6
"""The share of filled cells that must look alike before their looks count."""

DATE_FORMS = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
)  # fmt: skip
DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")
MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")

Names = Mapping[str, Iterable[str]]
"""What each field, or each value of a choice, is called in any language."""


@dataclass(frozen=True)
class Column:
    """One column of a file, with the first of what stands in it."""

    name: str
    samples: tuple[str, ...]


def detect(kind: type[Governed], columns: Sequence[Column], names: Names) -> list[str]:
    """Return for each column a field, `KEY`, or "" where nothing seems to fit; none twice.

    A name counts more than looks. `names` are the fields' labels.
    """
    fields = importable(kind)
    scores = [
        (score, place, field)
        for place, column in enumerate(columns)
        for field in (KEY, *fields)
        if (score := _by_name(column.name, field, fields, names) or _by_looks(column, field, fields))
    ]
    found = [""] * len(columns)
    for _score, place, field in sorted(scores, key=lambda one: (-one[0], one[1])):
        if not found[place] and field not in found:
            found[place] = field
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", search_tokens.normalize(text))


def _by_name(name: str, field: str, fields: Mapping[str, BaseField], names: Names) -> int:
    plain = _plain(name)
    if not plain:
        return 0
    called = {_plain(one) for one in (field, *names.get(field, ()))}
    if plain in called:
        return 100
    personal = getattr(fields.get(field), "personal", None)
    known = (*SYNONYMS.get(field, ()), *(SYNONYMS.get(personal.category, ()) if personal else ()))
    synonyms = [_plain(one) for one in known]
    if plain in synonyms:
        return 80
    words = {_plain(word) for word in re.split(r"[\W_]+", name)}
    return 60 if words & {one for one in synonyms if len(one) > 1} else 0


def _by_looks(column: Column, field: str, fields: Mapping[str, Any]) -> int:
    filled = [text.strip() for text in column.samples if text.strip()]
    one = fields.get(field)
    if not filled or one is None or field == STATE_SINCE:
        return 0
    identity = getattr(getattr(one, "personal", None), "identity", None)
    if identity:
        looks = EMAIL if identity == "email" else PHONE
        return (
            40
            if _share(filled, lambda text: bool(looks.fullmatch(text))) > ENOUGH and not _dates(filled)
            else 0
        )
    if isinstance(one, UTCDateTimeField):
        return 30 if field == "created_at" and _dates(filled) else 0
    if isinstance(one, EncryptedStringField) and one.required:
        return 20 if sum(map(len, filled)) / len(filled) > 15 else 0
    return 0


def _share(texts: Sequence[str], looks: Any) -> float:
    return sum(map(looks, texts)) / len(texts)


def _dates(texts: Sequence[str]) -> bool:
    return any(
        _share(texts, lambda text, form=form: _is_date(text, form)) > ENOUGH for form in (*ALL_FORMS, "")
    )


def _is_date(text: str, form: str) -> bool:
    """Whether a text is a date of this form, "" meaning ISO 8601."""
    try:
        date = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return False
    return 1900 <= date.year <= 2100


ALL_FORMS = (*DATE_FORMS, *DAY_FIRST, *MONTH_FIRST)


def date_forms(samples: Iterable[str]) -> list[str]:
    """The forms in which dates are written there, the likely order of day and month first.

    03/04/2026 alone does not tell: then the day is taken to come first.
    """
    texts = [text.strip() for text in samples if text.strip()]
    counts = {form: sum(_is_date(text, form) for text in texts) for form in ALL_FORMS}
    day, month = (sum(counts[form] for form in forms) for forms in (DAY_FIRST, MONTH_FIRST))
    ordered = (*DATE_FORMS, *MONTH_FIRST) if month > day else (*DATE_FORMS, *DAY_FIRST)
    return [form for form in ordered if counts[form]]


def value_meanings(names: Names) -> dict[str, str]:
    """What words mean among the values of a choice, as they may be written; `names` are their labels."""
    found: dict[str, str] = {}
    for value, called in names.items():
        for name in (*VALUES.get(value, ()), *called, value):
            plain = _plain(name)
            found.update(
                {way: value for way in (name.casefold(), plain, search_tokens.normalize(name)) if way}
            )
    return found
