"""Many records are dealt with together: shown first, asked about, at once for a few, by a task for more."""

import re

import pytest
from bson import ObjectId

import jobs
from admin.pages import bulk
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.work.task import Task, TaskState
from records.storage import writer
from records.storage.audit import AuditEntry
from security.actor import Actor, act_as
from security.permissions import Role


@pytest.fixture
def complaints(app):
    def complaints(count: int, **facts) -> list[Complaint]:
        with act_as(Actor.command("test")):
            made = [Complaint(content=f"The lamp hums {n}", **facts) for n in range(count)]
            writer.save(*made)
        return made

    return complaints


def sent(browser, path: str, **answers):
    """Press a button under the list, then answer what the page asks."""
    asked = browser.send(path, answers)
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text)
    data: dict = {}
    for name, value in hidden:
        data.setdefault(name, []).append(value)
    return asked, data


def test_setting_a_field_for_the_picked_is_shown_first_and_done_at_once(signed_in, complaints):
    ann = signed_in(Role.STAFF)
    picked, other = complaints(3)[:2], complaints(1)[0]

    asked, data = sent(ann, "/admin/complaints/action/", action="set", rowid=[str(one.pk) for one in picked])
    assert "Change fields: 2 records" in asked.text
    assert "done in the background" not in asked.text
    assert picked[0].number in asked.text
    assert Complaint.objects(priority="urgent").count() == 0

    answer = ann.post("/admin/complaints/action/", data={**data, "confirmed": "1", "set_priority": "urgent"})

    assert answer.status_code == 302
    assert {one.pk for one in Complaint.objects(priority="urgent")} == {one.pk for one in picked}
    entries = AuditEntry.objects(collection="complaints", deed="change")
    assert {(entry.actor, entry.record) for entry in entries} == {
        (f"staff:{ann.staff.pk}", one.pk) for one in picked
    }
    assert Complaint.objects.get(pk=other.pk).version == 1


def test_nothing_chosen_is_asked_again(signed_in, complaints):
    ann = signed_in(Role.STAFF)
    _asked, data = sent(
        ann, "/admin/complaints/action/", action="set", rowid=[str(one.pk) for one in complaints(2)]
    )

    answer = ann.post("/admin/complaints/action/", data={**data, "confirmed": "1"})

    assert answer.status_code == 422
    assert "Please choose what to change." in answer.text


@pytest.mark.parametrize("action", ["nonsense", "close", "set_state", ""])
def test_what_is_no_deed_for_many_is_not_there(signed_in, complaints, action):
    ann = signed_in(Role.SUPERVISOR)
    rows = [str(one.pk) for one in complaints(1)]

    assert ann.send("/admin/complaints/action/", {"action": action, "rowid": rows}).status_code == 404


@pytest.mark.parametrize(
    ("role", "action"), [(Role.STAFF, "delete"), (Role.AUDITOR, "set"), (Role.ADMIN, "set")]
)
def test_who_may_not_do_it_to_one_may_not_to_many(signed_in, complaints, role, action):
    rows = [str(one.pk) for one in complaints(1)]

    answer = signed_in(role).send(
        "/admin/complaints/action/", {"action": action, "rowid": rows, "confirmed": "1", "reason": "why"}
    )

    assert answer.status_code == 403


def test_deleting_many_asks_why_and_leaves_what_a_hold_keeps(signed_in, complaints):
    ann = signed_in(Role.SUPERVISOR)
    made = complaints(3)
    with act_as(Actor.command("test")):
        made[0].hold_reason = "A court asked"
        made[0].save()
    rows = [str(one.pk) for one in made]
    _asked, data = sent(ann, "/admin/complaints/action/", action="delete", rowid=rows)

    unanswered = ann.post("/admin/complaints/action/", data={**data, "confirmed": "1"})
    assert unanswered.status_code == 422
    assert "Please say why." in unanswered.text

    answer = ann.post(
        "/admin/complaints/action/",
        data={**data, "confirmed": "1", "reason": "Entered twice"},
        follow_redirects=True,
    )

    assert "Done for 2 records." in answer.text
    assert f"{made[0].number} A legal hold keeps it." in answer.text
    assert [one.pk for one in Complaint.objects] == [made[0].pk]


