"""A process that carries out erasures until it is told to end, for tests that kill it.

python -m tests.jobs.processes.erasure URI DATABASE KEYRING LEASE_MILLISECONDS
"""

import sys
from pathlib import Path

from apscheduler.triggers.cron import CronTrigger

import runtime
from jobs.erasure_requests import carry_out_erasures
from jobs.job import Job
from jobs.scheduler import Scheduler
from records.storage.database import connect
from security.keyring import Keyring

NAME = "carry-out-erasures"


def erasing() -> Job:
    trigger = CronTrigger(second="*", timezone="UTC")
    return Job(NAME, "Erase", "Erases.", "Every second", trigger, carry_out_erasures)


if __name__ == "__main__":
    uri, name, keyring, milliseconds = sys.argv[1:]
    connect(uri, name)
    runtime.configure(keyring=Keyring.read(Path(keyring)))
    Scheduler([erasing()], int(milliseconds), seconds=0.2).run_until_told()
