"""Which imports there were: each is a task, also one that the command line carried out itself."""

from datetime import datetime

from bson import ObjectId

from documents.work.task import Task, TaskKind, TaskState
from exchange.importing import importable, undo
from exchange.importing.result import Result
from records.declaration.record import Governed
from security.permissions import Action

LOOKED_AT = 50


def begin(kind: type[Governed], name: str, now: datetime) -> Task:
    """Note that an import begins: what it brings in carries the id of this task."""
    about = kind.collection_name()
    arguments, prepared = {"name": name}, TaskState.PREPARED
    return Task.request(TaskKind.IMPORT, name, Action.IMPORT, arguments, now, about=about, state=prepared)


def end(task: Task, result: Result, now: datetime) -> None:
    """Note what came of it."""
    task.state, task.started_at, task.finished_at = TaskState.DONE, task.created_at, now
    task.done, task.failed = result.added + result.unchanged, result.rejected
    task.of = task.done + task.failed
    task.result = {"added": result.added, "unchanged": result.unchanged}
    task.save(now=now)


def named(text: str) -> Task | None:
    """The import of that id."""
    pk = ObjectId(text) if ObjectId.is_valid(text) else None
    return Task.objects(pk=pk, kind=TaskKind.IMPORT).first() if pk else None


def latest(about: str | None) -> list[tuple[Task, int]]:
    """The imports into a register, or into any, the newest first, with how many records of each are here
    still; one of which nothing is left is not among them."""
    imports = Task.objects(kind=TaskKind.IMPORT).order_by("-created_at", "-id").limit(LOOKED_AT)
    known = [
        (task, importable.importable_kinds().get(task.about or ""))
        for task in imports
        if about in {None, task.about}
    ]
    counted = [(task, undo.count(kind, task.pk)) for task, kind in known if kind]
    return [(task, left) for task, left in counted if left]
