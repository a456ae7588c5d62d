"""Requests of persons in the panel: letters, legal times, and a copy that is fetched once."""

import io
import re
import zipfile

import pytest

import jobs
from documents.people.user import User
from documents.privacy.statutory_deadline import Law
from documents.privacy.subject_request import IdentityCheck, Right, SubjectRequest
from records.storage.audit import AuditEntry
from security.permissions import Role
from tests.factories import ComplaintFactory, UserFactory

HOME = "/admin/subject_requests"


@pytest.fixture
def user(app, actor) -> User:
    user = UserFactory(name="李小明", region="TW")
    ComplaintFactory(user=user)
    return user


@pytest.fixture
def request_of(user):
    def request_of(right: Right) -> SubjectRequest:
        facts = {"profiles": [Law.GBT, Law.CCPA], "user": user}
        return SubjectRequest(right=right, **facts).save()

    return request_of


def test_its_page_shows_every_legal_time_and_marks_what_counsel_has_to_confirm(request_of, signed_in):
    asked = request_of(Right.KNOW)

    page = signed_in(Role.COMPLIANCE).get(f"{HOME}/details/?id={asked.pk}").text

    assert "GB/T 35273-2020 ch. 8.7 †" in page
    assert "CCPA regulations § 7021</td>" in page
    assert "let counsel confirm" in page


@pytest.mark.clause("R9")
def test_anybody_on_the_staff_takes_a_request_in(user, signed_in):
    browser = signed_in(Role.STAFF)
    facts = {"right": "copy", "user": str(user.pk), "words": "Please send me what you have."}

    answer = browser.send(f"{HOME}/new/", facts)

    assert answer.status_code == 302, answer.text
    asked = SubjectRequest.objects.first()
    assert (asked.right, asked.words, asked.due_at is not None) == ("copy", facts["words"], True)


def test_a_letter_names_the_person_and_is_kept_in_the_history(request_of, signed_in):
    asked = request_of(Right.KNOW)
    browser = signed_in(Role.COMPLIANCE)

    page = browser.send(f"{HOME}/letter/?id={asked.pk}", {"letter": "acknowledgement"})

    assert page.status_code == 200
    assert "李小明" in page.text
    assert asked.number in page.text
    assert AuditEntry.objects(deed="reveal", record=asked.pk).count() == 1


@pytest.mark.parametrize(("role", "status"), [(Role.STAFF, 403), (Role.AUDITOR, 403), (Role.COMPLIANCE, 200)])
def test_letters_are_for_who_answers(request_of, signed_in, role, status):
    asked = request_of(Right.KNOW)

    answer = signed_in(role).send(f"{HOME}/letter/?id={asked.pk}", {"letter": "acknowledgement"})

    assert answer.status_code == status


def test_there_is_no_answer_before_it_is_answered(request_of, signed_in):
    asked = request_of(Right.KNOW)

    assert signed_in(Role.COMPLIANCE).send(
        f"{HOME}/letter/?id={asked.pk}", {"letter": "answer"}
    ).status_code == 404  # fmt: skip


@pytest.mark.clause("R9", "R105")
def test_the_copy_is_fetched_once_and_by_who_asked_for_it(request_of, signed_in):
    asked = request_of(Right.COPY)
    asked.identify(asked.created_at, IdentityCheck.SIGNED_IN, "")
    browser = signed_in(Role.COMPLIANCE)
    assert browser.send(f"{HOME}/do/build_copy/?id={asked.pk}", {"confirmed": "1"}).status_code == 302
    jobs.run_now("carry-out-tasks")
    task = jobs_file(browser)

    assert signed_in(Role.COMPLIANCE).get(task).status_code in {403, 404}
    fetched = browser.get(task)
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as parcel:
        assert "李小明" in parcel.read("index.html").decode()
    assert browser.get(task).status_code == 404
    assert AuditEntry.objects(deed="export", reason=asked.number).count() == 1


def jobs_file(browser) -> str:
    from documents.work.task import Task

    task = Task.objects(kind="personal-copy").first()
    assert task.state == "done", task.problems
    return f"/admin/tasks/file/?id={task.pk}"


def test_a_correction_leads_to_the_record_and_shows_who_changed_what(user, request_of, signed_in):
    asked = request_of(Right.CORRECT)
    browser = signed_in(Role.COMPLIANCE, name="Lin Mei")
    page = browser.get(f"{HOME}/details/?id={asked.pk}").text
    assert f"/admin/users/edit/?id={user.pk}" in page
    assert "Nothing yet." in page

    changed = User.objects.get(pk=user.pk)
    changed.name, changed.customer_class = "李晓明", "key"
    changed.save(reason="As her letter says")

    page = browser.get(f"{HOME}/details/?id={asked.pk}").text
    assert "As her letter says" in page
    assert re.search(">(Class, Name|Name, Class)</a>", page)
    assert "李晓明" not in page


@pytest.mark.parametrize("right", [Right.KNOW, Right.DELETE])
def test_other_requests_lead_to_no_correction(request_of, signed_in, right):
    asked = request_of(right)

    assert "/admin/users/edit/" not in signed_in(Role.COMPLIANCE).get(f"{HOME}/details/?id={asked.pk}").text
