"""Why something may not be, in the reader's language."""

from flask_babel import gettext as _

from documents.declaration.verbs import Refused
from documents.declaration.words import Choice


def refusal(error: Refused) -> str:
    """The sentence of a refusal; a choice among its words is said by its label."""
    words = {name: _(word.label) if isinstance(word, Choice) else word for name, word in error.words.items()}
    return _(error.message, **words)
