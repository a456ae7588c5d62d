"""What happens without a person: no Flask. The whole timetable stands here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from apscheduler.triggers.cron import CronTrigger

from jobs import cli_runner
from jobs.cli_runner import JobBusy, JobFailed
from jobs.deliver_outbox import deliver_outbox
from jobs.erasure_requests import carry_out_erasures
from jobs.escalate import escalate
from jobs.expire_consents import expire_consents
from jobs.flag_overdue import flag_overdue
from jobs.job import Job
from jobs.link_repeat_tickets import watch_recurrence
from jobs.plan_follow_ups import plan_follow_ups
from jobs.progress_notices import progress_notices
from jobs.purge_expired import purge_expired
from jobs.recall_shared_data import recall_shared_data
from jobs.remind_reviews import remind_reviews
from jobs.rotate_keys import rotate_keys
from jobs.run_tasks import carry_out_tasks
from jobs.scheduler import Scheduler
from language.words import N_

__all__ = [
    "TIMETABLE", "JobBusy", "JobFailed", "list_jobs", "run_forever", "run_now",
    "start_scheduler",
]  # fmt: skip

TIMETABLE = (
    Job(
        name="flag-overdue",
        label=N_("Flag what is overdue"),
        about=N_("Flags open tickets that have passed their due time, and tells assignee and supervisors."),
        cadence=N_("Every minute"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=flag_overdue,
    ),
    Job(
        name="escalate",
        label=N_("Climb the escalation ladder"),
        about=N_("Tells assignee, deputy, supervisor and head as promised times pass, each rung once."),
        cadence=N_("Every minute"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=escalate,
    ),
    Job(
        name="deliver-outbox",
        label=N_("Send mail"),
        about=N_("Sends what is written to people by the mail server; what it does not take is tried again."),
        cadence=N_("Every minute"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=deliver_outbox,
    ),
    Job(
        name="progress-notices",
        label=N_("Send word of progress"),
        about=N_("Writes to people who were promised word by now, or reminds their handlers to."),
        cadence=N_("Every five minutes"),
        trigger=CronTrigger(minute="*/5", timezone="UTC"),
        parts=progress_notices,
    ),
    Job(
        name="carry-out-erasures",
        label=N_("Carry out deletion requests"),
        about=N_("Erases, anonymises or keeps the records of a person as declared, then destroys their key."),
        cadence=N_("Every minute"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=carry_out_erasures,
    ),
    Job(
        name="carry-out-tasks",
        label=N_("Carry out tasks"),
        about=N_(
            "Does the long work that was asked for in the panel: changes of many records, exports, imports."
        ),
        cadence=N_("Every minute, and as soon as one is asked for"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=carry_out_tasks,
    ),
    Job(
        name="watch-recurrence",
        label=N_("Watch for the same trouble again"),
        about=N_(
            "Links a new ticket with earlier ones of the same person and kind, so that both show it, and "
            "tells account managers of complaints of their customers."
        ),
        cadence=N_("Every minute"),
        trigger=CronTrigger(minute="*", timezone="UTC"),
        parts=watch_recurrence,
    ),
    Job(
        name="plan-follow-ups",
        label=N_("Plan follow-up visits"),
        about=N_(
            "Plans one visit for each ticket that was closed a week ago, to ask whether it still helps."
        ),
        cadence=N_("Every hour"),
        trigger=CronTrigger(minute=20, timezone="UTC"),
        parts=plan_follow_ups,
    ),
    Job(
        name="expire-consents",
        label=N_("Note consents that have lapsed"),
        about=N_("Notes which consents have lapsed, and tells whom to ask for a renewal in time."),
        cadence=N_("Every hour"),
        trigger=CronTrigger(minute=10, timezone="UTC"),
        parts=expire_consents,
    ),
    Job(
        name="recall-shared-data",
        label=N_("Ask shared data back"),
        about=N_("Opens a recall for everything a third party holds whose agreement is over."),
        cadence=N_("Every hour, and as soon as an agreement is ended"),
        trigger=CronTrigger(minute=40, timezone="UTC"),
        parts=recall_shared_data,
    ),
    Job(
        name="remind-reviews",
        label=N_("Remind of reviews"),
        about=N_(
            "Tells who has to act: reviews, prices, measures and refunds that are due, holds, agreements and "
            "assessments to be looked at again, and recalls without answer."
        ),
        cadence=N_("Every day at 01:00 UTC"),
        trigger=CronTrigger(hour=1, minute=0, timezone="UTC"),
        parts=remind_reviews,
    ),
    Job(
        name="purge-expired",
        label=N_("Purge what may no longer be kept"),
        about=N_("Erases or anonymises records whose time is over, unless a legal hold keeps them."),
        cadence=N_("Every day at 03:30 UTC"),
        trigger=CronTrigger(hour=3, minute=30, timezone="UTC"),
        parts=purge_expired,
    ),
    Job(
        name="rotate-keys",
        label=N_("Turn keys"),
        about=N_(
            "Wraps all data keys under a new master key after erasures, so that older backups hold nothing "
            "readable of who was erased."
        ),
        cadence=N_("Every day at 04:30 UTC"),
        trigger=CronTrigger(hour=4, minute=30, timezone="UTC"),
        parts=rotate_keys,
    ),
)


def start_scheduler() -> Scheduler:
    """Begin to do all jobs in background threads; `.stop()` ends it at the next batch."""
    return Scheduler(TIMETABLE).start()


def run_forever() -> None:
    """Do all jobs in this process until it is told to end (SIGTERM, Ctrl-C)."""
    Scheduler(TIMETABLE).run_until_told()


def run_now(
    name: str, *, dry_run: bool = False, progress: Callable[[int, int], None] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Do one job now, waiting for a process that has it in hand, and return its counts; with
    `dry_run` change nothing and return what it would do. Raises `UnknownJob`, `JobBusy`, `JobFailed`."""
    job = cli_runner.named(TIMETABLE, name)
    return cli_runner.dry_run(job, now) if dry_run else cli_runner.run(job, progress, now)


def list_jobs() -> list[dict[str, Any]]:
    """Every job with its cadence, its next slot and its latest run."""
    return cli_runner.listed(TIMETABLE)
