"""Jobs from the command line: list them, run one now, or see what it would do."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.job import Batch, Job, label
from jobs.lease import LeaseLost, announce, jobs, take
from jobs.run import Progress, carry_out
from jobs.scheduler import LEASE_MILLISECONDS
from records.declaration.record import Governed
from records.job_state import RunState, UnknownJob, overview
from security.actor import Actor, NobodyActing, current_actor

WAIT_SECONDS = 60
SAMPLE = 5


class JobBusy(Exception):
    """Another process has the job in hand and does not come to an end."""


class JobFailed(Exception):
    """The run did not come to its end; the message says why."""


def named(timetable: Sequence[Job], name: str) -> Job:
    """The job of this name. Raises `UnknownJob`, which lists the names."""
    found = {job.name: job for job in timetable}
    if name not in found:
        raise UnknownJob(name, list(found))
    return found[name]


def run(
    job: Job, progress: Progress | None = None, now: datetime | None = None, wait: float = WAIT_SECONDS
) -> dict[str, Any]:
    """Do the job now and return its counts. Waits `wait` seconds for another process that has it in
    hand. Raises `JobBusy` and `JobFailed`; what a failed run did stays done."""
    announce(job, now or datetime.now(UTC))
    until = time.monotonic() + wait
    while True:
        moment = now or datetime.now(UTC)
        if lease := take(job, moment, LEASE_MILLISECONDS, by=_who(), whenever=True):
            break
        if time.monotonic() >= until:
            holder = ((jobs().find_one({"_id": job.name}) or {}).get("lease") or {}).get("owner", "another")
            raise JobBusy(
                f"{job.name} is being run by {holder} and did not end within {wait:.0f} s; try later."
            )
        time.sleep(0.3)
    try:
        done = carry_out(lease, moment, progress)
    except LeaseLost:
        raise JobFailed(f"{job.name} stood still for so long that another process took it over.") from None
    if done["state"] == RunState.FAILED:
        raise JobFailed(f"{job.name} failed: {done['error']}.")
    return done


def _who() -> str:
    try:
        return current_actor().name
    except NobodyActing:
        return Actor.command("jobs run").name


def dry_run(job: Job, now: datetime | None = None) -> dict[str, Any]:
    """What the job would do: counts by kind and rule, and a few of the records. Only reads."""
    rows = [_would(part) for part in job.parts(now or datetime.now(UTC))]
    return {
        "job": job.name,
        "dry_run": True,
        "examined": sum(row["examined"] for row in rows),
        "changed": 0,
        "failed": 0,
        "would_change": sum(row["would_change"] for row in rows),
        "parts": [row for row in rows if row["examined"]],
    }


def _would(part: Batch) -> dict[str, Any]:
    examined, count, sample, after = 0, 0, list[Governed](), None
    while ids := part.ids(after):
        for start in range(0, len(ids), part.batch):
            records = part.read(ids[start : start + part.batch])
            chosen = part.pick(records) if records else []
            examined += len(records)
            count += len(chosen)
            sample += chosen[: SAMPLE - len(sample)]
        after = ids[-1]
    return {
        "collection": part.kind.collection_name(),
        "rule": part.rule,
        "examined": examined,
        "would_change": count,
        "sample": [label(record) for record in sample],
    }


def listed(timetable: Sequence[Job]) -> list[dict[str, Any]]:
    """Every job with its cadence, its next slot and its latest run, for a table of text."""
    now = datetime.now(UTC)
    for job in timetable:
        announce(job, now)
    known = {state.name: (state, runs) for state, runs in overview(history=1)}
    return [
        {
            "job": job.name,
            "about": job.about,
            "cadence": job.cadence,
            "next_run_at": known[job.name][0].next_run_at,
            "running": known[job.name][0].is_running(now),
            "last": known[job.name][1][0] if known[job.name][1] else None,
        }
        for job in timetable
    ]
