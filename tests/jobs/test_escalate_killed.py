"""Processes are killed while they climb the ladder and send the mails: everybody is told of each rung once."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import runtime
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.work.notification import Notification
from documents.work.notification_email import NotificationEmail
from jobs import cli_runner, run_now
from security.keyring import Keyring, KeyringFile
from tests.jobs import smtp_server as mail_sink

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
WARNED = MONDAY + timedelta(hours=5, minutes=40)
"""Nobody took the tickets up in time, and nobody has answered the complaints."""
KILLED_AFTER = (14, 23, 32, 40)
"""So many commands: before the ladder is climbed, in the middle of it, and between two mails."""
LATER = timedelta(minutes=6)
"""So long after a process died, what it had in hand is taken up again."""
COUNT = 6


@pytest.fixture
def ring(panel, tmp_path) -> Path:
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    return file


@pytest.fixture
def sink():
    with mail_sink.running() as sink:
        yield sink
    runtime.configure(mail_server=None)


@pytest.fixture
def people(ring) -> list[Staff]:
    return [
        Staff(name=name, email=f"{name}@steward.example", roles=["staff"]).save() for name in ("ann", "bob")
    ]


@pytest.fixture
def killed(panel, database_uri, ring, sink):
    """Climb and send in a process of its own that dies after so many commands; tell whether it did."""

    def killed(commands: int, moment: datetime) -> bool:
        arguments = [database_uri, panel.name, str(ring), moment.isoformat(), str(sink.server_address[1])]
        process = subprocess.run(
            [sys.executable, "-m", "tests.jobs.processes.escalation", *arguments, str(commands)], check=False
        )
        assert process.returncode in {0, -signal.SIGKILL}
        return process.returncode != 0

    return killed


@pytest.mark.clause("R51", "R56")
def test_however_often_its_process_is_killed_each_rung_is_told_once(killed, people, sink, ring, monkeypatch):
    monkeypatch.setattr(cli_runner, "LEASE_MILLISECONDS", 300)
    tickets = [
        kind(**{kind.original: "It hums."}, assignee=people[n % 2]).save(now=MONDAY)
        for kind in (Complaint, Feedback)
        for n in range(COUNT)
    ]

    deaths = [killed(commands, WARNED + n * LATER) for n, commands in enumerate(KILLED_AFTER)]
    runtime.configure(mail_server=sink.server)
    for job in ("escalate", "deliver-outbox", "deliver-outbox"):  # the first goes on from where the last died
        run_now(job, now=WARNED + len(KILLED_AFTER) * LATER)

    assert sum(deaths) >= 3
    said = Counter(line for mail in sent_once(sink) for line in mail.splitlines())
    for one in tickets:
        assert said[f"Nobody has taken up {one.policy.singular} {one.number} in the promised time"] == 1
        late = f"The first response to {one.policy.singular} {one.number} is overdue"
        assert said[late] == isinstance(one, Complaint)
    assert Notification.objects.count() == 3 * COUNT
    assert {mail.state for mail in NotificationEmail.objects} == {"sent"}


def sent_once(sink) -> list[str]:
    """The texts of the mails as a mail program keeps them: one of each Message-ID."""
    return list({mail["Message-ID"]: mail.get_content() for mail in sink.taken}.values())
