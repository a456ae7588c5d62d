"""How the personal data of a record ends."""

from collections.abc import Iterator

import pytest
from bson import ObjectId
from mongoengine import StringField, ValidationError

import runtime
from documents.erasure.erase import apply_fate, without_hold
from documents.erasure.tombstone import Tombstone
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.declaration import registry
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Personal, Policy
from records.declaration.record import Governed
from records.storage import keys
from records.storage.audit import AuditEntry
from records.storage.search_tokens import identity
from records.storage.writer import ConcurrentModification
from security.keyring import Keyring

RULE = "a rule"


@pytest.fixture(autouse=True)
def panel(database, actor):
    runtime.configure(keyring=Keyring.new())
    return database


@pytest.fixture
def user(now) -> User:
    return User(name="李雷", email="lilei@example.cn").save(now=now)


@pytest.fixture
def complaint(user, now) -> Complaint:
    return Complaint(user=user, content="The lamp hums.", contact_email="lilei@example.cn").save(now=now)


class Lease(Governed):
    """A flat let to a person, of whom the law wants the name kept."""

    policy = Policy(
        title="Leases",
        singular="Lease",
        group="Tests",
        subject="tenant",
        on_erasure=Fate.ANONYMISE,
        label="flat",
    )
    tenant = ReferenceIdField("users")
    flat = StringField(required=True)
    note = StringField(required=True, personal=Personal("user.content"))
    name = EncryptedStringField(
        required=True,
        locked=True,
        personal=Personal("user.name", on_erasure=Fate.RETAIN, basis="law of leases"),
    )
    meta = {"collection": "leases"}


@pytest.fixture
def lease(user, now) -> Iterator[Lease]:
    registry.register(Lease)
    yield Lease(tenant=user, flat="3a", note="pays late", name="李雷").save(now=now)
    registry.unregister(Lease)


def again(record):
    return type(record).objects(pk=record.pk).first()


def test_erasing_a_person_destroys_the_key_to_all_of_theirs(user, complaint, now):
    apply_fate([user], Fate.ERASE, RULE, now)

    assert again(user) is None
    assert keys.get_keys([user.pk]) == {}
    assert again(complaint).content is None
    assert again(complaint).is_erased("content")


def test_erasing_a_record_without_a_person_destroys_its_own_key(now):
    complaint = Complaint(content="Nobody answers.").save(now=now)
    assert complaint.pk in keys.get_keys([complaint.pk])

    apply_fate([complaint], Fate.ERASE, RULE, now)

    assert keys.get_keys([complaint.pk]) == {}


def test_anonymising_empties_personal_fields_in_the_database_and_the_search(complaint, panel, now):
    apply_fate([complaint], Fate.ANONYMISE, RULE, now)

    stored = panel["complaints"].find_one({"_id": complaint.pk})
    assert not {"content", "contact_email"} & stored.keys()
    assert identity("email", "lilei@example.cn") not in stored.get("search", [])
    assert (stored["anonymised_at"], stored["number"]) == (now, complaint.number)


def test_an_anonymised_record_still_tells_whom_it_was_about_by_reference_only(complaint, user, now):
    apply_fate([complaint], Fate.ANONYMISE, RULE, now)

    assert again(complaint).user == user.pk


def test_an_anonymised_record_can_still_be_changed(complaint, now):
    apply_fate([complaint], Fate.ANONYMISE, RULE, now)

    complaint = again(complaint)
    complaint.topic = "lamps"
    complaint.save(now=now)

    assert again(complaint).topic == "lamps"


def test_only_personal_values_may_be_missing_from_an_anonymised_record(lease, now):
    apply_fate([lease], Fate.ANONYMISE, RULE, now)
    lease = again(lease)
    assert lease.note is None

    lease.flat = None
    with pytest.raises(ValidationError, match="flat"):
        lease.save(now=now)


def test_a_record_that_was_not_anonymised_needs_its_personal_values(complaint, now):
    complaint.contact_name = "Li Lei"
    complaint._data["content"] = None

    with pytest.raises(ValidationError, match="content"):
        complaint.save(now=now)


@pytest.mark.parametrize("fate", [Fate.ANONYMISE, Fate.RETAIN])
def test_what_a_law_keeps_stays_readable_when_the_person_goes(lease, user, now, fate):
    apply_fate([lease], fate, RULE, now)
    apply_fate([user], Fate.ERASE, RULE, now)

    assert again(lease).name == "李雷"


def test_what_is_kept_without_a_word_of_change_is_no_change_in_the_history(lease, now):
    apply_fate([lease], Fate.RETAIN, RULE, now)

    entry = AuditEntry.objects(record=lease.pk, reason=RULE).get()
    assert [change["field"] for change in entry.changes] == ["detached_at"]


def test_each_record_that_goes_leaves_a_tombstone_with_the_rule_and_the_request(complaint, user, now):
    request = ObjectId()

    apply_fate([complaint], Fate.ANONYMISE, RULE, now, request)
    apply_fate([user], Fate.ERASE, RULE, now, request)

    assert [(stone.kind, stone.fate, stone.rule, stone.request) for stone in Tombstone.objects] == [
        ("complaints", "anonymise", RULE, request),
        ("users", "erase", RULE, request),
    ]


def test_what_changed_since_it_was_read_is_not_ended_and_nothing_with_it(user, complaint, now):
    other = again(complaint)
    other.topic = "lamps"
    other.save(now=now)
    second = Complaint(content="Another").save(now=now)

    with pytest.raises(ConcurrentModification):
        apply_fate([second, complaint], Fate.ANONYMISE, RULE, now)

    assert (again(complaint).content, again(second).content) == ("The lamp hums.", "Another")
    assert Tombstone.objects.count() == 0


@pytest.mark.parametrize(("own", "persons", "free"), [("", "", 1), ("court", "", 0), ("", "court", 0)])
def test_a_hold_on_the_record_or_its_person_counts(user, complaint, now, own, persons, free):
    complaint.hold_reason, user.hold_reason = own, persons
    complaint.save(now=now)
    user.save(now=now)

    assert len(without_hold([complaint])) == free
