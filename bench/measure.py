"""What one piece of work costs: commands, time, the application's part of it, and memory."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Event, Thread
from typing import Any

import psutil
from pymongo import monitoring

WARM_UPS, MOST_RUNS, ENOUGH_SECONDS = 2, 200, 6.0
MEGABYTE = 1024 * 1024
Run = tuple[float, float, int]
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Cost:
    """Of one run, the median: `app` is the processor time of the application alone, which is the same
    however busy the machine is; `total` is what a person waits (both ms)."""

    commands: int
    app: float
    total: float
    memory: float
    runs: int

    def stored(self) -> dict[str, Any]:
        return asdict(self)


class _Commands(monitoring.CommandListener):
    def __init__(self) -> None:
        self.count = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.count += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


_commands = _Commands()
monitoring.register(_commands)  # before any connection is made: later ones only are listened to


def cost(work: Callable[[], Any], *, once: bool = False) -> Cost:
    """Do `work` until it is well known what it costs; `run_once` for what cannot be repeated, or takes long."""
    memory = _Peak()
    runs = [] if once else _too_long(work)
    once = once or bool(runs)
    begun = time.perf_counter()
    while not runs or (not once and len(runs) < MOST_RUNS and time.perf_counter() - begun < ENOUGH_SECONDS):
        runs.append(_timed(work))
    grown = memory.grown() / MEGABYTE
    middle = [statistics.median(run[part] for run in runs) for part in range(3)]
    return Cost(int(middle[2]), middle[1] * 1000, middle[0] * 1000, grown, len(runs))


def _too_long(work: Callable[[], Any]) -> list[Run]:
    """Warm up; return the run that took so long that it is to be the only one."""
    for _warm_up in range(WARM_UPS):
        run = _timed(work)
        if run[0] > ENOUGH_SECONDS:
            return [run]
    return []


class _Peak:
    """By how much the process was larger at its largest than before: looked at all the while, since what
    was given back in between would not be seen at the end."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._highest = self._process.memory_info().rss
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._highest = max(self._highest, self._process.memory_info().rss)

    def grown(self) -> int:
        self._over.set()
        self._thread.join()
        return max(self._highest, self._process.memory_info().rss) - self._before


def _timed(work: Callable[[], Any]) -> Run:
    count, used, begun = _commands.count, time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - begun, time.process_time() - used, _commands.count - count
