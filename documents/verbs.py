"""Verbs: what can be done with one record beyond editing it, offered as buttons on its page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from security.permissions import Action


@dataclass(frozen=True)
class Verb:
    """A method `name(now, note)` of a document; `note` is the question that must be answered, if any."""

    name: str
    label: str
    action: Action
    when: Callable[[Any], bool]
    note: str | None
    danger: bool
    many: bool


def verb(
    label: str,
    action: Action,
    *,
    when: Callable[[Any], bool] = lambda _record: True,
    note: str | None = None,
    danger: bool = False,
    many: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Offer a method to those whom the record's permission row grants `action`, while `when` holds;
    `many`: also for a selection in the list."""

    def mark(method: Callable[..., None]) -> Callable[..., None]:
        method.verb = Verb(method.__name__, label, action, when, note, danger, many)  # type: ignore[attr-defined]
        return method

    return mark


def verbs_of(kind: type) -> dict[str, Verb]:
    """The verbs a document declares, by name, in the order of declaration."""
    found: dict[str, Verb] = {}
    for base in reversed(kind.__mro__):
        for name, member in vars(base).items():
            if isinstance(declared := getattr(member, "verb", None), Verb):
                found[name] = declared
    return found
