"""Why a value does not fit its field, in words for whoever typed it."""

from typing import Any


class InvalidValue(ValueError):
    """A value does not fit its field.

    `message` is marked with `N_` and translated where it is shown; `words` fill its placeholders, and
    one with a label among them is shown by that. As an error of a mongoengine `ValidationError` it
    stands beside the field it is about.
    """

    def __init__(self, message: str, **words: Any) -> None:
        super().__init__(message % words if words else message)
        self.message, self.words = message, words
