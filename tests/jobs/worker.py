"""A process that does chores until it is told to end, for tests that kill it.

python -m tests.jobs.worker URI DATABASE LEASE_MILLISECONDS PAUSE_SECONDS
"""

import sys

from documents.privacy import keys
from documents.storage.database import connect
from jobs.scheduler import Scheduler
from security.keyring import Keyring
from tests.jobs.chores import chore_job

if __name__ == "__main__":
    uri, name, milliseconds, pause = sys.argv[1:]
    connect(uri, name)
    keys.use(Keyring.new())  # chores have nothing personal, so any keys will do
    Scheduler([chore_job(float(pause))], int(milliseconds), seconds=0.2).run_until_told()
