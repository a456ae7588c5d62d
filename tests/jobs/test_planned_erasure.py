"""Planned erasures: laid out, decided on, approved by a second officer, and then exactly that."""

from datetime import timedelta
from threading import Event

import pytest
from pymongo.database import Database

import jobs
from documents.audit import AuditEntry
from documents.certificate import Certificate
from documents.complaint import Complaint
from documents.consent import Consent
from documents.declaration.verbs import Refused
from documents.deletion import DeletionRequest, require_approval
from documents.erasure_plan import ErasurePlan
from documents.privacy import keys
from documents.privacy.belonging import Found
from documents.privacy.erasure_item import Decision, items
from documents.staff import Staff
from documents.tickets.states import State
from documents.tombstone import Tombstone
from documents.user import User
from jobs.by_hand import named
from jobs.lease import announce, take
from jobs.run import Stopped, carry_out
from security.actor import Actor, acting_as
from security.permissions import Role

ERASE, PLAN = "carry-out-erasures", "carry-out-tasks"
HAN = Actor("staff:han", "Han Bing", frozenset({Role.COMPLIANCE}), origin="127.0.0.1")
"""The second officer; the first is whoever acts in a test."""


@pytest.fixture
def actor(database):
    """The first officer, who has an account, since a task asks again what its asker may do."""
    with acting_as(Actor.command("test")):
        staff = Staff(name="Lin Mei", email="lin@steward.example", roles=[Role.COMPLIANCE.value]).save()
    with acting_as(Actor(f"staff:{staff.pk}", staff.name, frozenset(Role), origin="127.0.0.1")) as lin:
        yield lin


@pytest.fixture
def plan(user, run, now):
    """Ask for an erasure and have its plan made: `plan()` is the plan."""

    def plan() -> ErasurePlan:
        DeletionRequest.ask(user.pk, user.number, "She asked by letter", now, planned=True)
        run(PLAN)
        return ErasurePlan.objects.order_by("-created_at", "-id").first()

    return plan


def approve(plan: ErasurePlan, now, by: Actor = HAN) -> None:
    with acting_as(by):
        again(plan).approve(now, seen=again(plan).fingerprint[:8])


def request_of(plan: ErasurePlan) -> DeletionRequest:
    return DeletionRequest.objects(pk=plan.request).first()


def again(record):
    return type(record).objects(pk=record.pk).first()


def lines(plan: ErasurePlan) -> set[tuple[str, str | None, str]]:
    return {(line.collection, line.fate and str(line.fate), str(line.found)) for line in items(plan.pk)}


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
    assert keys.opened([user.pk]) == {}


def test_who_asked_cannot_approve(plan, actor, now):
    made = plan()

    with pytest.raises(Refused, match="cannot approve"):
        made.approve(now, seen=made.fingerprint[:8])


def test_approval_is_of_one_fingerprint(user, complain, plan, now):
    complain(user=None, contact_email=user.email)
    made = plan()
    before = made.fingerprint
    made.decide(None, Decision.LEAVE, now)

    assert made.fingerprint != before
    with acting_as(HAN), pytest.raises(Refused, match="not the fingerprint"):
        again(made).approve(now, seen=before[:8])


def test_nothing_undecided_is_approved(user, complain, plan, now):
    complain(user=None, contact_email=user.email)
    made = plan()

    with acting_as(HAN), pytest.raises(Refused, match="still to be decided"):
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
    user, complain, plan, run, half_way, now
):
    for _ in range(205):
        complain(user=user)
    made = plan()
    approve(made, now)
    half_way(0)
    late = complain(user=user, content="One more thing.")

    run(ERASE)

    assert keys.opened([user.pk]) == {}
    assert again(late).content == "One more thing."
    assert [line.record for line in items(made.pk, found=Found.ARRIVED.value)] == [late.pk]
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


def test_what_is_changed_meanwhile_sends_the_rest_back_to_planning(user, complain, plan, run, half_way, now):
    complaints = sorted((complain(user=user) for _ in range(205)), key=lambda one: one.pk)
    made = plan()
    approve(made, now)
    half_way(0)
    edited = again(complaints[-1])
    edited.measures = "We called him."
    edited.save(now=now)

    run(ERASE)

    assert again(edited).measures == "We called him."
    assert (again(made).state, request_of(made).state, again(user).name) == ("void", "proposed", "李雷")


def test_texts_that_speak_of_the_person_are_blacked_out_where_somebody_said_so(
    user, complain, plan, run, now, panel: Database
):
    other = User(name="韩梅梅").save(now=now)
    own = complain(user=user)
    own.screen(now)
    own.ask(now, "Called Mr 李雷 at 139 1234 5678.")
    others = complain(user=other, content="My neighbour 李雷 (lilei@example.cn) has the same lamp.")
    apart = complain(user=other, content="李 and 雷 are two other people.")
    made = plan()
    assert {(line.record, tuple(line.residue)) for line in items(made.pk, asks="text")} == {
        (own.pk, ("moves",)),
        (others.pk, ("content",)),
    }
    made.decide(None, Decision.ACT, now)
    approve(made, now)

    run(ERASE)

    assert request_of(made).state == "done"
    assert again(own).moves[-1].note == "Called Mr ▇▇ at ▇▇."
    assert (again(own).state, again(own).moves[1].state) == (State.WAITING, State.SCREENING)
    assert again(others).content == "My neighbour ▇▇ (▇▇) has the same lamp."
    assert again(apart).content == "李 and 雷 are two other people."
    erasing = AuditEntry.objects(deed="erase", reason__ne="").as_pymongo()
    assert "李雷" not in str(list(erasing))


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
    DeletionRequest.ask(user.pk, user.number, "She asked", now)

    run(ERASE)

    certificate = Certificate.objects.first()
    assert (certificate.two_officers, certificate.fingerprint) == (False, None)
    assert Certificate.verified(certificate.number.lower(), certificate.seal) == certificate


def test_where_approval_is_required_every_request_waits_for_a_plan(user, run, now):
    require_approval(True)
    try:
        user.request_deletion(now, "She asked")
    finally:
        require_approval(False)

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
