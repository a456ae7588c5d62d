"""A process that does chores until it is told to end, for tests that kill it.

python -m tests.jobs.processes.scheduler URI DATABASE LEASE_MILLISECONDS PAUSE_SECONDS
"""

import sys

import runtime
from jobs.scheduler import Scheduler
from records.storage.database import connect
from security.keyring import Keyring
from tests.jobs.sample_job import chore_job

if __name__ == "__main__":
    uri, name, milliseconds, pause = sys.argv[1:]
    connect(uri, name)
    runtime.configure(keyring=Keyring.new())  # chores have nothing personal, so any keys will do
    Scheduler([chore_job(float(pause))], int(milliseconds), seconds=0.2).run_until_told()
