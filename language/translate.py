"""Words said where no page is: in a mail or a file, in the language of whoever will read it."""

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any

from language.words import Choice

FOLDER = Path(__file__).parent.parent / "translations"


def translate(text: str, language: str, **blanks: Any) -> str:
    """A sentence marked with `N_`, in a language, with its blanks filled in; a `Choice` among them is said
    in that language as well. Without a catalogue of that language, in English."""
    spoken = _catalogue(language).gettext(text)
    if not blanks:
        return spoken
    return spoken % {
        name: translate(value.label, language) if isinstance(value, Choice) else value
        for name, value in blanks.items()
    }


@cache
def _catalogue(language: str) -> NullTranslations:
    return translation("messages", FOLDER, [language], fallback=True)
