"""Erasures in the panel: planned by one officer, approved by another, proved by a certificate."""

import re

import pytest

import jobs
from documents.erasure.certificate import Certificate
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erasure_plan import ErasurePlan
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.subject_records import MatchReason
from security.permissions import Role
from tests.factories import MORNING, ComplaintFactory, UserFactory


@pytest.fixture
def user(app, actor) -> User:
    user = UserFactory(name="李小明", email="li@example.cn", phone="13912345678")
    ComplaintFactory(user=user)
    ComplaintFactory(user=None, contact_email="li@example.cn")
    return user


@pytest.fixture
def officer(signed_in):
    return signed_in(Role.COMPLIANCE, name="Lin Mei")


def ask(browser, user: User) -> ErasurePlan:
    answer = browser.send(
        f"/admin/users/do/plan_erasure/?id={user.pk}", {"confirmed": "1", "reason": "She asked by letter"}
    )
    assert answer.status_code == 302
    jobs.run_now("carry-out-tasks")
    return ErasurePlan.objects.first()


def plan_page(browser, plan: ErasurePlan) -> str:
    return browser.get(f"/admin/erasure_plans/details/?id={plan.pk}").text


def approve(browser, plan: ErasurePlan, seen: str):
    return browser.send(f"/admin/erasure_plans/do/approve/?id={plan.pk}", {"seen": seen})


@pytest.mark.clause("R24", "R25", "R105")
def test_one_officer_plans_and_decides_another_approves_and_a_certificate_proves_it(
    user, officer, signed_in, client
):
    plan = ask(officer, user)
    page = plan_page(officer, plan)
    assert MatchReason.IDENTITY.label in page
    assert "undecided" in page

    officer.send(f"/admin/erasure_plans/decide/?id={plan.pk}", {"all": "1", "decision": "act"})
    seen = ErasurePlan.objects.first().fingerprint[:8]
    assert seen in plan_page(officer, plan)

    assert "cannot approve it" in approve(officer, plan, seen).text
    assert ErasurePlan.objects.first().state == "ready"

    second = signed_in(Role.COMPLIANCE, name="Han Bing")
    assert approve(second, plan, seen).status_code == 302
    jobs.run_now("carry-out-erasures")

    assert DeletionRequest.objects.first().state == "done"
    assert User.objects.count() == 0
    assert [one.content for one in Complaint.objects] == [None, None]
    certificate = Certificate.objects.first()
    address = f"/admin/certificates/verify/?number={certificate.number}&seal={certificate.seal}"
    assert "This certificate is genuine" in second.get(address).text
    assert "This certificate is genuine" not in second.get(address[:-1] + "g").text
    printed = second.get(f"/admin/certificates/print/?id={certificate.pk}").text
    assert certificate.seal in printed
    assert not re.search("李小明|li@example|13912345678|U-0000", printed)


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPERVISOR])
def test_others_see_no_plan(role, user, officer, signed_in):
    plan = ask(officer, user)

    assert signed_in(role).get(f"/admin/erasure_plans/details/?id={plan.pk}").status_code == 403


def test_an_auditor_reads_a_plan_and_decides_nothing(user, officer, signed_in):
    plan = ask(officer, user)
    auditor = signed_in(Role.AUDITOR)

    assert auditor.get(f"/admin/erasure_plans/details/?id={plan.pk}").status_code == 200
    answer = auditor.send(f"/admin/erasure_plans/decide/?id={plan.pk}", {"all": "1", "decision": "act"})
    assert answer.status_code == 403
    assert ErasurePlan.objects.first().undecided == 1


def test_a_plan_names_nobody_on_its_page(user, officer):
    page = plan_page(officer, ask(officer, user))

    assert not re.search("李小明|li@example|13912345678", page)


def test_figures_of_an_erasure_are_said_in_words(user, officer):
    request = DeletionRequest.create_request(user.pk, user.number, "asked", MORNING)
    request.outcome = {"complaints": {"anonymise": 2}, "held": {"users": 1}}
    request.save(now=MORNING)

    page = officer.get(f"/admin/deletion_requests/details/?id={request.pk}").text

    assert "Complaints: Anonymise: 2" in page
    assert "Kept by a legal hold: Users: 1" in page


def test_why_a_plan_is_void_is_said_in_the_readers_language(user, officer):
    plan = ask(officer, user)
    plan.renew(MORNING)

    officer.send("/language", {"language": "zh_Hans_CN", "next": "/admin/"})
    page = plan_page(officer, plan)

    assert "A new plan was made." in ErasurePlan.objects(pk=plan.pk).first().why_void
    assert "A new plan was made." not in page
