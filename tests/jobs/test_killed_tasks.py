"""Processes are killed in the middle of a task: another goes on, and nothing is done twice or lost."""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work import task_file
from documents.work.task import JOB, Task, TaskKind, TaskState
from exchange.bulk.bulk_actions import Selection
from jobs import TIMETABLE
from jobs.lease import announce
from records.storage import keys, writer
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as
from security.permissions import Action, Role
from tests.jobs.test_killed import LEASE, until

COUNT = 120


@pytest.fixture
def workers(panel, database_uri, tmp_path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Start processes that carry out tasks, and end those that are left."""
    announce(next(job for job in TIMETABLE if job.name == JOB), datetime.now(UTC))
    ring = tmp_path / "keyring.json"
    keys.keyring().write(ring)
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        facts = [database_uri, panel.name, str(ring), str(LEASE), "0.1"]
        started.append(subprocess.Popen([sys.executable, "-m", "tests.jobs.processes.tasks", *facts]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def ann(now) -> Iterator[Actor]:
    staff = Staff(name="Ann", email="ann@x.example", roles=[Role.SUPERVISOR]).save(now=now)
    with act_as(Actor(f"staff:{staff.pk}", staff.name, staff.may_roles())) as actor:
        yield actor


def carried_out(task: Task, panel, workers, kills: int) -> Task:
    """Wait until the task is over, and kill whoever does it now and then."""
    alive = {process.pid: process for process in (workers(), workers())}

    def at_work() -> int | None:
        run = panel.runs.find_one({"job": "carry-out-tasks", "state": "running", "cursor": {"$ne": None}})
        return run["pid"] if run and run["pid"] in alive else None

    def over() -> bool:
        return not Task.objects.get(pk=task.pk).is_active()

    for kill in range(kills):
        until(lambda: at_work() or over())
        if pid := at_work():
            time.sleep(0.04 * kill)
            os.kill(pid, signal.SIGKILL)
            alive.pop(pid).wait()
            process = workers()
            alive[process.pid] = process
    until(over)
    assert len(list(panel.runs.find({"state": "taken-over"}))) == kills
    return Task.objects.get(pk=task.pk)


def test_a_change_of_many_is_made_once_however_often_its_process_is_killed(panel, ann, workers):
    now = datetime.now(UTC)
    writer.save(*(Complaint(content=f"The lamp hums {n}") for n in range(COUNT)))
    selection = Selection(Complaint, {}, now, "UTC")
    arguments = {"selection": selection.stored(), "deed": "set", "values": {"priority": "urgent"}}
    task = Task.request(
        TaskKind.BULK, "Urgent", Action.EDIT, arguments, now, about="complaints", reason="All at once"
    )

    task = carried_out(task, panel, workers, kills=3)

    assert (task.state, task.done, task.failed) == (TaskState.DONE, COUNT, 0)
    assert Complaint.objects(priority="urgent", version=2).count() == COUNT
    once = Counter(
        entry.record for entry in AuditEntry.objects(collection="complaints", reason="All at once")
    )
    assert set(once.values()) == {1}
    assert len(once) == COUNT


def test_an_import_is_stored_once_however_often_its_process_is_killed(panel, ann, workers):
    now = datetime.now(UTC)
    lines = "".join(f"{n},The lamp hums {n}\n" for n in range(COUNT))
    mapping = {"into": "complaints", "source": "hotline", "key": "no", "fields": {"content": "text"}}
    task = Task.request(
        TaskKind.IMPORT,
        "Import",
        Action.IMPORT,
        {"mapping": mapping, "rows": COUNT},
        now,
        about="complaints",
        state=TaskState.PREPARED,
    )
    task.file = task_file.keep(task, io.BytesIO(f"no,text\n{lines}".encode()), "rows.csv", "text/csv")
    task.start(now)

    task = carried_out(task, panel, workers, kills=2)

    assert (task.state, task.done, task.result) == (TaskState.DONE, COUNT, {"added": COUNT, "unchanged": 0})
    assert sorted(int(one.source_key) for one in Complaint.objects) == list(range(COUNT))
    assert AuditEntry.objects(collection="complaints").count() == COUNT
