"""A file is brought in through the panel: looked at first, then imported by a task, and taken back."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from xlsxwriter import Workbook

import jobs
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work.task import Task, TaskKind, TaskState
from exchange.importing import import_log
from exchange.importing.result import Result
from records.storage import keys
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as
from security.permissions import Role

HOME = "/admin/complaints/import/"
CSV = (
    "单号,投诉内容,优先级,联系电话,日期,mood\n"
    "1,灯一直闪烁，请派人来看看,紧急,13800138000,2026/03/04 09:30,bad\n"
    "2,櫃門裝反了，希望重新施工,高,13900139000,2026/03/05,bad\n"
    "3,,低,13700137000,2026/03/06,bad\n"
)


def enqueue(browser, content: bytes | str, name: str = "投诉.csv", home: str = HOME):
    data = content.encode() if isinstance(content, str) else content
    return browser.send(home, {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def selected(page: str) -> dict[str, str]:
    """What each column of the file is guessed to be."""
    rows = re.findall(r'id="column-(\d+)">([^<]*)</th>.*?</select>', page, re.DOTALL)
    found = {}
    for place, name in rows:
        part = page[page.index(f'name="to-{place}"') :]
        chosen = re.search(r'<option value="([^"]*)" selected>', part[: part.index("</select>")])
        found[name] = chosen[1] if chosen else ""
    return found


def choose(browser, url: str, **answers):
    page = browser.get(url).text
    guesses = {f"to-{place}": to for place, to in enumerate(selected(page).values())}
    return browser.send(url, {"source": "hotline", "zone": "Asia/Shanghai", **guesses, **answers})


@pytest.fixture
def ann(signed_in):
    return signed_in(Role.SUPERVISOR)


def test_a_file_is_brought_in_step_by_step(ann):
    columns = enqueue(ann, CSV)
    assert columns.status_code == 302
    page = ann.get(columns.location).text
    assert selected(page) == {
        "单号": "#key",
        "投诉内容": "content",
        "优先级": "priority",
        "联系电话": "contact_phone",
        "日期": "created_at",
        "mood": "",
    }
    assert "灯一直闪烁" in page

    preview = choose(ann, columns.location)
    page = ann.get(preview.location).text
    assert "Of 3 rows" in page
    assert "nothing stands there, and it is needed" in page
    assert "2026-03-04 09:30" in page
    assert "mood" in page
    assert Complaint.objects.count() == 0

    started = ann.send(preview.location)
    jobs.run_now("carry-out-tasks")

    task = Task.objects.get()
    assert (task.state, task.done, task.failed, task.of) == (TaskState.DONE, 2, 1, 3)
    assert "2 added, 0 were here already, 1 rejected" in ann.get(started.location).text
    urgent = Complaint.objects.get(source_key="1")
    assert (urgent.priority, urgent.contact_phone, urgent.source) == ("urgent", "13800138000", "hotline")
    assert urgent.created_at == datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
    assert AuditEntry.objects(record=urgent.pk).first().actor == f"staff:{ann.staff.pk}"


def imported(browser, content: str = CSV) -> Task:
    preview = choose(browser, enqueue(browser, content).location)
    browser.send(preview.location)
    jobs.run_now("carry-out-tasks")
    return Task.objects.order_by("-created_at", "-id").first()


def test_rows_that_are_here_already_are_known_again(ann):
    imported(ann)

    preview = choose(ann, enqueue(ann, CSV).location)
    assert "<dt>are here already</dt> <dd>2</dd>" in ann.get(preview.location).text
    ann.send(preview.location)
    jobs.run_now("carry-out-tasks")

    assert Complaint.objects.count() == 2
    assert sorted(task.result.get("unchanged", 0) for task in Task.objects) == [0, 2]


def test_an_import_is_taken_back_but_for_what_was_changed_since(ann):
    task = imported(ann)
    kept = Complaint.objects.get(source_key="2")
    with act_as(Actor("staff:x", "Ben")):
        kept.topic = "Doors"
        kept.save()

    page = ann.get(f"/admin/tasks/details/?id={task.pk}").text
    assert "Undo this import" in page
    ann.send(f"/admin/tasks/do/undo/?id={task.pk}", {"confirmed": "1", "reason": "The wrong file"})
    jobs.run_now("carry-out-tasks")

    undoing = Task.objects.get(kind=TaskKind.UNDO_IMPORT)
    assert (undoing.state, undoing.done, undoing.failed) == (TaskState.DONE, 1, 1)
    over = ann.get(f"/admin/tasks/details/?id={undoing.pk}").text
    assert "Undoing an import" in over
    assert "1 done, 1 not done" in over
    assert [one.pk for one in Complaint.objects] == [kept.pk]
    assert undoing.problems[0]["label"] == kept.number
    assert Tombstone.objects.get().rule == "import undone: The wrong file"


def test_what_only_a_job_has_flagged_is_taken_back(ann):
    task = imported(ann)
    with act_as(Actor.job("flag-overdue")):
        one = Complaint.objects.first()
        one.overdue_at = datetime.now(UTC)
        one.save()
    ann.send(f"/admin/tasks/do/undo/?id={task.pk}", {"confirmed": "1", "reason": "The wrong file"})
    jobs.run_now("carry-out-tasks")

    assert Complaint.objects.count() == 0


def test_a_workbook_is_read_like_a_table_of_text(ann):
    content = io.BytesIO()
    with Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Description", "Priority", "Created"])
        sheet.write_row(1, 0, ["The lamp hums all night", "High"])
        sheet.write_datetime(1, 2, datetime(2026, 3, 4, 9, 30), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001

    columns = enqueue(ann, content.getvalue(), "complaints.xlsx")
    ann.send(choose(ann, columns.location).location)
    jobs.run_now("carry-out-tasks")

    assert Complaint.objects.get().priority == "high"
    assert Complaint.objects.get().created_at == datetime(2026, 3, 4, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "looks like png"),
        (b"PK\x03\x04 not a zip", "no Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "CSV and XLSX"),
        (b"  \n", "is empty"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_by_its_content(ann, content, says):
    answer = enqueue(ann, content, "rows.csv")

    assert answer.status_code == 422
    assert says in answer.text
    assert Task.objects.count() == 0


def test_a_column_that_is_needed_is_asked_for(ann):
    columns = enqueue(ann, CSV)

    answer = choose(ann, columns.location, **{"to-1": ""})

    assert answer.status_code == 422
    assert "Please choose the column for “What went wrong”." in answer.text


def test_a_word_nobody_understands_rejects_the_row_or_takes_the_usual_value(ann):
    content = "Description,Priority\nThe lamp hums all night,whenever\n"
    columns = enqueue(ann, content).location

    strict = ann.get(choose(ann, columns).location).text
    lenient = ann.get(choose(ann, columns, lenient="1").location).text

    assert "does not say what “whenever” means" in strict
    assert "does not say what" not in lenient


@pytest.mark.parametrize("role", [Role.STAFF, Role.AUDITOR, Role.ADMIN])
def test_who_may_not_import_does_not(signed_in, role):
    assert signed_in(role).get(HOME).status_code == 403


def test_what_somebody_else_prepares_is_not_there(ann, signed_in):
    columns = enqueue(ann, CSV).location

    assert signed_in(Role.COMPLIANCE).get(columns).status_code == 404


def test_what_is_started_is_not_prepared_again(ann):
    columns = enqueue(ann, CSV).location
    ann.send(choose(ann, columns).location)

    answer = ann.get(columns)

    assert (answer.status_code, answer.location) == (
        302,
        columns.replace("complaints/import/columns", "tasks/details"),
    )


def test_what_the_product_writes_of_itself_takes_in_no_files(ann):
    assert ann.get("/admin/reveals/import/").status_code == 403
    assert "/import/" not in ann.get("/admin/reveals/").text
    assert "/admin/complaints/import/" in ann.get("/admin/complaints/").text


def test_the_file_is_kept_sealed(ann, database):
    enqueue(ann, CSV)

    assert "13800138000" not in str([*database["task_files.chunks"].find(), *database.tasks.find()])


PEOPLE = (
    "编号,姓名,手机,类型,客户经理,标签\n1,王芳,138 0013 8000,企业,Lin Mei,x\n2,Chen Wei,later,个人,Nobody,x\n"
)


def test_users_come_in_by_the_same_steps_with_their_columns_guessed_in_any_language(ann, database, actor):
    lin = Staff(name="Lin Mei", email="lin@example.com", roles=["staff"]).save()
    columns = enqueue(ann, PEOPLE, "people.csv", home="/admin/users/import/")
    page = ann.get(columns.location).text
    assert selected(page) == {
        "编号": "#key",
        "姓名": "name",
        "手机": "phone",
        "类型": "kind",
        "客户经理": "account_manager",
        "标签": "",
    }

    preview = choose(ann, columns.location)
    page = ann.get(preview.location).text
    assert "“手机”: “…” is no phone number." in page
    assert "“客户经理”: “Nobody” is not known here." in page
    assert "<td>Enterprise</td>" in page
    assert "<td>Lin Mei</td>" in page

    ann.send(preview.location)
    jobs.run_now("carry-out-tasks")
    user = User.objects.get()
    assert (user.name, user.kind, user.account_manager) == ("王芳", "enterprise", lin.pk)
    assert (user.source, user.source_note) == ("import", "hotline 1")

    task = Task.objects.get(kind=TaskKind.IMPORT)
    ann.send(f"/admin/tasks/do/undo/?id={task.pk}", {"confirmed": "1", "reason": "The wrong file"})
    jobs.run_now("carry-out-tasks")
    assert User.objects.count() == 0
    assert database[keys.COLLECTION].count_documents({"_id": user.pk}) == 0


def test_what_the_command_line_brought_in_is_undone_in_the_panel_by_whoever_may_import(ann, signed_in, now):
    with act_as(Actor.command("import")):
        task = import_log.begin(User, "people.csv", now)
        user = User(name="Ada", import_batch=task.pk).save()
        import_log.end(task, Result(task.pk, added=1), now)
    admin = signed_in(Role.ADMIN)

    refused = admin.send(f"/admin/tasks/do/undo/?id={task.pk}", {"confirmed": "1", "reason": "wrong"})
    assert "Your role does not allow you to undo this import." in (
        refused.text if refused.status_code != 302 else admin.get(refused.location).text
    )
    both = signed_in(Role.ADMIN, Role.SUPERVISOR)
    both.send(f"/admin/tasks/do/undo/?id={task.pk}", {"confirmed": "1", "reason": "wrong"})
    jobs.run_now("carry-out-tasks")

    assert not User.objects(pk=user.pk)


def test_a_field_that_refers_to_what_the_reader_may_not_pick_is_not_offered(ann, monkeypatch):
    columns = enqueue(ann, PEOPLE, "people.csv", home="/admin/users/import/").location
    assert 'value="account_manager"' in ann.get(columns).text

    monkeypatch.setattr(Staff, "policy", replace(Staff.policy, access={}))
    assert 'value="account_manager"' not in ann.get(columns).text
