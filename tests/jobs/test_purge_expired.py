"""Retention: what may no longer be kept goes, and nothing else."""

from datetime import timedelta

import pytest
from mongoengine import StringField

from documents.erasure.tombstone import Tombstone, identity_hash
from documents.people.user import User
from documents.privacy.consent import Consent
from documents.tickets.complaint import Complaint
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Personal, Policy
from records.declaration.record import Governed
from records.storage import keys

JUST = timedelta(milliseconds=1)


def everything(database) -> dict:
    """All that is stored, but for who is running which job."""
    names = sorted(set(database.list_collection_names()) - {"jobs", "runs"})
    return {name: list(database[name].find().sort("_id")) for name in names}


@pytest.fixture
def long_ago(now):
    """A moment for which every time is over."""
    return now - timedelta(days=5 * 366)


@pytest.mark.clause("R26")
@pytest.mark.parametrize(("past", "gone"), [(JUST, 1), (timedelta(0), 0), (-JUST, 0)])
def test_a_complaint_is_anonymised_when_its_time_is_over_and_not_before(complain, run, now, past, gone):
    three_years_ago = now.replace(year=now.year - 3)
    complaint = complain(closed_at=three_years_ago - past, contact_name="Han Mei")

    assert run("purge-expired")["changed"] == gone

    stored = Complaint.objects.get(pk=complaint.pk)
    assert (stored.content, stored.contact_name) == ((None, None) if gone else ("The lamp hums.", "Han Mei"))
    assert stored.anonymised_at == (now if gone else None)
    assert Tombstone.objects.count() == gone


def test_an_open_complaint_is_kept_however_old(complain, run, long_ago):
    complain(created_at=long_ago)

    assert run("purge-expired")["examined"] == 0


@pytest.mark.clause("R25")
def test_a_tombstone_names_the_rule_and_nothing_personal(user, run, now, long_ago):
    consent = Consent(
        user=user, purpose="marketing", notice_version="2020-1", given_how="email", ended_at=long_ago
    ).save(now=long_ago)

    run("purge-expired")

    assert Consent.objects.count() == 0
    stone = Tombstone.objects.get().to_mongo().to_dict()
    assert {name: stone[name] for name in ("kind", "mark", "fate", "rule", "created_at")} == {
        "kind": "consents",
        "mark": identity_hash("consents", consent.pk),
        "fate": "erase",
        "rule": "consents: 3 years after ended_at (User policy 2(5)2: proof for later audits)",
        "created_at": now,
    }
    assert str(consent.pk) not in str(stone)
    assert str(user.pk) not in str(stone)


@pytest.mark.parametrize("held", ["record", "person", "nothing"])
def test_a_hold_on_a_record_or_its_person_keeps_it(complain, user, run, now, long_ago, held):
    complaint = complain(closed_at=long_ago, user=user, hold_reason="court" if held == "record" else None)
    if held == "person":
        user.hold_reason = "court"
        user.save(now=now)

    outcome = run("purge-expired")

    kept = held != "nothing"
    assert (outcome["examined"], outcome["changed"], outcome["skipped"]) == (1, int(not kept), int(kept))
    assert Complaint.objects.get(pk=complaint.pk).content == ("The lamp hums." if kept else None)


def test_what_a_hold_kept_goes_once_it_is_released(complain, run, now, long_ago):
    complaint = complain(closed_at=long_ago, hold_reason="court")
    run("purge-expired")

    complaint.hold_reason = None
    complaint.save(now=now)

    assert run("purge-expired")["changed"] == 1


@pytest.mark.clause("R24")
def test_at_the_end_of_a_relation_the_person_goes_with_their_key(user, run, now, long_ago):
    user.relation_ended_at = long_ago
    user.save(now=now)

    run("purge-expired")

    assert User.objects.count() == 0
    assert keys.get_keys([user.pk]) == {}


@pytest.mark.parametrize(
    ("closed_days_ago", "stays"), [(None, True), (30, True), (2000, False)], ids=["open", "needed", "over"]
)
def test_a_person_stays_while_a_ticket_of_theirs_must_be_kept(
    user, complain, run, now, long_ago, closed_days_ago, stays
):
    user.relation_ended_at = long_ago
    user.save(now=now)
    closed_at = now - timedelta(days=closed_days_ago) if closed_days_ago else None
    complaint = complain(user=user, closed_at=closed_at)

    run("purge-expired")

    assert User.objects.count() == int(stays)
    assert Complaint.objects.get(pk=complaint.pk).content == ("The lamp hums." if stays else None)


def test_a_second_run_finds_nothing_left(complain, run, long_ago):
    complain(closed_at=long_ago)

    assert [run("purge-expired")["examined"] for _ in range(2)] == [1, 0]
    assert Tombstone.objects.count() == 1


def test_a_dry_run_says_what_would_go_and_changes_nothing(complain, user, run, panel, long_ago, now):
    numbers = [complain(closed_at=long_ago, user=user).number for _ in range(7)]
    complain(closed_at=long_ago, hold_reason="court")
    before = everything(panel)

    outcome = run("purge-expired", dry_run=True)

    assert everything(panel) == before
    assert (outcome["examined"], outcome["would_change"], outcome["changed"]) == (8, 7, 0)
    assert outcome["parts"] == [
        {
            "collection": "complaints",
            "rule": "complaints: 3 years after closed_at (User policy 2(5)2; limitation of claims)",
            "examined": 8,
            "would_change": 7,
            "sample": numbers[:5],
        }
    ]


def test_a_collection_declared_elsewhere_is_purged_without_another_line(declared, user, run, now):
    @declared
    class Visit(Governed):
        """A visit in our showroom."""

        policy = Policy(
            title="Visits",
            singular="Visit",
            group="Tests",
            subject="user",
            keep=Keep(after="at", days=30, fate=Fate.ERASE, basis="house rules"),
            label="name",
        )
        user = ReferenceIdField("users")
        name = StringField()
        wishes = EncryptedStringField(personal=Personal("user.needs"))
        at = UTCDateTimeField()
        meta = {"collection": "visits"}

    old = Visit(user=user, name="old", wishes="a lamp", at=now - timedelta(days=30) - JUST).save(now=now)
    new = Visit(user=user, name="new", wishes="a chair", at=now - timedelta(days=30)).save(now=now)

    assert run("purge-expired")["changed"] == 1

    assert [visit.pk for visit in Visit.objects] == [new.pk]
    assert Tombstone.objects.get().mark == identity_hash("visits", old.pk)
