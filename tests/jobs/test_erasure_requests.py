"""Deletion requests: all of a person goes as declared, and nothing of anybody else."""

from datetime import timedelta
from threading import Event

import pytest
from mongoengine import StringField

import jobs
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.privacy.consent import Consent
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from jobs.cli_runner import named
from jobs.lease import announce, take
from jobs.run import Stopped, carry_out
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Personal, Policy
from records.declaration.record import Governed
from records.storage import keys
from records.storage.audit import AuditEntry

NAME = "carry-out-erasures"


@pytest.fixture
def ask(now):
    def ask(user) -> DeletionRequest:
        return DeletionRequest.create_request(user.pk, user.number, "She asked by letter", now)

    return ask


@pytest.fixture
def consent(now):
    def consent(user) -> Consent:
        facts = {"purpose": "marketing", "notice_version": "1", "given_how": "email"}
        return Consent(user=user, **facts).save(now=now)

    return consent


def again(record):
    return type(record).objects(pk=record.pk).first()


@pytest.mark.clause("R24", "R25")
def test_everything_about_the_person_goes_as_declared(user, complain, consent, ask, run, now):
    complaints = [complain(user=user, contact_name="Li Lei") for _ in range(3)]
    feedback = Feedback(user=user, words="Too dark").save(now=now)
    consent(user)
    request = ask(user)

    run(NAME)

    assert [again(complaint).content for complaint in complaints] == [None] * 3
    assert [again(complaint).contact_name for complaint in complaints] == [None] * 3
    assert again(feedback).words is None
    assert (Consent.objects.count(), User.objects.count()) == (0, 0)
    assert keys.get_keys([user.pk]) == {}
    request = again(request)
    assert (request.state, request.done, request.of, request.finished_at) == ("done", 6, 6, now)
    assert request.outcome == {
        "complaints": {"anonymise": 3},
        "feedback": {"anonymise": 1},
        "consents": {"erase": 1},
        "users": {"erase": 1},
    }
    assert Tombstone.objects(request=request.pk).count() == 6


def test_records_of_others_stay_as_they_are(user, complain, consent, ask, run, now):
    other = User(name="韩梅梅").save(now=now)
    kept = [complain(user=other), complain(user=None), consent(other)]
    ask(user)

    run(NAME)

    assert [again(record).version for record in kept] == [1, 1, 1]
    assert [again(record).content for record in kept[:2]] == ["The lamp hums."] * 2
    assert again(other).name == "韩梅梅"


def test_the_audit_trail_of_an_erased_record_stays(user, ask, run, now):
    ask(user)

    run(NAME, now + timedelta(hours=1))

    entries = AuditEntry.objects(record=user.pk).order_by("at")
    assert [(entry.deed, entry.actor) for entry in entries] == [
        ("create", "staff:lin"),
        ("erase", f"job:{NAME}"),
    ]


@pytest.mark.parametrize("held", ["person", "record"])
def test_a_hold_blocks_the_request_before_anything_is_touched_until_it_is_released(
    user, complain, consent, ask, run, now, held
):
    complaint, kept = complain(user=user), consent(user)
    holder = user if held == "person" else complaint
    holder.hold_reason = "court"
    holder.save(now=now)
    request = ask(user)

    run(NAME)

    assert (again(request).state, again(request).done) == ("blocked", 0)
    assert again(request).outcome == {"held": {holder.collection_name(): 1}}
    assert again(complaint).content == "The lamp hums."
    assert again(kept)

    holder = again(holder)
    holder.hold_reason = None
    holder.save(now=now)
    run(NAME)

    assert (again(request).state, again(request).done, again(user)) == ("done", 3, None)


def test_a_request_that_stays_blocked_is_written_once(user, ask, run, now):
    user.hold_reason = "court"
    user.save(now=now)
    request = ask(user)

    run(NAME)
    version = again(request).version
    run(NAME, now + timedelta(minutes=1))

    assert again(request).version == version


