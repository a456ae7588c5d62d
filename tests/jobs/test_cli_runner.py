"""Jobs from the command line."""

import json
from datetime import UTC, datetime

import pytest

import jobs
from jobs import JobBusy, cli_runner
from jobs.lease import announce, take
from records.job_state import JobState, UnknownJob, request_run
from security.actor import current_actor
from tests.jobs.sample_job import chore_job


def test_the_names_that_scripts_rely_on():
    assert {job.name for job in jobs.TIMETABLE} >= {"flag-overdue", "purge-expired", "carry-out-erasures"}


@pytest.mark.parametrize(
    "ask", [jobs.run_now, lambda name: request_run(name, current_actor(), datetime.now(UTC))]
)
def test_an_unknown_name_is_answered_with_the_known_ones(panel, ask):
    jobs.list_jobs()

    with pytest.raises(UnknownJob, match=r"The jobs are: .*purge-expired"):
        ask("purge")


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_outcome_is_one_json_object(complain, dry_run, now):
    complain()

    outcome = json.loads(json.dumps(jobs.run_now("flag-overdue", dry_run=dry_run, now=now)))

    assert (outcome["job"], outcome["examined"], outcome["failed"]) == ("flag-overdue", 1, 0)
    assert outcome["changed"] == int(not dry_run)


def test_a_job_that_another_process_keeps_in_hand_is_busy(panel, now):
    announce(chore_job(), now)
    take(chore_job(), now, 60_000, whenever=True)

    with pytest.raises(JobBusy, match="do-chores is being run by"):
        cli_runner.run(chore_job(), now=now, wait=0.5)


def test_a_job_whose_holder_comes_to_an_end_is_waited_for(panel, now):
    announce(chore_job(), now)
    take(chore_job(), now, 800, whenever=True)

    assert cli_runner.run(chore_job(), now=now)["run"] == 2


def test_every_job_is_listed_with_its_cadence_next_slot_and_latest_run(panel, now):
    jobs.run_now("flag-overdue", now=now)

    rows = {row["job"]: row for row in jobs.list_jobs()}

    assert list(rows) == [job.name for job in jobs.TIMETABLE]
    assert rows["purge-expired"]["cadence"] == "Every day at 03:30 UTC"
    assert rows["purge-expired"]["next_run_at"].strftime("%H:%M") == "03:30"
    assert (rows["flag-overdue"]["last"].state, rows["purge-expired"]["last"]) == ("done", None)
    assert not any(row["running"] for row in rows.values())


@pytest.mark.parametrize("job", jobs.TIMETABLE, ids=lambda job: job.name)
def test_every_job_on_the_timetable_has_words_and_a_next_slot(job, now):
    assert job.label
    assert job.about.endswith(".")
    assert job.cadence
    assert job.next_after(now) > now
    assert job.next_after(now).utcoffset().total_seconds() == 0


def test_a_job_says_its_words_to_those_who_read_the_database(panel):
    jobs.list_jobs()

    stored = JobState.objects.get(name="purge-expired")
    assert (stored.label, stored.cadence) == ("Purge what may no longer be kept", "Every day at 03:30 UTC")
