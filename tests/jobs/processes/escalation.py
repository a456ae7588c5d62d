"""A process that climbs the ladder and sends mail, and kills itself in the middle of it.

python -m tests.jobs.processes.escalation URI DATABASE KEYRING NOW SMTP_PORT COMMANDS
"""

import sys
from datetime import datetime
from pathlib import Path

from pymongo import monitoring

import documents  # noqa: F401 — the governed documents
import runtime
from jobs import cli_runner, run_now
from mail.smtp import MailServer
from records.storage.database import connect
from security.actor import Actor, act_as
from security.keyring import Keyring
from tests.jobs.processes.rotation_and_restore import Dies

if __name__ == "__main__":
    uri, name, ring, moment, port, commands = sys.argv[1:]
    cli_runner.LEASE_MILLISECONDS = 300
    monitoring.register(Dies(int(commands)))
    connect(uri, name)
    runtime.configure(keyring=Keyring.read(Path(ring)))
    runtime.configure(mail_server=MailServer("127.0.0.1", "care@steward.example", int(port), "none"))
    with act_as(Actor.command("jobs run")):
        for job in ("escalate", "deliver-outbox"):
            run_now(job, now=datetime.fromisoformat(moment))
