"""Words of the original that are not to be read on screen; the original itself stays as it is (R48).

What is blacked out is named by its place, never by its words, so nothing here tells what stood there.
It is black on pages, in exports and in the search index; who gives a reason to see it sees the original.
People get their own words whole in the copy of their data, but for what they say of others (GDPR, 15(4)).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from mongoengine import IntField, StringField

from language.words import N_, Choice
from records.declaration.actions import ActionRefused
from records.declaration.fields import UTCDateTimeField
from records.declaration.subdocument import Subdocument
from security.actor import current_actor

BLACK = "█"


class About(Choice):
    """Of whom blacked-out words tell."""

    THIRD_PERSON = "third-person", N_("Another person")
    PERSON = "person", N_("Whoever wrote them")
    NOBODY = "nobody", N_("No person")


class Redaction(Subdocument):
    """One passage of a field: from character `start` up to before `end`; never edited."""

    field = StringField(required=True)
    start = IntField(required=True, min_value=0)
    end = IntField(required=True)
    about = StringField(choices=list(About), default=About.THIRD_PERSON, verbose_name=N_("About"))
    reason = StringField(required=True, max_length=500, verbose_name=N_("Why"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("Who"))

    def of_field(self, field: str) -> Self:
        """The same over a field with the same words."""
        return type(self)(**{**self.to_mongo(), "field": field})


def redactions_of(
    field: str, text: str, words: str, reason: str, now: datetime, about: About = About.THIRD_PERSON
) -> list[Redaction]:
    """Black out `words` wherever they stand in `text`. Raises `ActionRefused` where they do not."""
    found, start = [], text.find(words)
    while words and start >= 0:
        end = start + len(words)
        found.append(
            Redaction(
                field=field, start=start, end=end, reason=reason, at=now, by=current_actor().name, about=about
            )
        )
        start = text.find(words, end)
    if not found:
        raise ActionRefused(N_("These words do not stand in the original; nothing was blacked out."))
    return found


def blacked_out(field: str, text: str, redactions: Iterable[Mapping[str, Any]]) -> str:
    """`text` as it may be seen: every redacted character is a block."""
    letters = list(text)
    for one in redactions:
        if one["field"] == field:
            for place in range(one["start"], min(one["end"], len(letters))):
                letters[place] = BLACK
    return "".join(letters)
