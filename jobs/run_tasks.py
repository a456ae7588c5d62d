"""Carry out the tasks that people asked for in the panel: bulk changes, exports, imports.

A turn is one batch of one task, in one transaction together with the task's cursor and counts, so a
task whose process is killed goes on where it stood, and nothing is done twice. Tasks take turns, so
that a short one does not wait for a long one.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pymongo
from bson import ObjectId
from pymongo.errors import ConnectionFailure

from documents.work import task_file
from documents.work.task import ACTIVE_STATES, Task, TaskKind, TaskState, problem, progress
from jobs.build_export import BuildExport
from jobs.build_person_copy import BuildCopy
from jobs.bulk_change import BulkChange
from jobs.erasure_plan import PlanErasure
from jobs.import_upload import ImportUpload, UndoImport
from jobs.job import Batch
from jobs.notify_terms_change import TellChangedTerms
from jobs.recompute_deadlines import RecomputeDeadlines
from jobs.run import where_and_what
from jobs.task_worker import Worker
from language.words import N_
from records.declaration.actions import ActionRefused
from records.storage import writer
from security.actor import act_as

log = logging.getLogger(__name__)

WORKERS: dict[TaskKind, Callable[[Task], Worker]] = {
    TaskKind.BULK: BulkChange,
    TaskKind.EXPORT: BuildExport,
    TaskKind.IMPORT: ImportUpload,
    TaskKind.UNDO_IMPORT: UndoImport,
    TaskKind.RECOMPUTE: RecomputeDeadlines,
    TaskKind.CHANGED_TERMS: TellChangedTerms,
    TaskKind.ERASURE_PLAN: PlanErasure,
    TaskKind.PERSONAL_COPY: BuildCopy,
}
"""Every kind of task, and what carries it out."""


def carry_out_tasks(now: datetime) -> Iterator[Batch]:
    """A turn of each task that is under way, in turn, until all are over; then what has expired."""
    hands: dict[ObjectId, _Hand] = {}
    left_alone: set[ObjectId] = set()
    try:
        while tasks := [task for task in Task.active() if task.pk not in left_alone]:
            for task in tasks:
                hand = hands.setdefault(task.pk, _Hand())
                yield hand.part(task)
                if not hand.settle():
                    left_alone.add(task.pk)
    finally:
        for hand in hands.values():
            hand.close()
    over = {"expires_at": {"$lt": now}, "state": {"$nin": [state.value for state in ACTIVE_STATES]}}
    yield Batch(Task, over, "their time is over", change=partial(_expire, now=now), batch=20)


class _Hand:
    """A task in hand: which step comes next, and how the last one went."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.items: list[Any] = []
        self.size = 0
        self.tried = False
        self.error: Exception | None = None
        self.skip: Exception | None = None
        self.broken: Exception | None = None

    def part(self, task: Task) -> Batch:
        """The next turn of `task`, read before its transaction begins."""
        self.tried, self.error, self.items = False, None, []
        here = {
            "_id": task.pk,
            "turns": task.turns,
            "state": {"$in": [state.value for state in ACTIVE_STATES]},
        }
        rule = f"{task.pk}, turn {task.turns + 1}"
        return Batch(Task, here, rule, change=partial(self._turn, self._step(task)), batch=1)

    def _step(self, task: Task) -> Callable[[Task], None]:
        if task.cancel_asked:
            return partial(_end, state=TaskState.CANCELLED)
        if not task.is_permitted():
            return partial(
                _fail, why=problem("", N_("%(name)s may no longer do this."), name=task.asked_by_name)
            )
        try:
            if self.broken:
                raise self.broken
            self.worker = self.worker or WORKERS[TaskKind(task.kind)](task)
            with pymongo.timeout(self.worker.read_seconds), act_as(task.requester()):
                of = self.worker.count() if task.of is None else task.of
                self.size = self.size or self.worker.batch
                self.items = self.worker.ahead(1 if self.skip else self.size)
        except ConnectionFailure:
            raise
        except ActionRefused as error:
            return partial(_fail, why=problem("", error.message, **error.words))
        except Exception as error:  # noqa: BLE001 — one broken task must not keep the others waiting
            log.error("task %s failed: %s", task.pk, where_and_what(error))  # noqa: TRY400 — may be personal
            return partial(
                _fail, why=problem("", N_("It broke off (%(error)s)."), error=type(error).__name__)
            )
        if self.items and self.skip:
            return partial(_skip, worker=self.worker, item=self.items[0], why=self.skip, of=of)
        if self.items:
            return partial(_do, worker=self.worker, items=self.items, of=of)
        return partial(_finish, worker=self.worker, of=of)

    def _turn(self, step: Callable[[Task], None], tasks: list[Task]) -> int:
        """Do the step on the task as the transaction sees it."""
        self.tried, self.error = True, None
        try:
            for task in tasks:
                with act_as(task.requester()):
                    step(task)
        except Exception as error:
            self.error = error
            raise
        return len(tasks)

    def settle(self) -> bool:
        """Learn from how the turn went; False where it never came to it."""
        if not self.tried:
            return False
        if self.error is None:
            if self.worker:
                self.worker.settle(len(self.items))
                self.size = min(self.size * 2, self.worker.batch)
            self.skip = None
        elif len(self.items) > 1:
            self.size = len(self.items) // 2  # somewhere in it is one that fails
        elif self.items and not self.skip:
            self.skip = self.error
        else:
            self.broken = self.error
        return True

    def close(self) -> None:
        if self.worker:
            self.worker.close()


def _do(task: Task, worker: Worker, items: list[Any], of: int) -> None:
    turn = worker.do(items, _now())
    change = {**_begun(task, of), "cursor": worker.cursor_after(items[-1])}
    count = {"failed": len(turn.problems), **turn.counts}
    if turn.total is None:
        count["done"] = turn.done
    else:
        change["done"] = turn.total
    progress(task, change, count, turn.problems)


def _skip(task: Task, worker: Worker, item: Any, why: Exception, of: int) -> None:
    change = {**_begun(task, of), "cursor": worker.cursor_after(item)}
    progress(task, change, {"failed": 1}, [worker.problem(item, why)])


def _finish(task: Task, worker: Worker, of: int) -> None:
    now = _now()
    done = {"state": TaskState.DONE.value, "finished_at": now}
    progress(task, {**_begun(task, of), **worker.finish(now), **done})


def _now() -> datetime:
    """The moment of a turn; a run may last, and the times of a task are shown."""
    return datetime.now(UTC)


def _begun(task: Task, of: int) -> dict[str, Any]:
    return {"state": TaskState.RUNNING.value, "of": of, "started_at": task.started_at or _now()}


def _end(task: Task, state: TaskState) -> None:
    progress(task, {"state": state.value, "finished_at": _now()})


def _fail(task: Task, why: dict[str, Any]) -> None:
    progress(task, {"state": TaskState.FAILED.value, "finished_at": _now()}, problems=[why])


def _expire(tasks: list[Task], now: datetime) -> int:
    """Forget what tasks were asked with and what they made; that they were done stays known."""
    task_file.remove(tasks)
    for task in tasks:
        task.arguments, task.file, task.expires_at = None, {}, None
        if task.state == TaskState.PREPARED:
            task.state = TaskState.CANCELLED
    return writer.save(*tasks, now=now, reason="expired")
