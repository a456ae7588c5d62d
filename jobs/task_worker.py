"""What carries out one kind of task: it says what there is to do, and does it a batch at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from documents.work.task import Task, problem
from language.words import N_
from records.declaration.actions import ActionRefused


@dataclass
class Turn:
    """What came of a batch: how many were done, and what went wrong with the others; or, where the
    work may have begun anew, how many are done in `total`."""

    done: int = 0
    total: int | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """What else is to be counted up on the task, such as "result.added"."""


class Worker(ABC):
    """Carries out one task. It lives as long as a run of the job; another run makes a new one and
    goes on from the task's cursor, so nothing may be kept here that cannot be found again.

    Raises `records.declaration.actions.ActionRefused` where the task as a whole cannot be done.
    """

    batch = 500
    read_seconds = 45

    def __init__(self, task: Task) -> None:
        self.task = task
        self._ahead: list[Any] = []
        self._items: Iterator[Any] | None = None

    @abstractmethod
    def count(self) -> int:
        """How many items there are in all, done or not."""

    @abstractmethod
    def items(self) -> Iterator[Any]:
        """What there is to do from the task's cursor on, read outside any transaction."""

    @abstractmethod
    def do(self, items: Sequence[Any], now: datetime) -> Turn:
        """Do a batch inside a transaction, as who asked; may run again, so it does nothing that a
        transaction cannot take back."""

    def cursor_after(self, item: Any) -> Any:
        """Where the task stands once `item` is done: plain data, from which `items` goes on."""
        return item

    def finish(self, now: datetime) -> dict[str, Any]:
        """End the task, inside a transaction; return what is to be stored on it, such as `result`."""
        return {}

    def problem(self, item: Any, error: Exception) -> dict[str, Any]:
        """Say what went wrong with one item that failed alone."""
        if isinstance(error, ActionRefused):
            return problem(self.label(item), error.message, **error.words)
        return problem(self.label(item), N_("It could not be done (%(error)s)."), error=type(error).__name__)

    def label(self, item: Any) -> str:
        """What an item may be called."""
        return str(item)

    def close(self) -> None:  # noqa: B027 — most have nothing to let go of
        """Let go of files."""

    def ahead(self, size: int) -> list[Any]:
        """The next items, at most `size`: the same ones until they are settled."""
        if self._items is None:
            self._items = self.items()
        self._ahead += islice(self._items, max(size - len(self._ahead), 0))
        return self._ahead[:size]

    def settle(self, count: int) -> None:
        """Count so many items as done for good."""
        del self._ahead[:count]
