"""Records are taken out: in the chosen columns, harmless in a spreadsheet, and nothing unasked for."""

import io
import re
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook

import jobs
from admin.pages import exports
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.work.task import Task, TaskState
from exchange import exporting
from exchange.bulk.bulk_actions import Selection
from records.storage import keys, writer
from records.storage.audit import AuditEntry
from security import permissions
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import ComplaintFactory, UserFactory

PAGE = "/admin/complaints/export/"


@pytest.fixture
def complaints(app):
    def complaints(count: int = 1, **facts) -> list[Complaint]:
        with act_as(Actor.command("test")):
            made = [Complaint(**{"content": f"The lamp hums {n}", **facts}) for n in range(count)]
            writer.save(*made)
        return made

    return complaints


def people(count: int) -> list[User]:
    with act_as(Actor.command("test")):
        return [UserFactory() for _ in range(count)]


def workbook(content: bytes):
    return load_workbook(io.BytesIO(content)).active


def test_the_page_offers_what_the_role_may_take_out(signed_in, complaints):
    complaints(3)

    supervisor = signed_in(Role.SUPERVISOR).get(PAGE).text
    compliance = signed_in(Role.COMPLIANCE).get(PAGE).text

    assert "3 records" in supervisor
    assert 'value="priority" checked' in supervisor
    assert 'value="contact_phone"' not in supervisor
    assert 'value="contact_phone"' in compliance
    assert 'value="contact_phone" checked' not in compliance


@pytest.mark.parametrize("role", [Role.STAFF, Role.ADMIN])
def test_who_may_not_export_does_not(signed_in, complaints, role):
    assert signed_in(role).send(PAGE, {"form": "csv", "columns": "number"}).status_code == 403


def test_csv_begins_with_a_mark_and_holds_what_the_filter_leaves(signed_in, complaints):
    high, _low = complaints(priority="high", topic="燈具"), complaints(priority="low")
    ann = signed_in(Role.SUPERVISOR)

    answer = ann.send(f"{PAGE}?priority=high", {"form": "csv", "columns": ["number", "topic", "priority"]})

    assert answer.data.decode("utf-8-sig") == f"Number,Topic,Priority\r\n{high[0].number},燈具,High\r\n"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert re.search(r'filename="complaints-\d{8}-\d{4}.csv"', answer.headers["Content-Disposition"])
    entry = AuditEntry.objects(deed="export").first()
    assert (entry.collection, entry.actor) == ("complaints", f"staff:{ann.staff.pk}")
    assert "(1 record, as csv: number, topic, priority)" in entry.reason


