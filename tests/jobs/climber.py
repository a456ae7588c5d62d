"""A process that climbs the ladder and sends mail, and kills itself in the middle of it.

python -m tests.jobs.climber URI DATABASE KEYRING NOW SMTP_PORT COMMANDS
"""

import sys
from datetime import datetime
from pathlib import Path

from pymongo import monitoring

import documents  # noqa: F401 — the governed documents
from documents.privacy import keys
from documents.storage.database import connect
from jobs import by_hand, mailing, run_now
from jobs.mailing import MailServer
from security.actor import Actor, acting_as
from security.keyring import Keyring
from tests.jobs.keeper import Dies

if __name__ == "__main__":
    uri, name, ring, moment, port, commands = sys.argv[1:]
    by_hand.LEASE_MILLISECONDS = 300
    monitoring.register(Dies(int(commands)))
    connect(uri, name)
    keys.use(Keyring.read(Path(ring)))
    mailing.use(MailServer("127.0.0.1", "care@steward.example", int(port), "none"))
    with acting_as(Actor.command("jobs run")):
        for job in ("escalate", "deliver-outbox"):
            run_now(job, now=datetime.fromisoformat(moment))
