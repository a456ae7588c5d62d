"""Tasks are carried out turn by turn: as who asked, stoppable, and each item once."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from gridfs.errors import CorruptGridFile

from documents.staff.staff import Staff
from documents.work import task_file
from documents.work.task import Task, TaskKind, TaskState
from jobs import TIMETABLE
from jobs.lease import announce
from jobs.run_tasks import WORKERS
from jobs.task_worker import Turn, Worker
from records.declaration.actions import ActionRefused
from records.job_state import JobState
from records.storage import writer
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as, current_actor
from security.ciphers import DecryptionError
from security.permissions import Action, Role
from tests.jobs.sample_job import Chore


class Chores(Worker):
    """Does the chores; what is called "hopeless" fails, and "refused" is refused."""

    batch = 4

    def count(self) -> int:
        return Chore.objects.count()

    def items(self) -> Iterator[Any]:
        after = {"pk__gt": self.task.cursor} if self.task.cursor else {}
        yield from [chore.pk for chore in Chore.objects(**after).order_by("pk")]

    def do(self, items: Sequence[Any], now) -> Turn:
        chores = list(Chore.objects(pk__in=items))
        for chore in chores:
            if chore.name == "refused":
                raise ActionRefused("%(name)s will not do.", name=chore.name)
            if chore.name == "hopeless":
                raise ValueError(chore.name)
            chore.done_at = now
        return Turn(done=writer.save(*chores, reason="Done", now=now))

    def finish(self, now) -> dict[str, Any]:
        return {"result": {"who": current_actor().name}}


@pytest.fixture(autouse=True)
def worker(monkeypatch):
    monkeypatch.setitem(WORKERS, TaskKind.BULK, Chores)


def actor_of(staff: Staff) -> Actor:
    return Actor(f"staff:{staff.pk}", staff.name, staff.may_roles())


@pytest.fixture
def ann(now) -> Staff:
    return Staff(name="Ann", email="ann@x.example", roles=[Role.SUPERVISOR]).save(now=now)


@pytest.fixture
def ask(now, ann):
    def ask(**facts) -> Task:
        with act_as(actor_of(ann)):
            return Task.request(TaskKind.BULK, "Do the chores", Action.RUN, {"why": "not"}, now, **facts)

    return ask


def stored(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_a_task_does_everything_once_as_who_asked(chores, ask, ann, run):
    todo = chores(10)
    task = ask()

    run("carry-out-tasks")

    task = stored(task)
    assert (task.state, task.done, task.of, task.failed) == (TaskState.DONE, 10, 10, 0)
    assert task.result == {"who": "Ann"}
    assert Chore.objects(done_at=None).count() == 0
    entries = AuditEntry.objects(reason="Done")
    assert sorted(entry.record for entry in entries) == todo
    assert {(entry.actor, entry.origin) for entry in entries} == {(f"staff:{ann.pk}", f"task {task.pk}")}


def test_what_it_was_asked_with_is_kept_sealed(ask, panel):
    task = ask()

    assert stored(task).params == {"why": "not"}
    assert isinstance(panel.tasks.find_one()["arguments"], bytes)


def test_one_item_that_fails_is_told_and_the_others_are_done(chores, ask, run, now):
    chores(5)
    Chore(name="hopeless").save(now=now)
    Chore(name="refused").save(now=now)
    chores(5)
    task = ask()

    run("carry-out-tasks")

    task = stored(task)
    assert (task.state, task.done, task.failed) == (TaskState.DONE, 10, 2)
    assert [one["message"] for one in task.problems] == [
        "It could not be done (%(error)s).",
        "%(name)s will not do.",
    ]
    assert Chore.objects(done_at=None).count() == 2


def test_a_task_stopped_before_it_began_does_nothing(chores, ask, run, now):
    chores(3)
    task = ask()
    task.stop(now)

    run("carry-out-tasks")

    assert stored(task).state == TaskState.CANCELLED
    assert Chore.objects(done_at=None).count() == 3


def test_a_task_stopped_on_the_way_keeps_what_is_done(chores, ask, run, now, monkeypatch):
    chores(12)
    task = ask()
    do = Chores.do

    def do_and_stop(self, items, moment):
        if stored(task).state == TaskState.RUNNING:
            stored(task).stop(now)
        return do(self, items, moment)

    monkeypatch.setattr(Chores, "do", do_and_stop)
    run("carry-out-tasks")

    task = stored(task)
    assert (task.state, task.done) == (TaskState.CANCELLED, 8)
    assert Chore.objects(done_at=None).count() == 4


def test_who_may_no_longer_do_it_has_nothing_more_done(chores, ask, ann, run, now, monkeypatch):
    chores(12)
    task = ask()
    do = Chores.do

    def do_and_dismiss(self, items, moment):
        if ann.active:
            ann.active = False
            ann.save(now=now)
        return do(self, items, moment)

    monkeypatch.setattr(Chores, "do", do_and_dismiss)
    run("carry-out-tasks")

    task = stored(task)
    assert (task.state, task.done) == (TaskState.FAILED, 4)
    assert task.problems[0]["words"] == {"name": "Ann"}


def test_a_role_that_came_later_gives_a_task_nothing(ask, ann, now):
    task = ask()
    ann.roles = [Role.SUPERVISOR, Role.COMPLIANCE]
    ann.save(now=now)

    assert task.requester().roles == {Role.SUPERVISOR}


def test_a_short_task_does_not_wait_for_a_long_one(chores, ask, run, monkeypatch):
    chores(12)
    order = []
    do = Chores.do
    monkeypatch.setattr(Chores, "do", lambda self, *given: order.append(self.task.name) or do(self, *given))
    first, second = ask(), ask()
    first.name, second.name = "long", "short"
    writer.save(first, second)

    run("carry-out-tasks")

    assert order == ["long", "short"] * 3


def test_a_task_that_breaks_off_says_so_and_leaves_the_others_alone(chores, ask, run, monkeypatch):
    chores(3)
    broken, whole = ask(), ask()

    def items(self):
        if self.task.pk == broken.pk:
            raise RuntimeError
        return iter([chore.pk for chore in Chore.objects])

    monkeypatch.setattr(Chores, "items", items)
    run("carry-out-tasks")

    assert stored(broken).state == TaskState.FAILED
    assert stored(broken).problems[0]["words"] == {"error": "RuntimeError"}
    assert stored(whole).state == TaskState.DONE


def test_a_task_that_cannot_be_ended_fails(chores, ask, run, monkeypatch):
    chores(3)
    task = ask()
    monkeypatch.setattr(Chores, "finish", lambda self, now: 1 / 0)

    run("carry-out-tasks")

    assert (stored(task).state, stored(task).done) == (TaskState.FAILED, 3)


def test_looking_at_what_would_be_done_does_nothing(chores, ask, run):
    chores(3)
    task = ask()

    assert run("carry-out-tasks", dry_run=True)["changed"] == 0
    assert (stored(task).state, Chore.objects(done_at=None).count()) == (TaskState.WAITING, 3)


def test_asking_for_a_task_makes_its_job_due(ask, now):
    job = next(job for job in TIMETABLE if job.name == "carry-out-tasks")
    announce(job, now)
    assert JobState.objects.get(name=job.name).next_run_at > now

    ask()

    assert JobState.objects.get(name=job.name).next_run_at == now


@pytest.mark.parametrize(
    ("after", "kept"), [(timedelta(days=2), True), (timedelta(days=2, seconds=1), False)]
)
def test_what_a_task_made_goes_when_its_time_is_over(ask, run, now, tmp_path, panel, after, kept):
    task = ask()
    path = tmp_path / "made"
    path.write_bytes(b"made " * 200_000)
    with path.open("rb") as file:
        panel.tasks.update_one({}, {"$set": {"file": task_file.keep(task, file, "made.csv", "text/csv")}})
    run("carry-out-tasks", at=now)

    run("carry-out-tasks", at=now + after)

    task = stored(task)
    assert bool(task.params) is kept
    assert (panel["task_files.chunks"].count_documents({}) > 0) is kept
    assert (panel["data_keys"].find_one({"_id": task.pk}) is not None) is kept
    if kept:
        assert b"".join(task_file.pieces(task)) == b"made " * 200_000
    else:
        with pytest.raises(task_file.FileGone):
            task_file.pieces(task)


def test_a_file_is_stored_sealed_and_a_cut_one_is_noticed(ask, tmp_path, panel):
    task = ask()
    path = tmp_path / "made"
    path.write_bytes(b"secret" * 100_000)
    with path.open("rb") as file:
        task.file = task_file.keep(task, file, "made.csv", "text/csv")

    chunks = list(panel["task_files.chunks"].find().sort("n"))
    assert not any(b"secret" in chunk["data"] for chunk in chunks)

    panel["task_files.files"].update_one({}, {"$set": {"length": len(chunks[0]["data"])}})
    panel["task_files.chunks"].delete_many({"n": {"$gt": 0}})
    with pytest.raises((DecryptionError, CorruptGridFile)):
        b"".join(task_file.pieces(task))
