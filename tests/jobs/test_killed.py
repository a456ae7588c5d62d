"""Processes are killed and stopped in the middle of their work: nothing is done twice or lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from jobs.lease import announce
from records.job_state import JobState, Run, RunState, request_run
from records.storage.audit import AuditEntry
from security.actor import current_actor
from tests.jobs.conftest import runs_of
from tests.jobs.sample_job import Chore, chore_job

LEASE = 1_000
PATIENCE = 30


@pytest.fixture
def workers(panel, database_uri) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start processes that do chores, and end those that are left."""
    started: list[subprocess.Popen] = []

    def start(pause: float = 0.1) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            "tests.jobs.processes.scheduler",
            database_uri,
            panel.name,
            str(LEASE),
            str(pause),
        ]
        started.append(subprocess.Popen(command))
        return started[-1]

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def until(true: Callable[[], object]) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def ask() -> None:
    job = chore_job()
    announce(job, datetime.now(UTC))
    request_run(job.name, current_actor(), datetime.now(UTC))


def open_chores() -> int:
    return Chore.objects(done_at=None).count()


def worker_at_work() -> int | None:
    """The process whose run has a transaction behind it and is still under way."""
    run = Run.objects(job="do-chores", state=RunState.RUNNING, cursor__ne=None).order_by("-number").first()
    return run and run.pid


def assert_each_was_done_once(chores, panel) -> None:
    ledger = Counter(row["chore"] for row in panel["ledger"].find({"chore": {"$exists": True}}))
    entries = Counter(entry.record for entry in AuditEntry.objects(reason="Done"))
    once = dict.fromkeys(chores, 1)
    assert (ledger, entries, open_chores()) == (once, once, 0)


def test_when_workers_are_killed_in_their_transactions_every_chore_is_still_done_once(panel, chores, workers):
    todo = chores(100)
    alive = {process.pid: process for process in (workers(), workers())}
    ask()

    killed = 0
    while open_chores():
        until(lambda: worker_at_work() in alive or not open_chores())
        if killed < 4 and (pid := worker_at_work()) in alive:
            time.sleep(0.03 * killed)  # the transactions are open most of the time: hit them here and there
            os.kill(pid, signal.SIGKILL)
            alive.pop(pid).wait()
            killed += 1
            process = workers()
            alive[process.pid] = process

    until(lambda: runs_of("do-chores")[-1].state == RunState.DONE)
    assert_each_was_done_once(todo, panel)
    assert killed == 4
    assert [run.state for run in runs_of("do-chores")] == [RunState.TAKEN_OVER] * 4 + [RunState.DONE]
    assert sum(run.changed for run in runs_of("do-chores")) == 100


def test_a_worker_that_was_thought_dead_and_wakes_up_writes_nothing(panel, chores, workers):
    todo = chores(40)
    sleeper = workers(pause=0.3)
    ask()
    until(lambda: worker_at_work() == sleeper.pid)

    sleeper.send_signal(signal.SIGSTOP)
    other = workers(pause=0)
    until(lambda: open_chores() == 0)
    sleeper.send_signal(signal.SIGCONT)
    until(lambda: JobState.objects.get(name="do-chores").lease is None)
    ask()  # it lives, and takes part again, once its late transaction has failed
    other.terminate()
    other.wait()
    until(lambda: runs_of("do-chores")[-1].pid == sleeper.pid and runs_of("do-chores")[-1].state == "done")

    assert_each_was_done_once(todo, panel)
    assert [(run.pid, run.state) for run in runs_of("do-chores")][:2] == [
        (sleeper.pid, RunState.TAKEN_OVER),
        (other.pid, RunState.DONE),
    ]


def test_of_three_workers_one_does_the_chores(panel, chores, workers):
    processes = [workers(pause=0) for _ in range(3)]
    todo = chores(60)

    ask()
    until(lambda: open_chores() == 0)

    assert_each_was_done_once(todo, panel)
    assert len({row["pid"] for row in panel["ledger"].find({"chore": {"$exists": True}})}) == 1
    assert {process.poll() for process in processes} == {None}


def test_a_worker_told_to_end_leaves_its_run_to_the_next(panel, chores, workers):
    todo = chores(40)
    first = workers(pause=0.2)
    ask()
    until(lambda: worker_at_work() == first.pid)

    first.terminate()
    assert first.wait() == 0
    assert open_chores() > 0
    workers(pause=0)
    until(lambda: open_chores() == 0)

    assert_each_was_done_once(todo, panel)
