"""What a process remembers for a short while stays whole, whichever threads ask."""

import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from records.storage.ttl_cache import TTLCache


@pytest.fixture
def hasty():
    """Threads that take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_many_threads_that_write_at_once_break_nothing(hasty):
    remembered: TTLCache[int, int] = TTLCache(maxsize=20, ttl=0.001)
    until = monotonic() + 0.5

    def work(first: int) -> None:
        key = first
        while monotonic() < until:
            key = (key * 7 + 3) % 101
            if remembered.get(key) is None:
                remembered[key] = key
            remembered.pop((key + 1) % 101)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))  # raises what one of them raised

    remembered[1] = 2
    assert remembered.get(1) == 2


def test_what_has_expired_is_not_known_and_can_be_forgotten():
    remembered: TTLCache[str, int] = TTLCache(maxsize=2, ttl=0.01)
    remembered["a"] = 1
    sleep(0.02)

    assert remembered.get("a") is None
    assert remembered.pop("a") is None


def test_what_is_large_takes_the_place_of_much_that_is_small():
    remembered: TTLCache[str, str] = TTLCache(maxsize=5, ttl=60, getsizeof=len)
    remembered["one"], remembered["two"], remembered["large"] = "xx", "xx", "xxxx"

    assert [remembered.get(name) for name in ("one", "two", "large")] == [None, None, "xxxx"]
