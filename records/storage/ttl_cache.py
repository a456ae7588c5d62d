"""What a process remembers for a short while, whichever of its threads asks."""

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

import cachetools

K = TypeVar("K")
V = TypeVar("V")


class TTLCache(cachetools.TTLCache[K, V]):
    """A cache for several threads. Without a guard, cachetools' own breaks as soon as two write at once,
    and every later write to it raises; a value may also expire between a look whether it is there and
    the look at it, so `get` is one look."""

    def __init__(self, maxsize: int, ttl: float, getsizeof: Callable[[V], float] | None = None) -> None:
        self._guard = RLock()
        super().__init__(maxsize, ttl, getsizeof=getsizeof)

    def get(self, key: K, default: Any = None) -> Any:
        with self._guard:
            try:
                return super().__getitem__(key)
            except KeyError:
                return default

    def __getitem__(self, key: K) -> V:
        with self._guard:
            return super().__getitem__(key)

    def __setitem__(self, key: K, value: V) -> None:
        with self._guard:
            super().__setitem__(key, value)

    def pop(self, key: K, default: Any = None) -> Any:
        """Forget one value, and return it."""
        with self._guard:
            try:
                return super().pop(key, default)
            except KeyError:  # it expired this moment
                return default

    def clear(self) -> None:
        with self._guard:
            super().clear()
