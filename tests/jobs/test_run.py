"""What a run does, says of itself, and leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from jobs.cli_runner import JobFailed, run
from jobs.lease import announce
from jobs.run import where_and_what
from records.job_state import KEPT_RUNS, JobState, overview
from records.storage.audit import AuditEntry
from tests.jobs.conftest import runs_of
from tests.jobs.sample_job import Chore, chore_job


def failing(error: Exception):
    def parts(_now):
        raise error
        yield

    return replace(chore_job(), parts=parts)


def state() -> JobState:
    return JobState.objects.get(name="do-chores")


def test_a_run_is_stored_with_its_counts_and_who_wanted_it(chores, now):
    chores(12)

    outcome = run(chore_job(), now=now)

    stored = runs_of("do-chores")[0]
    assert (stored.state, stored.by, stored.started_at) == ("done", "Lin Mei", now)
    assert (stored.examined, stored.changed, stored.failed, stored.of) == (12, 12, 0, 12)
    assert stored.finished_at >= now
    assert (outcome["run"], outcome["state"], outcome["error"]) == (1, "done", None)


def test_the_job_answers_for_what_it_writes(chores, now):
    chores(1)

    run(chore_job(), now=now)

    assert AuditEntry.objects.get(reason="Done").actor == "job:do-chores"


def test_a_failed_run_says_what_failed_without_its_words_and_is_tried_again_sooner_each_slot_later(
    panel, now
):
    secret = "李雷 lives in Hangzhou"

    with pytest.raises(JobFailed, match="ValueError"):
        run(failing(ValueError(secret)), now=now)

    assert runs_of("do-chores")[0].state == "failed"
    assert runs_of("do-chores")[0].error.startswith("ValueError at jobs/test_run.py:")
    first = state().next_run_at - now
    assert timedelta(seconds=30) <= first < timedelta(seconds=40)
    with pytest.raises(JobFailed):
        run(failing(ValueError(secret)), now=now)
    assert state().next_run_at - now > first
    assert state().failures == 2


def test_a_run_that_succeeds_ends_the_failures(panel, now):
    with pytest.raises(JobFailed):
        run(failing(ValueError()), now=now)

    run(chore_job(), now=now)

    assert state().failures == 0
    assert state().next_run_at == now.replace(year=now.year + 1)


def test_a_database_out_of_reach_is_named_as_such():
    assert where_and_what(AutoReconnect("10.0.0.1")) == "The database does not answer (AutoReconnect)"


def test_an_interrupted_run_gives_the_job_back_and_is_not_tried_again_by_itself(chores, now):
    todo = chores(12)

    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(chore_job(), progress=interrupt, now=now)

    assert (state().lease, state().next_run_at) == (None, now.replace(year=now.year + 1))
    assert (runs_of("do-chores")[0].state, runs_of("do-chores")[0].error) == ("failed", "Interrupted")
    assert Chore.objects(done_at=None).count() == len(todo) - 5


def test_runs_that_found_nothing_make_room_for_those_that_did(chores, now):
    chores(1)
    run(chore_job(), now=now)

    for _ in range(3):
        run(chore_job(), now=now)

    assert [(stored.number, stored.changed) for stored in runs_of("do-chores")] == [(1, 1), (4, 0)]


def test_the_history_is_bounded(chores, panel, now):
    announce(chore_job(), now)
    old = [
        {"job": "do-chores", "number": -number, "state": "done", "examined": 1, "started_at": now}
        for number in range(KEPT_RUNS + 20)
    ]
    panel["runs"].insert_many([*old, {**old[0], "_id": None, "job": "another"}])

    run(chore_job(), now=now)

    assert len(runs_of("do-chores")) == KEPT_RUNS
    assert len(runs_of("another")) == 1


def test_the_overview_shows_each_job_with_its_latest_runs(chores, now):
    for _ in range(3):
        chores(1)
        run(chore_job(), now=now)

    [(job, runs)] = overview(history=2)

    assert (job.label, job.cadence, job.fence) == ("Do chores", "Yearly", 3)
    assert [stored.number for stored in runs] == [3, 2]
    assert not job.is_running(now)