def test_a_request_for_a_person_who_is_gone_already_comes_to_its_end(user, complain, ask, run, now):
    complaint, request = complain(user=user), ask(user)
    user.delete(now=now)

    run(NAME)

    assert (again(request).state, again(complaint).content) == ("done", None)
    assert keys.get_keys([user.pk]) == {}


def test_what_retention_anonymised_before_is_gone_through_again(user, complain, ask, run, now):
    complaint = complain(user=user, closed_at=now - timedelta(days=2000))
    run("purge-expired", now - timedelta(hours=1))
    complaint = again(complaint)
    complaint.contact_name = "Li Lei, added later"
    complaint.save(now=now)
    ask(user)

    run(NAME, now + timedelta(hours=1))

    assert again(complaint).contact_name is None


def test_a_record_that_cannot_be_ended_keeps_the_person_and_the_request_open(
    user, complain, ask, run, now, panel
):
    complaint, request = complain(user=user), ask(user)
    sealed = complaint.stored["content"]
    panel["complaints"].update_one({"_id": complaint.pk}, {"$set": {"content": sealed[:-1] + b"?"}})

    assert run(NAME)["failed"] == 1
    assert (again(request).state, again(user).name) == ("running", "李雷")

    panel["complaints"].update_one({"_id": complaint.pk}, {"$set": {"content": sealed}})
    run(NAME)
    assert (again(request).state, again(user)) == ("done", None)


def test_a_run_that_stops_half_way_is_continued_and_counts_each_record_once(
    user, complain_often, ask, run, now
):
    complain_often(450, user=user)
    request = ask(user)
    job, stop = named(jobs.TIMETABLE, NAME), Event()
    announce(job, now)
    lease = take(job, now, 5_000, whenever=True)
    with pytest.raises(Stopped):
        carry_out(lease, now, progress=lambda done, of: stop.set() if done > 300 else None, stop=stop)
    assert (again(request).state, again(request).done) == ("running", 400)

    run(NAME)

    request = again(request)
    assert (request.state, request.done, request.of) == ("done", 451, 451)
    assert Tombstone.objects(request=request.pk).count() == 451
    assert Complaint.objects(anonymised_at=None).count() == 0


def test_a_collection_declared_elsewhere_is_erased_without_another_line(declared, user, ask, run, now):
    @declared
    class Invoice(Governed):
        """What a person paid, which the tax law wants to know."""

        policy = Policy(
            title="Invoices",
            singular="Invoice",
            group="Tests",
            subject="buyer",
            on_erasure=Fate.ANONYMISE,
            label="number",
        )
        buyer = ReferenceIdField("users")
        number = StringField()
        payer = EncryptedStringField(
            required=True, locked=True,
            personal=Personal("user.name", on_erasure=Fate.RETAIN, basis="tax law, ten years"),
        )  # fmt: skip
        wishes = EncryptedStringField(required=True, locked=True, personal=Personal("user.needs"))
        meta = {"collection": "invoices"}

    @declared
    class Contract(Governed):
        """What was agreed, kept whole."""

        policy = Policy(
            title="Contracts",
            singular="Contract",
            group="Tests",
            subject="user",
            on_erasure=Fate.RETAIN,
            basis="limitation of claims",
        )
        user = ReferenceIdField("users")
        terms = EncryptedStringField(locked=True, personal=Personal("user.content"))
        meta = {"collection": "contracts"}

    invoice = Invoice(buyer=user, number="7", payer="李雷", wishes="a lamp").save(now=now)
    contract = Contract(user=user, terms="ten lamps").save(now=now)
    request = ask(user)

    run(NAME)

    assert (again(invoice).payer, again(invoice).wishes) == ("李雷", None)
    assert again(contract).terms == "ten lamps"
    assert keys.get_keys([user.pk]) == {}
    assert again(request).outcome == {
        "invoices": {"anonymise": 1},
        "contracts": {"retain": 1},
        "users": {"erase": 1},
    }
    assert Tombstone.objects(kind="contracts").count() == 0
