"""Words on screen, named where the fact stands and translated where it is shown."""

from enum import StrEnum


def N_(text: str) -> str:  # noqa: N802 — gettext's own name for "translate this later"
    """Mark `text` for the translators; whoever shows it translates it."""
    return text


class Choice(StrEnum):
    """One of a few: its value is stored, its label is shown.

    >>> class Size(Choice):
    ...     SMALL = "small", N_("Small")
    """

    label: str

    def __new__(cls, value: str, label: str = "") -> "Choice":
        choice = str.__new__(cls, value)
        choice._value_ = value
        choice.label = label or value
        return choice
