"""The same thing worded in the three languages of the house: one field each, and the one a reader gets."""

from typing import Any

from mongoengine import StringField

from language.languages import Language
from language.words import N_

NAME = (N_("English name"), N_("Simplified Chinese name"), N_("Traditional Chinese name"))
TITLE = (N_("English title"), N_("Simplified Chinese title"), N_("Traditional Chinese title"))
"""What fields are called that stand in lists, beside each other."""


def translated_fields(
    label: str | tuple[str, str, str], **options: Any
) -> tuple[StringField, StringField, StringField]:
    """One field for each language, in the order of `Language`; a record can be begun with any of them."""
    labels = label if isinstance(label, tuple) else (label, label, label)
    first, second, third = (StringField(verbose_name=one, **options) for one in labels)
    return first, second, third


def field_names(*stems: str) -> tuple[str, ...]:
    """The fields of some wordings, in all languages."""
    return tuple(stem + language.suffix for stem in stems for language in Language)


def fields_by_language(*stems: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The same as sections of a page, one for each language."""
    return tuple((language.label, tuple(stem + language.suffix for stem in stems)) for language in Language)


def localized(record: Any, stem: str, language: str) -> str:
    """What a record says in a language; in English where it says nothing in that."""
    texts = (getattr(record, stem + code.suffix) for code in (Language.named(language), Language.ENGLISH))
    return next(filter(None, texts), "")
