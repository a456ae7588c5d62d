"""The clock: every few seconds it looks whether a job is due, asked for, or left behind.

The slots are stored with the job, not in the scheduler, so it does not matter which process sees
one first, or that none was there when it came: a missed slot is still due, once, afterwards.
"""

import logging
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any, Self

from apscheduler.schedulers.background import BackgroundScheduler
from pymongo.errors import PyMongoError

from backup import restore_is_running
from jobs.job import Job
from jobs.lease import LeaseLost, announce, take
from jobs.run import Stopped, carry_out

log = logging.getLogger(__name__)

LEASE_MILLISECONDS = 9_000
TICK_SECONDS = 2.0


class Scheduler:
    """Does the jobs of a timetable in this process. Any number of processes may have one: together
    they do every slot once. A job that a killed process had in hand is continued within
    `milliseconds` and one tick of `seconds`."""

    def __init__(
        self, timetable: Sequence[Job], milliseconds: int = LEASE_MILLISECONDS, seconds: float = TICK_SECONDS
    ) -> None:
        self._timetable = timetable
        self._milliseconds = milliseconds
        self._seconds = seconds
        self._stop = Event()
        self._clock = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> Self:
        """Begin, in background threads. A missed slot is made up for at once."""
        # It says at every tick that it ticks, and warns of each tick that a long run sits out.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for job in self._timetable:
            announce(job, datetime.now(UTC))
            self._clock.add_job(
                self._attend,
                "interval",
                [job],
                seconds=self._seconds,
                id=job.name,
                next_run_time=datetime.now(UTC),
            )
        self._clock.start()
        return self

    def stop(self) -> None:
        """End: a run under way stops after its batch, and is left to whoever comes next."""
        self._stop.set()
        self._clock.shutdown(wait=True)

    def run_until_told(self) -> None:
        """Start, and stay until SIGTERM or Ctrl-C. Only in a process's main thread."""
        told = Event()

        def tell(*_: Any) -> None:
            told.set()

        before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
        self.start()
        try:
            told.wait()
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _attend(self, job: Job) -> None:
        now = datetime.now(UTC)
        try:
            if restore_is_running():
                return  # a backup is being restored: what it holds is not complete yet
            if lease := take(job, now, self._milliseconds):
                carry_out(lease, now, stop=self._stop)
        except (LeaseLost, Stopped):
            pass  # another process continues, or will
        except PyMongoError as error:
            log.warning("%s: the database does not answer (%s)", job.name, type(error).__name__)
