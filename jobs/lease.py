"""The lease: of all processes that could do a job, one has it in hand, and all know until when.

Expiry is a number of milliseconds that the database compares with its own clock, so the clocks of
the processes do not matter. No transaction ever touches the job's document: a process that dies
inside one would keep it from everybody. What keeps a process that lost its lease without noticing
from writing is its run's document (see `jobs.run`): taking over closes that first.
"""

import contextlib
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Any, Self

from bson import Binary, ObjectId
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from jobs.job import Job
from records.job_state import JOBS, RUNS, RunState
from records.storage.database import client, database

SERVER_NOW = {"$toLong": "$$NOW"}
FREE = {"$or": [{"lease": None}, {"$expr": {"$lte": ["$lease.expires", SERVER_NOW]}}]}
HOST = socket.gethostname()


class LeaseLost(Exception):
    """Another process has taken the job over; nothing of this batch was written."""


def jobs() -> Collection[dict[str, Any]]:
    return database()[JOBS]


def runs() -> Collection[dict[str, Any]]:
    return database()[RUNS]


def announce(job: Job, now: datetime) -> None:
    """Let the database know of a job, its words and its next slot. A slot that was missed while
    nobody ran jobs stays due. Safe to repeat."""
    words = {"label": job.label, "about": job.about, "cadence": job.cadence}
    jobs().update_one(
        {"_id": job.name},
        {"$set": words, "$min": {"next_run_at": job.next_after(now)}, "$setOnInsert": {"fence": 0}},
        upsert=True,
    )


def take(
    job: Job, now: datetime, milliseconds: int, by: str = "", *, whenever: bool = False
) -> "Lease | None":
    """Take the job in hand where it is wanted and free: due, asked for, or left unfinished by a
    process whose lease ran out. `whenever` takes it also when nobody wants it.

    One update decides, so that of many processes one gets the slot.
    """
    wanted = {"$or": [{"next_run_at": {"$lte": now}}, {"asked": {"$ne": None}}, {"lease": {"$ne": None}}]}
    before = jobs().find_one_and_update(
        {"$and": [{"_id": job.name}, FREE, {} if whenever else wanted]},
        [
            {
                "$set": {
                    "fence": {"$add": ["$fence", 1]},
                    "asked": None,
                    "next_run_at": job.next_after(now),
                    "lease": {"owner": f"{HOST}:{os.getpid()}", "expires": _in(milliseconds)},
                }
            }
        ],
        return_document=ReturnDocument.BEFORE,
    )
    if before is None:
        return None
    asked = before.get("asked") or {}
    lease = Lease(job, before["fence"] + 1, milliseconds, by or asked.get("by", ""))
    lease.open_run(now)
    return lease


def _in(milliseconds: int) -> dict[str, Any]:
    return {"$add": [SERVER_NOW, milliseconds]}


@dataclass
class Lease:
    """A job in hand: as a context it is renewed until the block is left; then it is given back.

    `number` is the fencing number, and the number of the run. `part` and `cursor` are where the run
    that is continued had come to.
    """

    job: Job
    number: int
    milliseconds: int
    by: str
    run: ObjectId | None = None
    part: str | None = None
    cursor: ObjectId | None = None

    def open_run(self, now: datetime) -> None:
        """Close what earlier processes left running, and begin a run of our own."""
        unfinished = {"job": self.job.name, "state": RunState.RUNNING.value, "number": {"$lt": self.number}}
        for left in runs().find(unfinished).sort("number"):
            _end_session(left.get("session"))
            closed = runs().find_one_and_update(
                {"_id": left["_id"], "state": RunState.RUNNING.value},
                {"$set": {"state": RunState.TAKEN_OVER.value, "finished_at": now}},
            )
            if closed:
                self.part, self.cursor = closed.get("part"), closed.get("cursor")
                self.by = self.by or closed.get("by", "")
        self.run = ObjectId()
        runs().insert_one(
            {
                "_id": self.run,
                "job": self.job.name,
                "number": self.number,
                "state": RunState.RUNNING.value,
                "by": self.by,
                "host": HOST,
                "pid": os.getpid(),
                "started_at": now,
            }
        )

    def __enter__(self) -> Self:
        self._left = Event()
        self._renewing = Thread(target=self._renew, name=f"lease {self.job.name}", daemon=True)
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._renewing.join()

    def _renew(self) -> None:
        """Renew three times as often as needed; never a lease that was given back. A database that does
        not answer is asked again: should the lease run out meanwhile and the job be taken over, the next
        batch finds its run closed and writes nothing."""
        while not self._left.wait(self.milliseconds / 3000):
            with contextlib.suppress(PyMongoError):
                longer = [{"$set": {"lease.expires": _in(self.milliseconds)}}]
                self._update(longer, {"lease.expires": {"$gt": 0}})

    def give_back(self, failed_until: datetime | None = None) -> None:
        """Leave the job to its next slot, or after a failure to the moment when it is tried again."""
        if failed_until:
            retry = {"$min": {"next_run_at": failed_until}, "$inc": {"failures": 1}}
            self._update({"$set": {"lease": None}, **retry})
        else:
            self._update({"$set": {"lease": None, "failures": 0}})

    def let_go(self) -> None:
        """Let the lease run out now, so that any other process continues the run at once."""
        self._update({"$set": {"lease.expires": 0}})

    def failures(self) -> int:
        """How many runs before this one failed in a row."""
        return (jobs().find_one({"_id": self.job.name}) or {}).get("failures", 0)

    def _update(self, change: Any, only: dict[str, Any] | None = None) -> None:
        jobs().update_one({"_id": self.job.name, "fence": self.number, **(only or {})}, change)


def _end_session(left: dict[str, Any] | None) -> None:
    """Abort the transaction that a dead process may have left open: until it ends, nobody else can
    write what it wrote. A session that ended already is no error."""
    if left:
        with contextlib.suppress(OperationFailure):
            client().admin.command("killSessions", [{"id": Binary.from_uuid(left["id"])}])
