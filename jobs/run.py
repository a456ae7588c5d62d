"""One run of a job: batch after batch, each of them whole or not at all.

A batch is one transaction: the records, their audit entries, and the run's own counts and cursor.
The run's document stands guard over it. Who takes a job over closes the run he found, so a process
that was thought dead and wakes up finds its run closed, and its transaction ends without a trace.
So whatever is killed, whenever it is killed: nothing is done twice and nothing is lost.
"""

import logging
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any

import pymongo
from bson import ObjectId
from pymongo.errors import ConnectionFailure, PyMongoError

from jobs.job import Batch
from jobs.lease import HOST, Lease, LeaseLost, runs
from records.job_state import KEPT_FOR, KEPT_RUNS, RunState
from records.storage.database import in_transaction, session
from security.actor import Actor, act_as

log = logging.getLogger(__name__)

BATCH_SECONDS = 45
RETRY_FIRST, RETRY_LAST = timedelta(seconds=30), timedelta(hours=1)

Progress = Callable[[int, int], None]


class Stopped(Exception):
    """The process is to end; another one, or the next one, continues."""


def carry_out(
    lease: Lease, now: datetime, progress: Progress | None = None, stop: Event | None = None
) -> dict[str, Any]:
    """Do what is to be done at `now` (aware, UTC) and return the counts, the state and the error.

    A record that fails is counted and logged, and the others go on. When the run as a whole fails,
    this is stored, and the job is tried again soon. Raises `LeaseLost` and `Stopped`.
    """
    with lease, act_as(Actor.job(lease.job.name, origin=HOST)):
        return _Run(lease, now, progress, stop).carry_out()


class _Run:
    def __init__(self, lease: Lease, now: datetime, progress: Progress | None, stop: Event | None) -> None:
        self.lease, self.now, self.progress, self.stop = lease, now, progress, stop
        self.begun = monotonic()
        self.counts = {"examined": 0, "changed": 0, "failed": 0}
        self.of = 0
        self.error: str | None = None
        self.session: Any = None

    def carry_out(self) -> dict[str, Any]:
        try:
            for part in self.lease.job.parts(self.now):
                self._do(part)
        except LeaseLost:
            log.warning("%s: run %d was taken over", self.lease.job.name, self.lease.number)
            raise
        except Stopped:
            self.lease.let_go()
            raise
        except KeyboardInterrupt:
            self.error = "Interrupted"
            self._finish(RunState.FAILED, retry=False)
            raise
        except Exception as error:  # noqa: BLE001 — whatever it was, the run says so and the job goes on
            self.error = where_and_what(error)
            log.error("%s: run %d failed: %s", self.lease.job.name, self.lease.number, self.error)  # noqa: TRY400
            return self._finish(RunState.FAILED, retry=True)
        return self._finish(RunState.DONE, retry=False)

    def _do(self, part: Batch) -> None:
        after = self.lease.cursor if part.name == self.lease.part else None
        while ids := self._ids(part, after):
            self.of += len(ids)
            for batch in part.batches(ids, first=after is None):
                if self.stop and self.stop.is_set():
                    raise Stopped
                failed = self.counts["failed"]
                self._attempt(part, batch)
                if self.progress:
                    self.progress(self.counts["examined"], self.of)
                if part.canary and batch[0] == ids[0] and after is None and self.counts["failed"] > failed:
                    return  # the canary; what is left is found by the next run
            after = ids[-1]

    def _ids(self, part: Batch, after: ObjectId | None) -> list[ObjectId]:
        with pymongo.timeout(BATCH_SECONDS):
            return part.ids(after)

    def _attempt(self, part: Batch, ids: Sequence[ObjectId]) -> None:
        """Do a batch; where something in it fails, do its halves, down to the record that fails."""
        try:
            with pymongo.timeout(BATCH_SECONDS):
                done = in_transaction(lambda: self._batch(part, ids))
        except (LeaseLost, ConnectionFailure):
            raise
        except Exception as error:
            if isinstance(error, PyMongoError) and error.timeout:
                raise
            if len(ids) > 1:
                half = len(ids) // 2
                self._attempt(part, ids[:half])
                self._attempt(part, ids[half:])
                return
            self.error = f"{part.kind.collection_name()} {ids[0]}: {where_and_what(error)}"
            log.error("%s: %s", self.lease.job.name, self.error)  # noqa: TRY400 — its text may be personal
            done = {"examined": 1, "failed": 1}
            self._count(part, ids[-1], done)
        for name, count in done.items():
            self.counts[name] += count

    def _batch(self, part: Batch, ids: Sequence[ObjectId]) -> dict[str, int]:
        self._leave_session()
        records = part.read(ids)
        chosen = part.pick(records)
        done = {"examined": len(records), "changed": part.change(chosen) if chosen else 0}
        self._count(part, ids[-1], done)
        return done

    def _leave_session(self) -> None:
        """Say beside the transaction, before it begins, which session to end should we die in it."""
        ours = session()
        if ours and ours.session_id != self.session:
            runs().update_one({"_id": self.lease.run}, {"$set": {"session": dict(ours.session_id)}})
            self.session = ours.session_id

    def _count(self, part: Batch, cursor: ObjectId, done: dict[str, int]) -> None:
        """Write the counts, as part of the batch. Raises `LeaseLost` where the run was closed."""
        self._update(
            {
                "$inc": done,
                "$set": {"part": part.name, "cursor": cursor, "of": self.of, "error": self.error},
            }
        )

    def _update(self, change: dict[str, Any]) -> None:
        ours = {"_id": self.lease.run, "state": RunState.RUNNING.value}
        if not runs().update_one(ours, change, session=session()).matched_count:
            raise LeaseLost(self.lease.job.name)

    def _finish(self, state: RunState, *, retry: bool) -> dict[str, Any]:
        took = timedelta(seconds=monotonic() - self.begun)
        ended = self.now + took
        self._update({"$set": {"state": state.value, "finished_at": ended, "error": self.error}})
        if retry:
            patience = min(RETRY_FIRST * 2 ** min(self.lease.failures(), 10), RETRY_LAST)
            self.lease.give_back(failed_until=ended + patience)
        else:
            self.lease.give_back()
        self._forget_old_runs()
        skipped = self.counts["examined"] - self.counts["changed"] - self.counts["failed"]
        return {
            "job": self.lease.job.name,
            "run": self.lease.number,
            "state": state.value,
            **self.counts,
            "skipped": skipped,
            "seconds": round(took.total_seconds(), 2),
            "error": self.error,
        }

    def _forget_old_runs(self) -> None:
        """Keep a bounded number of runs for a bounded time, and of those that found nothing to do only
        the latest: a job that runs every minute would crowd out what it did."""
        mine = {"job": self.lease.job.name}
        beyond = runs().find(mine, {"number": 1}).sort("number", -1).skip(KEPT_RUNS).limit(1)
        idle = {
            "number": {"$lt": self.lease.number},
            "state": RunState.DONE.value,
            "examined": {"$exists": False},
        }
        old = [{"finished_at": {"$lt": self.now - KEPT_FOR}}, idle]
        old += [{"number": {"$lte": row["number"]}} for row in beyond]
        runs().delete_many({**mine, "$or": old})


def where_and_what(error: Exception) -> str:
    """Name an error by its kind and place. Its own text may quote a record, so it is left out; that of
    a database out of reach quotes none."""
    if isinstance(error, ConnectionFailure):
        return f"The database does not answer ({type(error).__name__})"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    place = f" at {'/'.join(ours[-1].filename.split('/')[-2:])}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}"
