"""What is wrong with a file or a row of it, in one sentence that can be translated."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

SHORT = 40


@dataclass(frozen=True)
class RowError:
    """A sentence for the reader, with what goes into it kept apart, so that it can be translated."""

    message: str
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.message) % self.values if self.values else translate(self.message)

    def __str__(self) -> str:
        return self.text()


class ImportRefused(Exception):
    """The file or its mapping cannot be used at all; nothing was imported."""

    def __init__(self, message: str, **values: Any) -> None:
        self.fault = RowError(message, values)
        super().__init__(str(self.fault))


def shortened(text: str) -> str:
    """Return a value as a sentence quotes it: on one line, and not the whole of a long one."""
    line = " ".join(text[: 4 * SHORT].split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence quotes them."""
    return ", ".join(f"“{shortened(name)}”" for name in names)
