"""What retention took can come back for some days, on the word of two people; then nobody can read it."""

from datetime import timedelta
from importlib import import_module

import pytest

from documents.conversation.attachment import Attachment
from documents.erasure.erase import apply_fate
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.privacy.consent import Consent
from documents.retention.purge_limit import SHIPPED
from documents.retention.quarantine import QuarantinedRecord, QuarantineState
from documents.tickets.complaint import Complaint
from records.declaration.actions import ActionRefused, Upload
from records.declaration.policy import Fate
from records.legal_hold import LegalHold
from records.storage import encrypted_file, keys
from records.storage.encrypted_file import FileGone
from security.actor import Actor, act_as

purging = import_module("jobs.purge_expired")
DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
ANN, BOB = Actor("staff:ann", "Ann"), Actor("staff:bob", "Bob")


@pytest.fixture
def long_ago(now):
    return now - timedelta(days=5 * 366)


@pytest.fixture
def purged(complain, user, run, long_ago):
    """A complaint whose personal data retention has just emptied."""
    complaint = complain(closed_at=long_ago, user=user, contact_name="Han Mei", content="The lamp hums.")
    run("purge-expired")
    assert again(complaint).content is None
    return complaint


def again(record):
    return type(record).objects.get(pk=record.pk)


def approve(at, *people):
    for person in people:
        with act_as(person):
            QuarantinedRecord.objects.get().approve(at, "the rule was wrong")


@pytest.mark.clause("R26")
def test_what_was_purged_lies_sealed_under_a_key_of_its_own(purged, user, panel, now):
    row = QuarantinedRecord.objects.get()

    assert (row.record, row.register, row.fate) == (purged.pk, "complaints", Fate.ANONYMISE)
    assert (row.purged_at, row.until) == (now, now + SHIPPED.kept)
    assert row.pk in keys.get_keys([row.pk])
    stored = str(panel["quarantine"].find_one())
    assert "The lamp hums." not in stored
    assert "Han Mei" not in stored


def test_two_people_bring_an_anonymised_record_back_as_it_was(purged, now):
    approve(now, ANN, BOB)

    back = again(purged)
    assert (back.content, back.contact_name, back.anonymised_at) == ("The lamp hums.", "Han Mei", None)
    assert (back.number, back.closed_at, back.user) == (purged.number, purged.closed_at, purged.user)
    assert QuarantinedRecord.objects.get().state == QuarantineState.RETURNED
    assert Tombstone.objects.count() == 0


def test_one_person_alone_does_not(purged, now):
    approve(now, ANN)
    with pytest.raises(ActionRefused), act_as(ANN):
        QuarantinedRecord.objects.get().approve(now, "once more")

    assert again(purged).content is None
    assert [approval.name for approval in QuarantinedRecord.objects.get().approvals] == ["Ann"]


def test_what_came_back_is_held_so_that_the_rule_does_not_take_it_again(purged, run, now):
    approve(now, ANN, BOB)

    assert run("purge-expired")["changed"] == 0

    assert again(purged).content == "The lamp hums."
    assert LegalHold.objects.get().reason == "the rule was wrong"


