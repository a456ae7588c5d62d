"""The same thing worded in the three languages of the house: one field each, and the one a reader gets."""

from typing import Any

from mongoengine import StringField

from language.words import N_

ENDINGS = {"en": "_en", "zh_Hans_CN": "_zh_cn", "zh_Hant_TW": "_zh_tw"}
"""What a field's name ends with, by language."""
LANGUAGES = dict(
    zip(ENDINGS, (N_("English"), N_("Simplified Chinese"), N_("Traditional Chinese")), strict=True)
)


NAME = (N_("English name"), N_("Simplified Chinese name"), N_("Traditional Chinese name"))
TITLE = (N_("English title"), N_("Simplified Chinese title"), N_("Traditional Chinese title"))
"""What fields are called that stand in lists, beside each other."""


def translated_fields(
    label: str | tuple[str, str, str], **options: Any
) -> tuple[StringField, StringField, StringField]:
    """One field for each language, in the order of `ENDINGS`; a record can be begun with any of them."""
    labels = label if isinstance(label, tuple) else (label, label, label)
    first, second, third = (StringField(verbose_name=one, **options) for one in labels)
    return first, second, third


def field_names(*stems: str) -> tuple[str, ...]:
    """The fields of some wordings, in all languages."""
    return tuple(stem + ending for stem in stems for ending in ENDINGS.values())


def fields_by_language(*stems: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The same as sections of a page, one for each language."""
    return tuple(
        (LANGUAGES[code], tuple(stem + ending for stem in stems)) for code, ending in ENDINGS.items()
    )


def localized(record: Any, stem: str, language: str) -> str:
    """What a record says in a language; in English where it says nothing in that."""
    return getattr(record, stem + ENDINGS.get(language, "_en")) or getattr(record, stem + "_en") or ""
