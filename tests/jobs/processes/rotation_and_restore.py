"""A process that turns keys, restores a backup or purges, and kills itself in the middle of it.

python -m tests.jobs.processes.rotation_and_restore URI DATABASE KEYRING COMMANDS turn
python -m tests.jobs.processes.rotation_and_restore URI DATABASE KEYRING COMMANDS restore FOLDER
python -m tests.jobs.processes.rotation_and_restore URI DATABASE KEYRING COLLECTION purge MOMENT
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pymongo import monitoring

import runtime
from backup import restore, restore_backup
from jobs import cli_runner, rotate_keys, run_now
from records.storage import key_rotation
from records.storage.database import connect
from security.actor import Actor, act_as
from security.keyring import KeyringFile


class Dies(monitoring.CommandListener):
    """Ends this process at once, by kill -9, when it has sent so many commands."""

    def __init__(self, left: int) -> None:
        self.left = left

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to do."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to do."""


class DiesStoring(Dies):
    """Ends this process when it is about to store something in a collection."""

    def __init__(self, collection: str) -> None:
        self.collection = collection

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command.get("insert") == self.collection:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    uri, name, ring, limit, what, *further = sys.argv[1:]
    cli_runner.LEASE_MILLISECONDS, rotate_keys.AT_ONCE, restore.BATCH = 300, 5, 5
    key_rotation.WRITE_GRACE = timedelta()
    monitoring.register(DiesStoring(limit) if what == "purge" else Dies(int(limit)))
    connect(uri, name)
    runtime.configure(keyring=KeyringFile(Path(ring)))
    with act_as(Actor.command("test")):
        if what == "turn":
            run_now("rotate-keys")
        elif what == "purge":
            run_now("purge-expired", now=datetime.fromisoformat(further[0]))
        else:
            restore_backup(Path(further[0]), None, datetime.now(UTC))
