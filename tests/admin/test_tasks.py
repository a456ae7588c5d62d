"""The pages of tasks: everyone sees and stops their own, and fetches what they made."""

import io

import pytest

from admin.current_user import actor_of
from documents.staff.staff import Staff
from documents.work import task_file
from documents.work.task import Task, TaskKind, TaskState, progress
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as
from security.permissions import Action, Role


@pytest.fixture
def task_of(app, now):
    def task_of(staff, **facts) -> Task:
        with app.test_request_context(), act_as(actor_of(staff)):
            return Task.request(
                TaskKind.EXPORT, "Export: Complaints", Action.EXPORT, {"search": "li@example.com"}, now,
                about="complaints", **facts
            )  # fmt: skip

    return task_of


def finished(task: Task, content: bytes = b"a,b\r\n") -> None:
    task.file = task_file.keep(task, io.BytesIO(content), "投诉.csv", "text/csv")
    progress(task, {"state": "done", "file": task.file})


def test_a_list_has_ones_own_tasks_and_an_administrator_sees_all(signed_in, task_of):
    ann, ben, eve = signed_in(Role.SUPERVISOR), signed_in(Role.COMPLIANCE), signed_in(Role.ADMIN)
    task_of(ann.staff)

    assert "Export: Complaints" in ann.get("/admin/tasks/").text
    assert "Export: Complaints" not in ben.get("/admin/tasks/").text
    assert "Export: Complaints" in eve.get("/admin/tasks/").text


@pytest.mark.parametrize("part", ["details", "history", "file", "do/stop"])
def test_a_task_of_somebody_else_is_not_there(signed_in, task_of, part):
    ann, ben = signed_in(Role.SUPERVISOR), signed_in(Role.COMPLIANCE)
    task = task_of(ann.staff)

    assert ben.get(f"/admin/tasks/{part}/?id={task.pk}").status_code in {403, 404}


def test_a_task_shows_how_far_it_is_and_is_stopped_by_its_button(signed_in, task_of):
    ann = signed_in(Role.SUPERVISOR)
    task = task_of(ann.staff)
    progress(task, {"state": "running", "of": 20}, {"done": 5})

    page = ann.get(f"/admin/tasks/details/?id={task.pk}").text
    assert "5 of 20" in page
    assert "data-refresh" in page
    ann.send(f"/admin/tasks/do/stop/?id={task.pk}")

    assert Task.objects.get().cancel_asked
    assert "/do/stop/" not in ann.get(f"/admin/tasks/details/?id={task.pk}").text


def test_problems_are_told_in_words(signed_in, task_of):
    ann = signed_in(Role.SUPERVISOR)
    task = task_of(ann.staff)
    problems = [{"label": "C-1", "message": "A legal hold keeps %(record)s.", "words": {"record": "C-1"}}]
    progress(task, {"state": TaskState.FAILED.value, "of": 5}, {"failed": 3}, problems)

    page = ann.get(f"/admin/tasks/details/?id={task.pk}").text
    assert "A legal hold keeps C-1." in page
    assert "and 2 more" in page


def test_what_a_task_made_is_fetched_by_who_asked_and_that_is_audited(signed_in, task_of):
    ann = signed_in(Role.SUPERVISOR)
    task = task_of(ann.staff)
    finished(task)

    answer = ann.get(f"/admin/tasks/file/?id={task.pk}")

    assert answer.data == b"a,b\r\n"
    assert "filename*=UTF-8''%E6%8A%95%E8%AF%89.csv" in answer.headers["Content-Disposition"]
    assert AuditEntry.objects(deed="export", record=task.pk).count() == 1


def test_an_administrator_does_not_fetch_what_others_had_made(signed_in, task_of):
    task = task_of(signed_in(Role.SUPERVISOR).staff)
    finished(task)

    assert signed_in(Role.ADMIN).get(f"/admin/tasks/file/?id={task.pk}").status_code == 403


def test_who_may_no_longer_export_does_not_fetch_an_export(signed_in, task_of):
    ann = signed_in(Role.SUPERVISOR)
    task = task_of(ann.staff)
    finished(task)
    with act_as(Actor.command("test")):
        staff = Staff.objects.get(pk=ann.staff.pk)
        staff.roles = [Role.STAFF]
        staff.save()

    assert ann.get(f"/admin/tasks/file/?id={task.pk}").status_code == 403


def test_what_is_no_longer_kept_is_not_there(signed_in, task_of):
    ann = signed_in(Role.SUPERVISOR)
    task = task_of(ann.staff)
    finished(task)
    task_file.remove([task])

    assert ann.get(f"/admin/tasks/file/?id={task.pk}").status_code == 404
