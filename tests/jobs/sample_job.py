"""A collection and a job that exist for tests only, with everything a killed process could spoil."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from apscheduler.triggers.cron import CronTrigger
from mongoengine import StringField

from jobs.job import Batch, Job
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Policy
from records.declaration.record import Governed
from records.storage import writer
from records.storage.database import database, session

BATCH = 5


class Chore(Governed):
    """Something to be done once."""

    policy = Policy(title="Chores", singular="Chore", group="Tests", label="name")
    name = StringField()
    done_at = UTCDateTimeField()

    meta = {"collection": "chores"}


def chore_job(pause: float = 0.0, trigger: CronTrigger | None = None) -> Job:
    """The job that does chores and notes each in a ledger; `pause` is how long each transaction
    stays open after its last write."""

    def do(chores: list[Chore]) -> int:
        for chore in chores:
            chore.done_at = datetime.now(UTC)
        done = writer.save(*chores, reason="Done")
        rows = [{"chore": chore.pk, "pid": os.getpid()} for chore in chores]
        database()["ledger"].insert_many(rows, session=session())
        time.sleep(pause)
        return done

    def parts(now: datetime) -> Iterator[Batch]:
        yield Batch(Chore, {"done_at": None}, "to be done", change=do, batch=BATCH)

    yearly = CronTrigger(month=1, day=1, timezone="UTC")
    return Job("do-chores", "Do chores", "Does what is to be done.", "Yearly", trigger or yearly, parts)
