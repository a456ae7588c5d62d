"""Planned erasures: laid out, decided on, approved by a second officer, and then exactly that."""

from datetime import timedelta
from threading import Event

import pytest
from pymongo.database import Database

import jobs
import runtime
from documents.erasure.certificate import Certificate
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erasure_plan import ErasurePlan
from documents.erasure.erasure_plan_item import Decision, items
from documents.erasure.tombstone import Tombstone
from documents.privacy.consent import Consent
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification
from jobs.cli_runner import named
from jobs.lease import announce, take
from jobs.run import Stopped, carry_out
from records.declaration.actions import ActionRefused
from records.storage import keys
from records.subject_records import MatchReason
from security.actor import act_as
from tests.jobs.erasure_helpers import ERASE, HAN, PLAN, again, approve, lines, request_of

pytestmark = pytest.mark.usefixtures("first_officer")


@pytest.mark.clause("R24", "R26")
def test_a_plan_names_every_record_with_its_fate(user, complain, plan, run, now):
    complain(user=user)
    complain(user=None, contact_email="LiLei@Example.cn")
    complain(user=None, contact_phone="+86 139-1234-5678")
    complain(user=None, contact_email="somebody.else@example.cn")
    Consent(user=user, purpose="marketing", notice_version="1", given_how="email").save(now=now)

    made = plan()

    assert made.counts == {
        "complaints": {"anonymise": 3},
        "consents": {"erase": 1},
        "users": {"erase": 1},
    }
    assert lines(made) == {
        ("complaints", "anonymise", "reference"),
        ("complaints", "anonymise", "identity"),
        ("consents", "erase", "reference"),
        ("users", "erase", "reference"),
    }
    assert (made.state, made.total, made.undecided) == ("ready", 5, 2)


def test_until_it_is_approved_nothing_is_touched(user, complain, plan, run, now):
    complaint = complain(user=user)
    made = plan()

    run(ERASE)
    assert (again(complaint).content, request_of(made).state) == ("The lamp hums.", "proposed")

    approve(made, now)
    run(ERASE)
    assert (again(complaint).content, again(user)) == (None, None)
    assert (request_of(made).state, again(made).state) == ("done", "done")
    assert keys.get_keys([user.pk]) == {}


def test_who_asked_cannot_approve(plan, now):
    made = plan()

    with pytest.raises(ActionRefused, match="cannot approve"):
        made.approve(now, seen=made.fingerprint[:8])


def test_approval_is_of_one_fingerprint(user, complain, plan, now):
    complain(user=None, contact_email=user.email)
    made = plan()
    before = made.fingerprint
    made.decide(None, Decision.LEAVE, now)

    assert made.fingerprint != before
    with act_as(HAN), pytest.raises(ActionRefused, match="not the fingerprint"):
        again(made).approve(now, seen=before[:8])


def test_nothing_undecided_is_approved(user, complain, plan, now):
    complain(user=None, contact_email=user.email)
    made = plan()

    with act_as(HAN), pytest.raises(ActionRefused, match="still to be decided"):
        made.approve(now, seen=made.fingerprint[:8])


@pytest.mark.parametrize(("decision", "left"), [(Decision.ACT, None), (Decision.LEAVE, "The lamp hums.")])
def test_a_person_decides_whether_the_same_address_means_the_same_person(
    user, complain, plan, run, now, decision, left
):
    complaint = complain(user=None, contact_email=user.email)
    made = plan()
    made.decide(None, decision, now)
    approve(made, now)

    run(ERASE)

    assert again(complaint).content == left
    assert request_of(made).state == "done"


@pytest.mark.parametrize(
    "change",
    [
        lambda user, complaint, now: complaint.hold(now, "court") or again(complaint).release(now, "settled"),
        lambda user, complaint, now: Complaint(user=user, content="And it flickers.").save(now=now),
        lambda user, complaint, now: complaint.delete(now=now),
    ],
    ids=["changed", "arrived", "gone"],
)
def test_data_that_changed_since_void_the_approval(user, complain, plan, run, now, change):
    complaint = complain(user=user)
    made = plan()
    approve(made, now)
    change(user, again(complaint), now)

    run(ERASE)

    assert (again(made).state, request_of(made).state) == ("void", "proposed")
    assert again(user).name == "李雷"

    again(made).renew(now)
    run(PLAN)
    renewed = ErasurePlan.objects(pk=request_of(made).plan).first()
    approve(renewed, now)
    run(ERASE)
    assert (request_of(made).state, again(user)) == ("done", None)


def told(plan: ErasurePlan) -> list[tuple[str, str]]:
    return [(str(one.occasion), one.to_role) for one in Notification.objects(record=plan.pk).order_by("id")]


