"""A process that carries out tasks, slowly, until it is told to end, for tests that kill it.

python -m tests.jobs.processes.tasks URI DATABASE KEYRING LEASE_MILLISECONDS PAUSE_SECONDS
"""

import sys
import time
from pathlib import Path

import documents  # noqa: F401 — the governed documents
import runtime
from jobs import TIMETABLE
from jobs.bulk_change import BulkChange
from jobs.import_upload import ImportUpload
from jobs.scheduler import Scheduler
from jobs.task_worker import Turn
from records.storage.database import connect
from security.keyring import Keyring

if __name__ == "__main__":
    uri, name, ring, milliseconds, pause = sys.argv[1:]
    connect(uri, name)
    runtime.configure(keyring=Keyring.read(Path(ring)))
    for kind in (BulkChange, ImportUpload):
        kind.batch = 10

        def slowly(self, items, now, do=kind.do) -> Turn:
            turn = do(self, items, now)
            time.sleep(float(pause))  # its transaction is open, and everything but its end is written
            return turn

        kind.do = slowly  # type: ignore[method-assign]
    wanted = [job for job in TIMETABLE if job.name == "carry-out-tasks"]
    Scheduler(wanted, int(milliseconds), seconds=0.2).run_until_told()