def test_an_erased_record_comes_back_under_its_own_number(user, run, now, long_ago):
    consent = Consent(
        user=user, purpose="marketing", notice_version="1", given_how="email", ended_at=long_ago
    ).save(now=long_ago)
    before = again(consent).to_mongo().to_dict()
    run("purge-expired")
    assert Consent.objects.count() == 0

    approve(now, ANN, BOB)

    back = Consent.objects.get().to_mongo().to_dict()
    changed = {"version", "updated_at", "hold_reason"}
    assert {k: v for k, v in back.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


def test_a_person_comes_back_readable_though_their_key_was_destroyed(user, run, now, long_ago):
    user.relation_ended_at = long_ago
    user.save(now=now)
    run("purge-expired")
    assert keys.get_keys([user.pk]) == {}

    approve(now, ANN, BOB)

    back = User.objects.get()
    assert (back.pk, back.number, back.name, back.email) == (user.pk, user.number, "李雷", "lilei@example.cn")


@pytest.mark.clause("R24")
@pytest.mark.parametrize(("past", "gone"), [(JUST, True), (timedelta(0), False)])
def test_after_its_days_the_key_is_destroyed_and_nothing_is_left(purged, run, now, past, gone):
    row = QuarantinedRecord.objects.get()

    run("purge-expired", at=row.until + past)

    assert (QuarantinedRecord.objects.count(), keys.get_keys([row.pk]) == {}) == (int(not gone), gone)
    assert Tombstone.objects(kind="complaints").count() == 1


@pytest.mark.parametrize(("left", "refused"), [(JUST, False), (timedelta(0), True)])
def test_nothing_comes_back_after_its_days_even_before_the_job_has_run(purged, now, left, refused):
    moment = QuarantinedRecord.objects.get().until - left

    if refused:
        with pytest.raises(ActionRefused):
            approve(moment, ANN, BOB)
    else:
        approve(moment, ANN, BOB)

    assert (again(purged).content is None) == refused


@pytest.mark.clause("R24")
def test_a_deletion_request_takes_what_lies_in_quarantine_as_well(purged, user, run, now):
    row = QuarantinedRecord.objects.get()
    user.request_deletion(now, "asked by mail")

    run("carry-out-erasures")

    assert QuarantinedRecord.objects.count() == 0
    assert keys.get_keys([row.pk]) == {}


def test_what_somebody_deletes_by_hand_is_not_kept(complain, now):
    apply_fate([complain()], Fate.ERASE, "deleted by hand: twice", now)

    assert (QuarantinedRecord.objects.count(), Complaint.objects.count()) == (0, 0)


LETTER = b"The lamp hums since Friday. Han Mei"


@pytest.fixture
def evidence(complain, user, run, long_ago):
    """A file on a complaint that retention has just ended."""
    complaint = complain(closed_at=long_ago, user=user, contact_name="Han Mei")
    kept = Attachment.on(
        complaint, Upload("letter.txt", "text/plain", LETTER * 20_000), "what she says", long_ago
    )
    run("purge-expired")
    assert Attachment.objects.count() == 0
    assert encrypted_file.remove("evidence", {}) == 0
    return kept


def approve_file(at):
    for person in (ANN, BOB):
        with act_as(person):
            QuarantinedRecord.objects.get(register="attachments").approve(at, "the rule was wrong")


@pytest.mark.clause("R24", "R26")
def test_a_file_of_a_purged_record_lies_here_sealed_and_comes_back_as_it_was(evidence, panel, now):
    chunks = b"".join(row["data"] for row in panel["quarantined_files.chunks"].find())
    assert chunks
    assert b"Han Mei" not in chunks

    approve_file(now)

    back = Attachment.objects.get()
    assert b"".join(back.pieces()) == LETTER * 20_000
    assert (back.pk, back.name, back.what, back.type) == (
        evidence.pk, "letter.txt", "what she says", "text/plain",
    )  # fmt: skip
    assert panel["quarantined_files.files"].count_documents({}) == 0


@pytest.mark.clause("R24", "R26")
@pytest.mark.parametrize(("past", "gone"), [(JUST, True), (timedelta(0), False)])
def test_after_its_days_nobody_can_read_the_file(evidence, panel, run, past, gone):
    row = QuarantinedRecord.objects.get(register="attachments")
    key = keys.get_keys([row.pk])[row.pk]

    run("purge-expired", at=row.until + past)

    assert (keys.get_keys([row.pk]) == {}) == gone
    assert (panel["quarantined_files.chunks"].count_documents({}) == 0) == gone
    if gone:
        with pytest.raises(FileGone):
            next(encrypted_file.pieces("quarantined_files", row.file, key))


@pytest.mark.clause("R24")
def test_the_file_goes_with_its_person(evidence, user, panel, run, now):
    user.request_deletion(now, "asked by mail")

    run("carry-out-erasures")

    assert QuarantinedRecord.objects.count() == 0
    assert panel["quarantined_files.files"].count_documents({}) == 0


def test_trying_a_purge_again_keeps_the_file_once(complain, user, run, panel, long_ago, monkeypatch):
    complaint = complain(closed_at=long_ago, user=user)
    Attachment.on(complaint, Upload("letter.txt", "text/plain", LETTER), "", long_ago)
    failures, carry_out = iter([True]), purging.apply_fate

    def end(records, **options):
        if next(failures, False):
            raise ValueError("not this time")
        return carry_out(records, **options)

    monkeypatch.setattr(purging, "apply_fate", end)
    assert run("purge-expired")["failed"] == 1
    run("purge-expired")

    assert panel["quarantined_files.files"].count_documents({}) == 1


def test_who_is_gone_gets_no_key_again_when_a_file_of_theirs_comes_back(evidence, user, now):
    apply_fate([user], Fate.ERASE, "relation ended", now)

    approve_file(now)

    assert keys.get_keys([user.pk]) == {}
    assert b"".join(Attachment.objects.get().pieces()) == LETTER * 20_000
