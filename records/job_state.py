"""Background work as everyone may read it: what is planned, who has it in hand, what each run did.

The rooms that carry it out write these documents; the panel reads them, and asks for a run by
leaving a word in one.
"""

from datetime import datetime, timedelta

from mongoengine import (
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    IntField,
    LongField,
    ObjectIdField,
    StringField,
)

from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.storage import writer
from records.storage.audit import AuditAction
from records.storage.database import database
from records.storage.indexes import track
from security.actor import Actor, act_as

JOBS, RUNS = "jobs", "runs"
KEPT_RUNS, KEPT_FOR = 100, timedelta(days=90)
"""How many runs of each job are kept, and for how long; of those that found nothing, the latest."""


class UnknownJob(Exception):
    """There is no job of this name; the message lists those there are."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no job {name!r}. The jobs are: {', '.join(known) or 'none yet'}.")
        self.name = name


class RunState(Choice):
    """How far a run has come."""

    RUNNING = "running", N_("Running")
    DONE = "done", N_("Done")
    FAILED = "failed", N_("Failed")
    TAKEN_OVER = "taken-over", N_("Taken over by another process")


class Lease(EmbeddedDocument):
    """Who has a job in hand, and until when: milliseconds since 1970 by the database's clock."""

    owner = StringField()
    expires = LongField()


class RunRequest(EmbeddedDocument):
    """Somebody wants a job run now."""

    by = StringField()
    at = UTCDateTimeField()


class JobState(Document):
    """One job: when it is next due, and who has it in hand.

    `fence` grows with every run: it numbers the runs, and an older run may write nothing more.
    """

    name = StringField(primary_key=True)
    label = StringField()
    about = StringField()
    cadence = StringField()
    fence = IntField(default=0)
    next_run_at = UTCDateTimeField()
    failures = IntField(default=0)
    asked = EmbeddedDocumentField(RunRequest)
    lease = EmbeddedDocumentField(Lease)

    meta = {"collection": JOBS, "strict": False, "auto_create_index": False}

    def is_running(self, now: datetime) -> bool:
        """Tell whether a process has it in hand, give or take how far our clock is from the database's."""
        return self.lease is not None and self.lease.expires > now.timestamp() * 1000


@track
class Run(Document):
    """One run of a job. While it says that it is running, its batches may write; a process that takes
    the job over closes it first."""

    job = StringField(required=True)
    number = IntField(required=True)
    state = StringField(choices=list(RunState), required=True)
    by = StringField()
    host = StringField()
    pid = IntField()
    session = DictField()
    started_at = UTCDateTimeField(required=True)
    finished_at = UTCDateTimeField()
    of = IntField(default=0)
    examined = IntField(default=0)
    changed = IntField(default=0)
    failed = IntField(default=0)
    part = StringField()
    cursor = ObjectIdField()
    error = StringField()

    meta = {
        "collection": RUNS,
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["job", "-number"], "unique": True, "name": "of_job"},
            {"fields": ["job", "state", "number"], "name": "unfinished"},
        ],
    }

    @property
    def skipped(self) -> int:
        """How many were looked at and rightly left as they are: on hold, or still needed."""
        return max(self.examined - self.changed - self.failed, 0)


def request_run(name: str, actor: Actor, now: datetime) -> None:
    """Have the job run as soon as a process that runs jobs sees it: within seconds, or once one is
    started. Asking twice before that is asking once. Raises `UnknownJob`.

    The entry in the audit trail comes first and outside a transaction: a process that dies inside
    one would keep the job's document from everybody else.
    """
    if not JobState.objects(name=name).only("name").first():
        raise UnknownJob(name, [state.name for state in JobState.objects.only("name").order_by("name")])
    with act_as(actor):
        writer.record_event(AuditAction.RUN, "jobs", reason=name, now=now)
    database()[JOBS].update_one({"_id": name}, {"$set": {"asked": {"by": actor.name, "at": now}}})


def schedule_now(name: str, now: datetime) -> None:
    """Let a job look at once whether there is something to do: for who has just left it some. A job
    that nobody runs yet finds it when somebody does."""
    database()[JOBS].update_one({"_id": name}, {"$min": {"next_run_at": now}})


def titles() -> dict[str, str]:
    """What each job is called in the timetable, by its name; one query."""
    return {state.name: state.label for state in JobState.objects.only("name", "label")}


def overview(history: int = 6) -> list[tuple[JobState, list[Run]]]:
    """Every job with its latest runs, the newest first, in two queries."""
    recent: dict[str, list[Run]] = {}
    for run in Run.objects.order_by("job", "-number"):
        recent.setdefault(run.job, []).append(run)
    return [(job, recent.get(job.name, [])[:history]) for job in JobState.objects.order_by("name")]
