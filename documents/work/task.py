"""Tasks: long work that somebody asked for in the panel, carried out by a job, turn by turn.

A kind of task is a name here and a worker in `jobs.run_tasks`. Who asked answers for what it
does: their permission is asked again at every turn. What it was asked with is sealed under a key of
the task's own, and so is what it makes; both are gone once that key is (see `documents.work.task_file`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bson import ObjectId, json_util
from mongoengine import BooleanField, DictField, DynamicField, IntField, ListField, StringField

from documents.staff.staff import Staff
from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import EncryptedStringField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.storage import writer
from records.storage.database import after_commit, database, session
from security.actor import Actor, current_actor
from security.permissions import TASKS, Action, Role, may

JOB = "carry-out-tasks"
MAX_ATTEMPTS = 50
"""How many tasks are in hand at once, a turn each in turn; the others wait."""
MAX_PROBLEMS = 100
"""How many of the problems are kept; `failed` counts all."""
RESULT_LIFETIME = timedelta(days=2)
"""How long what a task made can be fetched."""


class TaskKind(Choice):
    """What a task does."""

    BULK = "bulk-change", N_("Change of many records")
    EXPORT = "export", N_("Export")
    IMPORT = "import", N_("Import")
    UNDO_IMPORT = "undo-import", N_("Undoing an import")
    ERASURE_PLAN = "erasure-plan", N_("Erasure plan")
    PERSONAL_COPY = "personal-copy", N_("Copy of a person's data")
    CHANGED_TERMS = "changed-terms", N_("Telling of changed terms")
    RECOMPUTE = "recompute-deadlines", N_("Working deadlines out anew")


class TaskState(Choice):
    """How far a task has come. One that is prepared is still being put together by who wants it."""

    PREPARED = "prepared", N_("Being prepared")
    WAITING = "waiting", N_("Waiting")
    RUNNING = "running", N_("Running")
    DONE = "done", N_("Done")
    FAILED = "failed", N_("Failed")
    CANCELLED = "cancelled", N_("Stopped")


ACTIVE_STATES = (TaskState.WAITING, TaskState.RUNNING)


class Task(Governed):
    """Work asked for in the panel. Its progress is written beside `save`, without a new version, so
    that a job that counts and a person who stops it do not stand in each other's way."""

    policy = Policy(
        title=N_("Tasks"),
        singular=N_("Task"),
        group=N_("Administration"),
        icon="tasks",
        access=TASKS,
        on_erasure=Fate.RETAIN,
        basis=N_("Work of staff; what it was asked with goes after days"),
        keep=Keep(
            after="created_at", days=90, fate=Fate.ERASE, basis=N_("Data minimisation, User policy 2(3)")
        ),
        label="name",
        columns=(
            "name",
            "kind",
            "state",
            "done",
            "of",
            "failed",
            "asked_by_name",
            "created_at",
            "finished_at",
        ),
        filters=("state", "kind", "created_at"),
        sections=(
            (N_("The task"), ("name", "kind", "asked_by_name", "created_at", "reason")),
            (N_("How far it is"), ("state", "done", "of", "failed", "started_at", "finished_at")),
        ),
    )

    name = StringField(required=True, max_length=300, system=True, verbose_name=N_("Task"))
    kind = StringField(required=True, choices=list(TaskKind), system=True, verbose_name=N_("Kind"))
    about = StringField(internal=True)
    permission = StringField(db_field="action", choices=list(Action), required=True, internal=True)
    arguments = EncryptedStringField(internal=True)
    reason = StringField(max_length=500, system=True, verbose_name=N_("Reason"))
    asked_by = StringField(required=True, internal=True)
    asked_by_name = StringField(system=True, verbose_name=N_("Asked by"))
    asked_roles = ListField(StringField(), internal=True)
    state = StringField(
        choices=list(TaskState),
        required=True,
        default=TaskState.WAITING,
        system=True,
        verbose_name=N_("State"),
    )
    cancel_asked = BooleanField(default=False, internal=True)
    done = IntField(default=0, unaudited=True, system=True, verbose_name=N_("Done"))
    of = IntField(unaudited=True, system=True, verbose_name=N_("Of"))
    failed = IntField(default=0, unaudited=True, system=True, verbose_name=N_("Not done"))
    turns = IntField(default=0, unaudited=True, internal=True)
    cursor = DynamicField(unaudited=True, internal=True)
    problems = ListField(DictField(), unaudited=True, internal=True)
    result = DictField(unaudited=True, internal=True)
    file = DictField(unaudited=True, internal=True)
    started_at = UTCDateTimeField(unaudited=True, system=True, verbose_name=N_("Started"))
    finished_at = UTCDateTimeField(unaudited=True, system=True, verbose_name=N_("Finished"))
    expires_at = UTCDateTimeField(unaudited=True, internal=True)

    meta = {
        "collection": "tasks",
        "indexes": [
            {"fields": ["state", "created_at"], "name": "waiting"},
            {"fields": ["asked_by", "-created_at", "-_id"], "name": "of_asker"},
            {"fields": ["expires_at"], "sparse": True, "name": "to_expire"},
        ],
    }

    # -- Asking ----------------------------------------------------------------------------------

    @classmethod
    def request(
        cls,
        kind: TaskKind,
        name: str,
        action: Action,
        arguments: Mapping[str, Any],
        now: datetime,
        **more: Any,
    ) -> Self:
        """Store work for the job to find, as `create` has it; it is taken up within seconds. Where a `pk`
        is given it can be asked for once: `records.storage.writer.DuplicateValue` the second time."""
        task = cls.create(kind, name, action, arguments, now, **more)
        cls.enqueue([task], now)
        return task

    @classmethod
    def create(
        cls,
        kind: TaskKind,
        name: str,
        action: Action,
        arguments: Mapping[str, Any],
        now: datetime,
        *,
        about: str = "",
        reason: str = "",
        state: TaskState = TaskState.WAITING,
        pk: ObjectId | None = None,
    ) -> Self:
        """A task that is not handed in yet.

        `action` is what the asker must be allowed to do with the collection `about` as long as it runs;
        `arguments` are plain data, ids and moments. `name` is what the asker calls it.
        """
        actor = current_actor()
        task = cls(
            kind=kind,
            name=name,
            about=about,
            permission=action,
            reason=reason or None,
            asked_by=actor.id,
            asked_by_name=actor.name,
            asked_roles=sorted(actor.roles),
            pk=pk,
            state=state,
            expires_at=now + RESULT_LIFETIME,
        )
        task.params = arguments
        return task

    @classmethod
    def enqueue(cls, tasks: Sequence[Self], now: datetime) -> None:
        """Store tasks that are asked for the same reason, in as few commands as one."""
        if not tasks:
            return
        writer.save(*tasks, now=now, reason=tasks[0].reason or "")
        if any(task.state == TaskState.WAITING for task in tasks):
            after_commit(lambda: job_state.schedule_now(JOB, now))

    def start(self, now: datetime) -> None:
        """Let the job find a task that was being prepared. Does nothing the second time."""
        if self.state == TaskState.PREPARED:
            self.state = TaskState.WAITING
            self.save(now=now)
        after_commit(lambda: job_state.schedule_now(JOB, now))

    @property
    def params(self) -> dict[str, Any]:
        """The arguments; empty once their key is gone."""
        return json_util.loads(self.arguments, json_options=JSON) if self.arguments else {}

    @params.setter
    def params(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = json_util.dumps(arguments, json_options=JSON)

    @classmethod
    def active(cls) -> list[Self]:
        """The tasks to be carried out, the oldest first."""
        return list(cls.objects(state__in=[*ACTIVE_STATES]).order_by("created_at").limit(MAX_ATTEMPTS))

    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    # -- Whose it is -----------------------------------------------------------------------------

    @classmethod
    def scope(cls, actor: Actor) -> dict[str, Any]:
        """Everyone sees what they asked for, and administrators all."""
        return {} if Role.ADMIN in actor.roles else {"asked_by": actor.id}

    def requester(self) -> Actor:
        """Who asked, with those of the roles they had then that they have still."""
        return Actor(self.asked_by, self.asked_by_name, self._roles(), origin=f"task {self.pk}")

    def _roles(self) -> frozenset[Role]:
        then = frozenset(Role(role) for role in self.asked_roles)
        place, _, pk = self.asked_by.partition(":")
        if place != "staff":
            return then
        staff = Staff.objects(pk=ObjectId(pk)).first() if ObjectId.is_valid(pk) else None
        return then & staff.may_roles() if staff else frozenset()

    def is_permitted(self) -> bool:
        """Whether who asked may still have it done."""
        kind = by_collection(self.about or "tasks")
        return may(self._roles(), Action(self.permission), kind.policy.access if kind else None)

    # -- Stopping --------------------------------------------------------------------------------

    @action(N_("Stop"), Action.RUN, when=lambda t: t.is_active() and not t.cancel_asked)
    def stop(self, now: datetime) -> None:
        """Stop it: at once where it has not begun, else after its turn. What is done stays done."""
        if not self.is_active():
            raise ActionRefused(N_("This task is over."))
        self.cancel_asked = True
        if self.state == TaskState.WAITING:
            self.state, self.finished_at = TaskState.CANCELLED, now
        self.save(now=now)

    @action(
        N_("Undo this import"),
        Action.RUN,
        when=lambda t: t.kind == TaskKind.IMPORT and not t.is_active() and bool(t.result.get("added")),
        comment=N_("Why it is undone"),
        danger=True,
    )
    def undo(self, now: datetime, note: str) -> None:
        """Take back what the import brought, but for what people have changed since."""
        kind = by_collection(self.about or "")
        if not may(current_actor().roles, Action.IMPORT, kind.policy.access if kind else None):
            raise ActionRefused(N_("Your role does not allow you to undo this import."))
        arguments = {"import": self.pk}
        about = self.about or ""
        Task.request(TaskKind.UNDO_IMPORT, self.name, Action.IMPORT, arguments, now, about=about, reason=note)


JSON = json_util.JSONOptions(tz_aware=True, tzinfo=UTC, json_mode=json_util.JSONMode.RELAXED)


class TaskLeaseLost(Exception):
    """The task was stopped or taken further meanwhile; nothing of this turn is kept."""


def progress(
    task: Task,
    change: Mapping[str, Any],
    count: Mapping[str, int] | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write how far a task has come, as part of the transaction under way. Raises `TaskLeaseLost` where it
    is no longer at the turn at which `task` was read."""
    update: dict[str, Any] = {"$set": dict(change), "$inc": {"turns": 1, **(count or {})}}
    if problems:
        update["$push"] = {"problems": {"$each": list(problems), "$slice": MAX_PROBLEMS}}
    here = {"_id": task.pk, "turns": task.turns, "state": {"$in": [state.value for state in ACTIVE_STATES]}}
    if not database()[Task._get_collection_name()].update_one(here, update, session=session()).matched_count:
        raise TaskLeaseLost(str(task.pk))


def problem(label: str, message: str, **words: Any) -> dict[str, Any]:
    """What went wrong with one record, to be put in the reader's words: `message` is marked with `N_`."""
    shown = {name: getattr(word, "label", str(word)) for name, word in words.items()}
    return {"label": label, "message": message, "words": shown}
