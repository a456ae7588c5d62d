"""The lease: one process at a time, and never one that lost it."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from jobs.lease import LeaseLost, announce, take
from jobs.run import carry_out
from records.job_state import JobState, Run, RunState, request_run
from security.actor import current_actor
from tests.jobs.conftest import runs_of
from tests.jobs.sample_job import Chore, chore_job

LONG, SHORT = 60_000, 300


@pytest.fixture
def job(panel, now):
    announced = chore_job()
    announce(announced, now)
    return announced


def state() -> JobState:
    return JobState.objects.get(name="do-chores")


def test_of_many_who_reach_for_it_one_gets_it(job, now):
    together = Barrier(8)

    def reach(_) -> bool:
        together.wait()
        return bool(take(job, now, LONG, whenever=True))

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(reach, range(8))) == [False] * 7 + [True]
    assert state().fence == 1


def test_it_is_not_taken_before_its_slot_and_once_at_it(job, now):
    slot = state().next_run_at
    assert slot == now.replace(year=now.year + 1)

    assert take(job, slot - timedelta(milliseconds=1), LONG) is None
    lease = take(job, slot, LONG)
    assert lease
    lease.give_back()
    assert take(job, slot, LONG) is None
    assert state().next_run_at == slot.replace(year=slot.year + 1)


def test_a_word_from_an_admin_makes_it_wanted_once(job, now):
    request_run(job.name, current_actor(), now)

    lease = take(job, now, LONG)
    assert lease.by == "Lin Mei"
    lease.give_back()

    assert take(job, now, LONG) is None


def test_while_somebody_has_it_in_hand_nobody_else_gets_it(job, now):
    take(job, now, LONG, whenever=True)

    assert take(job, now, LONG, whenever=True) is None


def test_a_lease_that_ran_out_is_taken_over_and_the_run_behind_it_closed(job, now):
    first = take(job, now, 1, whenever=True)
    time.sleep(0.05)

    second = take(job, now, LONG)

    assert (first.number, second.number) == (1, 2)
    assert [run.state for run in runs_of(job.name)] == [RunState.TAKEN_OVER, RunState.RUNNING]


def test_it_is_renewed_while_the_work_goes_on_and_not_after_it_was_given_back(job, now):
    with take(job, now, SHORT, whenever=True) as lease:
        time.sleep(3 * SHORT / 1000)
        assert take(job, now, LONG, whenever=True) is None
        lease.give_back()
        time.sleep(SHORT / 1000)
        assert state().lease is None


def test_who_lost_it_writes_nothing(job, chores, now):
    chores(3)
    late = take(job, now, 1, whenever=True)
    time.sleep(0.05)
    assert take(job, now, LONG)

    with pytest.raises(LeaseLost):
        carry_out(late, now)

    assert Chore.objects(done_at=None).count() == 3
    assert [(run.state, run.changed) for run in runs_of(job.name)] == [("taken-over", 0), ("running", 0)]
    assert state().is_running(now.replace(year=2020))


def test_who_loses_it_inside_a_batch_takes_the_batch_back(job, chores, now):
    chores(3)
    late = take(job, now, LONG, whenever=True)
    part = next(job.parts(now))

    def lose(records: list[Chore]) -> int:
        done = part.change(records)
        Run.objects(pk=late.run).update(set__state=RunState.TAKEN_OVER)
        return done

    late.job = replace(job, parts=lambda _now: iter([replace(part, change=lose)]))
    with pytest.raises(LeaseLost):
        carry_out(late, now)

    assert Chore.objects(done_at=None).count() == 3
