"""How far a command has come, on the terminal."""

from typing import Any


def show(bar: Any, done: int, of: int) -> None:
    """Move click's progress bar to `done` of `of`; the whole may turn out larger on the way."""
    bar.length = max(of, 1)
    bar.update(done - bar.pos)