def test_all_that_match_means_all_that_the_filter_leaves(signed_in, complaints):
    ann = signed_in(Role.STAFF)
    complaints(30, priority="low")
    complaints(5, priority="high")

    asked, data = sent(ann, "/admin/complaints/action/?priority=low&size=20", action="set", everything="1")
    assert "30 records" in asked.text
    assert "and 20 more" in asked.text
    address = "/admin/complaints/action/?priority=low&size=20"
    ann.post(address, data={**data, "confirmed": "1", "set_kind": "delay"})

    assert Complaint.objects(kind="delay").count() == 30
    assert Complaint.objects(kind="delay", priority="high").count() == 0


def test_many_records_become_a_task_that_does_it_as_who_asked(signed_in, complaints, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    ann = signed_in(Role.SUPERVISOR)
    complaints(25, priority="low")
    complaints(5)
    address = "/admin/complaints/action/?priority=low"
    asked, data = sent(ann, address, action="set", everything="1")
    assert "done in the background" in asked.text
    data |= {"confirmed": "1", "set_assignee": str(ann.staff.pk), "reason": "Ann takes them"}

    answer = ann.post(address, data=data)
    again = ann.post(address, data=data)

    task = Task.objects.get()
    assert answer.location == again.location == f"/admin/tasks/details/?id={task.pk}"
    assert "waiting" in ann.get(answer.location).text
    jobs.run_now("carry-out-tasks")

    task = Task.objects.get()
    assert (task.state, task.done, task.of) == (TaskState.DONE, 25, 25)
    assert Complaint.objects(assignee=ann.staff.pk).count() == 25
    entry = AuditEntry.objects(collection="complaints", deed="change").first()
    assert (entry.actor, entry.reason) == (f"staff:{ann.staff.pk}", "Ann takes them")
    assert "25 of 25" in ann.get(answer.location).text


def test_a_record_that_no_longer_matches_is_left_alone_and_told(signed_in, complaints, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    ann = signed_in(Role.SUPERVISOR)
    first, _second, gone = complaints(3)
    rows = [str(one.pk) for one in Complaint.objects]
    _asked, data = sent(ann, "/admin/complaints/action/", action="set", rowid=rows)
    with act_as(Actor.command("test")):
        gone.delete(reason="A slip")
        first.topic = "Lamps"
        first.save()

    ann.post("/admin/complaints/action/", data={**data, "confirmed": "1", "set_priority": "high"})
    jobs.run_now("carry-out-tasks")

    task = Task.objects.get()
    assert task.done == Complaint.objects(priority="high").count() == 2
    assert Complaint.objects.get(pk=first.pk).topic == "Lamps"


def test_a_verb_for_many_is_done_to_each_it_fits(signed_in, app):
    eve = signed_in(Role.COMPLIANCE)
    with act_as(Actor.command("test")):
        writer.save(*(User(name=f"Li {n}") for n in range(3)))
    rows = [str(one.pk) for one in User.objects]
    asked, data = sent(eve, "/admin/users/action/", action="request_deletion", rowid=rows)
    assert "Why this person" in asked.text

    eve.post("/admin/users/action/", data={**data, "confirmed": "1", "reason": "They asked"})

    assert {one.user for one in DeletionRequest.objects} == {ObjectId(pk) for pk in rows}


def test_the_buttons_under_a_list_are_those_the_reader_may_use(signed_in, complaints):
    complaints(1)

    assert 'value="delete"' in signed_in(Role.SUPERVISOR).get("/admin/complaints/").text
    staff = signed_in(Role.STAFF).get("/admin/complaints/").text
    assert 'value="set"' in staff
    assert 'value="delete"' not in staff
    assert 'id="bulk"' not in signed_in(Role.AUDITOR).get("/admin/complaints/").text
