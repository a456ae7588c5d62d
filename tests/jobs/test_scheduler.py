"""The clock: what is due runs once, however many clocks there are and whenever they begin."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger

from jobs.lease import announce
from jobs.scheduler import Scheduler
from records.job_state import JobState, request_run
from security.actor import current_actor
from tests.jobs.conftest import runs_of
from tests.jobs.sample_job import Chore, chore_job

PATIENCE = 20
TICK = 0.1


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


@pytest.fixture
def clocks() -> Iterator[Callable[..., Scheduler]]:
    started: list[Scheduler] = []

    def start(job=None) -> Scheduler:
        started.append(Scheduler([job or chore_job()], 5_000, seconds=TICK).start())
        return started[-1]

    yield start
    for clock in started:
        clock.stop()


def state() -> JobState:
    return JobState.objects.get(name="do-chores")


def test_a_slot_that_was_missed_is_made_up_for_once(panel, chores, clocks):
    chores(1)
    announce(chore_job(), datetime.now(UTC) - timedelta(days=3 * 366))
    assert state().next_run_at < datetime.now(UTC)

    clocks()
    clocks()
    until(lambda: Chore.objects(done_at=None).count() == 0 and state().lease is None)
    time.sleep(5 * TICK)

    assert state().fence == 1
    assert state().next_run_at > datetime.now(UTC)


def test_a_job_that_is_not_due_is_left_alone(panel, clocks):
    clocks()
    time.sleep(5 * TICK)

    assert runs_of("do-chores") == []


def test_a_run_that_was_asked_for_comes_within_a_few_ticks(chores, clocks):
    chores(1)
    clocks()
    request_run("do-chores", current_actor(), datetime.now(UTC))

    until(lambda: runs_of("do-chores") and runs_of("do-chores")[0].state == "done")

    assert runs_of("do-chores")[0].by == "Lin Mei"


def test_two_clocks_run_each_slot_once(chores, clocks):
    every_second = chore_job(trigger=CronTrigger(second="*", timezone="UTC"))
    began = datetime.now(UTC)
    clocks(every_second)
    clocks(every_second)

    until(lambda: state().fence >= 3)
    slots = (datetime.now(UTC) - began).total_seconds() + 1

    assert 3 <= state().fence <= slots


def test_a_clock_survives_a_job_that_fails(panel, chores, clocks):
    def parts(_now):
        raise RuntimeError("no chores today")
        yield

    clocks(replace(chore_job(), parts=parts))
    for number in (1, 2):
        until(lambda: JobState.objects(name="do-chores").first())
        request_run("do-chores", current_actor(), datetime.now(UTC))
        until(lambda number=number: [run.state for run in runs_of("do-chores")] == ["failed"] * number)