@pytest.mark.parametrize("live", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1"])
def test_no_text_becomes_a_formula(signed_in, complaints, live):
    complaints(topic=live)
    ann = signed_in(Role.SUPERVISOR)

    in_csv = ann.send(PAGE, {"form": "csv", "columns": "topic"}).data.decode("utf-8-sig")
    cell = workbook(ann.send(PAGE, {"form": "xlsx", "columns": "topic"}).data)["A2"]

    assert in_csv.split("\r\n")[1].lstrip('"').startswith("'")
    assert (cell.data_type, cell.value) == ("s", live)


def test_excel_gets_real_times_on_the_readers_clock(signed_in, complaints):
    when = datetime(2030, 5, 1, 16, 30, tzinfo=UTC)
    complaints(due_at=when)
    ann = signed_in(Role.SUPERVISOR)

    sheet = workbook(ann.send(PAGE, {"form": "xlsx", "columns": ["due_at", "version", "number"]}).data)

    labels = [cell.value for cell in sheet[1]]
    row = dict(zip(labels, sheet[2], strict=True))
    assert row["Due"].value == datetime(2030, 5, 2, 0, 30)  # noqa: DTZ001 — Shanghai's clock
    assert row["Due"].is_date
    assert row["Version"].value == 1
    assert sheet.freeze_panes == "B2"
    assert sheet.column_dimensions["A"].width >= 10


def test_a_cell_longer_than_excel_holds_is_cut_and_csv_has_all(signed_in, app):
    with act_as(Actor.command("test")):
        Complaint(content="x" * 40_000).save()
    eve = signed_in(Role.COMPLIANCE)
    asked = {"columns": "content", "reason": "A court asked"}

    cell = workbook(eve.send(PAGE, {**asked, "form": "xlsx"}).data)["A2"]
    in_csv = eve.send(PAGE, {**asked, "form": "csv"}).text

    assert len(cell.value) == 32_767
    assert "x" * 40_000 in in_csv


def test_personal_data_is_taken_out_for_a_reason_only(signed_in, complaints):
    complaints(contact_phone="13800138000")
    eve = signed_in(Role.COMPLIANCE)

    without = eve.send(PAGE, {"form": "csv", "columns": ["number", "contact_phone"]})
    reasoned = eve.send(
        PAGE, {"form": "csv", "columns": ["number", "contact_phone"], "reason": "Call them back"}
    )

    assert without.status_code == 422
    assert "Please say why personal data" in without.text
    assert "13800138000" in reasoned.text
    assert AuditEntry.objects(deed="export").first().reason.startswith("Call them back")


def test_a_role_that_may_not_have_them_gets_no_personal_columns_by_asking(signed_in, complaints):
    complaints(contact_phone="13800138000")

    answer = signed_in(Role.SUPERVISOR).send(
        PAGE, {"form": "csv", "columns": ["number", "contact_phone", "search"], "reason": "Curious"}
    )

    assert "13800138000" not in answer.text
    assert answer.text.splitlines()[0].endswith("Number")


def test_whom_a_record_names_is_named_and_the_erased_said_so(signed_in, app):
    with act_as(Actor.command("test")):
        one, gone = User(name="Li"), User(name="Wang")
        writer.save(one, gone)
        writer.save(Complaint(content="a", user=one), Complaint(content="b", user=gone))
        gone.delete(reason="erased")

    lines = signed_in(Role.SUPERVISOR).send(PAGE, {"form": "csv", "columns": "user"}).text.split("\r\n")

    assert set(lines[1:3]) == {one.number, "(erased)"}


def test_a_role_has_its_limit(signed_in, complaints, monkeypatch):
    complaints(3)
    monkeypatch.setitem(permissions.EXPORTED_AT_ONCE, Role.SUPERVISOR, 2)
    ann = signed_in(Role.SUPERVISOR)

    assert "may take out 2 records" in ann.get(PAGE).text
    assert ann.send(PAGE, {"form": "csv", "columns": "number"}).status_code == 422
    assert ann.get(f"{PAGE}?priority=urgent").status_code == 200


@pytest.mark.parametrize("answers", [{}, {"form": "csv"}, {"form": "pdf", "columns": "number"}])
def test_what_is_not_answered_is_asked_again(signed_in, complaints, answers):
    complaints()

    assert signed_in(Role.SUPERVISOR).send(PAGE, answers).status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_large_export_is_built_by_a_task_and_fetched(signed_in, complaints, monkeypatch, form):
    monkeypatch.setattr(exports, "AT_ONCE", 10)
    complaints(30, priority="low")
    complaints(5)
    ann = signed_in(Role.SUPERVISOR)
    asked = {"form": form, "columns": ["number", "priority"], "token": "6" * 24}

    answer = ann.send(f"{PAGE}?priority=low", asked)
    again = ann.send(f"{PAGE}?priority=low", asked)
    assert answer.location == again.location
    jobs.run_now("carry-out-tasks")

    task = Task.objects.get()
    assert (task.state, task.done, task.of) == (TaskState.DONE, 30, 30)
    page = ann.get(answer.location).text
    file = ann.get(re.search(r'href="(/admin/tasks/file/[^"]+)"', page)[1]).data
    if form == "csv":
        numbers = [line.split(",")[0] for line in file.decode("utf-8-sig").splitlines()[1:]]
    else:
        numbers = [row[0] for row in workbook(file).iter_rows(min_row=2, values_only=True)]
    assert sorted(numbers) == sorted(one.number for one in Complaint.objects(priority="low"))


def test_a_file_written_beside_others_rests_and_is_the_same(signed_in, complaints, monkeypatch):
    complaints(2 * exporting.PIECE + 1)
    ann, rests = signed_in(Role.SUPERVISOR), []
    clock = SimpleNamespace(sleep=rests.append, thread_time=time.thread_time)
    monkeypatch.setattr(exporting, "time", clock)
    data = {"form": "csv", "columns": ["number", "state", "created_at"]}

    beside = ann.send(PAGE, data).get_data(as_text=True)
    assert len(rests) == 3  # two whole pieces, and one record
    monkeypatch.setattr(exporting, "write_throttled", exporting.write)
    alone = ann.send(PAGE, data).get_data(as_text=True)

    assert len(rests) == 3
    assert beside == alone
    assert len(beside.splitlines()) == 2 * exporting.PIECE + 2


def test_what_is_taken_out_is_named_and_opened_in_few_commands(signed_in, complaints, commands):
    for person in people(3):
        complaints(10, user=person)
    data = {"form": "csv", "columns": ["number", "content", "user"], "reason": "A letter to the agency"}
    eve = signed_in(Role.COMPLIANCE)
    keys.forget()
    commands.forget()

    eve.send(PAGE, data)

    read = [collection for name, collection in commands.sent if name == "find"]
    assert read.count("complaints") == read.count("data_keys") == 1
    assert read.count("users") == 2  # what they are called, and who has had the use of their data restricted


def test_what_one_batch_learned_to_name_is_not_asked_for_again(app, complaints, commands):
    (person,) = people(1)
    complaints(6, user=person)
    words = exporting.ExportLabels({}, {}, "yes", "no", "(erased)")
    selection = Selection(Complaint, {}, datetime.now(UTC), "Asia/Shanghai")
    with act_as(Actor.command("test")):
        plan = exporting.ExportSpec(
            selection, ("user", "created_at"), words, "-created_at", exporting.ExportFormat.CSV
        )
        commands.forget()
        batches = list(plan.batches(2))

    assert [collection for name, collection in commands.sent if name == "find"] == ["complaints", "users"]
    assert [len(batch) for batch in batches] == [2, 2, 2]
    assert {name for batch in batches for name, _moment in batch} == {person.number}


def test_a_task_holds_personal_data_only_sealed(signed_in, complaints, monkeypatch, database):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    complaints(3, contact_phone="13800138000")
    eve = signed_in(Role.COMPLIANCE)

    answer = eve.send(
        f"{PAGE}?search=13800138000", {"form": "csv", "columns": ["contact_phone"], "reason": "Call back"}
    )
    jobs.run_now("carry-out-tasks")

    stored = [database.tasks.find_one(), *database["task_files.chunks"].find()]
    assert "13800138000" not in str(stored)
    file = eve.get(answer.location.replace("details", "file"))
    assert file.text.count("13800138000") == 3


def test_nothing_is_left_of_a_process_that_was_killed_while_it_wrote(
    signed_in, complaints, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "steward-passing-999999999-x"
    left.mkdir()
    complaints()

    signed_in(Role.SUPERVISOR).send(PAGE, {"form": "xlsx", "columns": "number"})

    assert not list(tmp_path.iterdir())


def test_what_was_asked_overdue_stays_so_however_late_it_is_built(signed_in, complaints, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    complaints(due_at=soon)
    late = complaints(due_at=soon - timedelta(hours=1))

    signed_in(Role.SUPERVISOR).send(f"{PAGE}?overdue=1", {"form": "csv", "columns": "number"})
    jobs.run_now("carry-out-tasks", now=soon + timedelta(days=1))

    assert Task.objects.get().done == len(late)


def test_a_script_fetches_the_usual_columns_by_an_address_alone(signed_in, actor) -> None:
    complaint = ComplaintFactory(content="椅子壞了", contact_phone="+86 138 0013 8000")
    answer = signed_in(Role.SUPERVISOR).get("/admin/complaints/export/csv/?state=received")

    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.data.startswith("\ufeff".encode())
    assert complaint.number in answer.text
    assert "138" not in answer.text


@pytest.mark.parametrize(("most", "status"), [(3, 200), (2, 400)])
def test_a_script_is_told_where_it_asks_for_more_than_anybody_waits_for(
    signed_in, complaints, monkeypatch, most, status
):
    monkeypatch.setattr(exports, "BY_ADDRESS", most)
    complaints(3)

    answer = signed_in(Role.SUPERVISOR).get("/admin/complaints/export/csv/")

    assert answer.status_code == status
    assert ("the file is built in the background" in answer.text) == (status == 400)
    assert AuditEntry.objects(deed="export").count() == (status == 200)


def test_what_is_no_form_is_not_found(signed_in) -> None:
    assert signed_in(Role.SUPERVISOR).get("/admin/complaints/export/pdf/").status_code == 404


def test_who_may_not_export_gets_no_file_either(signed_in) -> None:
    assert signed_in(Role.STAFF).get("/admin/complaints/export/csv/").status_code == 403