def test_officers_are_told_of_a_plan_to_approve_and_of_one_that_no_longer_holds(
    user, complain, plan, run, now
):
    complaint = complain(user=user)
    made = plan()
    assert told(made) == [("plan-ready", "compliance")]
    approve(made, now)
    complaint.delete(now=now)

    run(ERASE)
    run(ERASE)

    assert told(made) == [("plan-ready", "compliance"), ("plan-void", "compliance")]


@pytest.fixture
def half_way(now):
    """Run the erasure until some records are done, then stop as a process does that is ended."""

    def half_way(records: int) -> None:
        job, stop = named(jobs.TIMETABLE, ERASE), Event()
        announce(job, now)
        lease = take(job, now, 5_000, whenever=True)
        with pytest.raises(Stopped):
            carry_out(lease, now, progress=lambda done, of: stop.set() if done > records else None, stop=stop)

    return half_way


def test_what_arrives_meanwhile_is_kept_aside_and_waits_for_a_plan_of_its_own(
    user, complain, complain_often, plan, run, half_way, now
):
    complain_often(205, user=user)
    made = plan()
    approve(made, now)
    half_way(0)
    late = complain(user=user, content="One more thing.")

    run(ERASE)

    assert keys.get_keys([user.pk]) == {}
    assert again(late).content == "One more thing."
    assert [line.record for line in items(made.pk, found=MatchReason.ARRIVED.value)] == [late.pk]
    request = request_of(made)
    assert (request.state, request.outcome["arrived"]) == ("done", {"complaints": 1})
    follow_up = DeletionRequest.objects(user=user.pk, state="proposed").first()
    follow_up.plan_first(now)
    run(PLAN)
    next_plan = ErasurePlan.objects(request=follow_up.pk).first()
    assert next_plan.counts == {"complaints": {"anonymise": 206}}

    approve(next_plan, now)
    run(ERASE, now + timedelta(hours=1))
    assert (again(late).content, again(follow_up).state) == (None, "done")


def test_what_is_changed_meanwhile_sends_the_rest_back_to_planning(
    user, complain_often, plan, run, half_way, now
):
    complaints = sorted(complain_often(205, user=user), key=lambda one: one.pk)
    made = plan()
    approve(made, now)
    half_way(0)
    edited = again(complaints[-1])
    edited.measures = "We called him."
    edited.save(now=now)

    run(ERASE)

    assert again(edited).measures == "We called him."
    assert (again(made).state, request_of(made).state, again(user).name) == ("void", "proposed", "李雷")


@pytest.mark.clause("R25")
def test_a_certificate_is_verified_by_number_and_seal_and_names_nobody(user, complain, plan, run, now):
    complain(user=user)
    made = plan()
    approve(made, now)
    run(ERASE)

    certificate = Certificate.objects.first()
    assert certificate.outcome == {"complaints": {"anonymise": 1}, "users": {"erase": 1}}
    assert (certificate.two_officers, certificate.fingerprint) == (True, again(made).fingerprint)
    assert Certificate.verified(certificate.number, certificate.seal) == certificate
    assert Certificate.verified(certificate.number, certificate.seal[:-1] + "x") is None
    assert Certificate.verified("E-1999-000001", certificate.seal) is None
    said = str(certificate.to_mongo().to_dict())
    assert not [word for word in ("李雷", "lilei", "13912345678", user.number, str(user.pk)) if word in said]
    assert Tombstone.objects(request=made.request).count() == 2


def test_a_certificate_that_was_altered_in_the_database_is_none(user, plan, run, now, panel: Database):
    made = plan()
    approve(made, now)
    run(ERASE)
    certificate = Certificate.objects.first()

    panel["certificates"].update_one({}, {"$set": {"outcome": {"users": {"erase": 70}}}})

    assert Certificate.verified(certificate.number, certificate.seal) is None


def test_a_request_without_a_plan_is_certified_as_well(user, run, now):
    DeletionRequest.create_request(user.pk, user.number, "She asked", now)

    run(ERASE)

    certificate = Certificate.objects.first()
    assert (certificate.two_officers, certificate.fingerprint) == (False, None)
    assert Certificate.verified(certificate.number.lower(), certificate.seal) == certificate


def test_where_approval_is_required_every_request_waits_for_a_plan(user, run, now):
    runtime.configure(erasure_approval=True)
    try:
        user.request_deletion(now, "She asked")
    finally:
        runtime.configure(erasure_approval=False)

    run(ERASE)

    assert (DeletionRequest.objects.first().state, again(user).name) == ("proposed", "李雷")
    assert ErasurePlan.objects.first().state == "preparing"


def test_a_hold_blocks_an_approved_plan(user, complain, plan, run, now):
    complaint = complain(user=user)
    made = plan()
    approve(made, now)
    held = again(complaint)
    held.hold(now, "court")

    run(ERASE)
    assert (request_of(made).state, again(user).name) == ("blocked", "李雷")

    again(complaint).release(now + timedelta(days=1), "settled")
    run(ERASE)
    assert request_of(made).state == "proposed"  # what was held has changed since
