"""What a person has had restricted is kept and used for nothing, until somebody lifts it with a reason."""

import pytest

from documents.people.user import User
from documents.privacy import restriction
from documents.privacy.data_sharing import DataSharing
from documents.privacy.processing_check import check_processing
from documents.privacy.restriction import UseRestricted
from exchange.bulk.bulk_actions import SET, BulkAction
from records.declaration.actions import ActionRefused
from records.declaration.purpose import Purpose
from records.storage.audit import AuditEntry
from tests.factories import MORNING, ComplaintFactory, ConsentFactory, ThirdPartyFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")


@pytest.fixture
def user() -> User:
    user = UserFactory()
    ConsentFactory(user=user, purpose=Purpose.MARKETING)
    user.restrict(MORNING, "She says her address is wrong")
    return user


def again(record):
    return type(record).objects(pk=record.pk).first()


@pytest.mark.clause("R9", "R105")
@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.BUSINESS, Purpose.DESIGN_SERVICE])
def test_restricted_data_are_used_for_nothing_whatever_was_consented_to(user, purpose):
    with pytest.raises(UseRestricted):
        check_processing(user.pk, purpose, MORNING)


def test_legal_duties_go_on(user):
    assert check_processing(user.pk, Purpose.LEGAL_DUTY, MORNING) is None


def test_restricted_data_are_not_shared(user):
    ConsentFactory(user=user, purpose=Purpose.SHARING)
    party = ThirdPartyFactory()

    with pytest.raises(UseRestricted):
        user.share(MORNING, party.pk, "name", "delivery")
    assert DataSharing.objects.count() == 0


def test_other_people_are_not_meant(user):
    other = UserFactory()
    ConsentFactory(user=other, purpose=Purpose.MARKETING)

    assert check_processing(other.pk, Purpose.MARKETING, MORNING)


def test_a_deed_for_many_leaves_them_out_and_says_why(user):
    other = UserFactory()
    ids = [user.pk, other.pk]

    verb = BulkAction(User, "request_deletion", "Tidying up").do(ids, {}, MORNING)
    values = BulkAction(User, SET, "Sorting", {"customer_class": "key"}).do(ids, {}, MORNING)

    for outcome in (verb, values):
        assert outcome.done == 1
        assert [one["message"] for one in outcome.problems] == [restriction.WHY]
    assert (again(user).customer_class, again(other).customer_class) == ("regular", "key")


def test_what_is_about_them_counts_as_theirs(user):
    theirs, others = ComplaintFactory(user=user), ComplaintFactory(user=UserFactory())
    nobodys = ComplaintFactory(user=None)
    kind = type(theirs)

    assert restriction.count_among(kind, {}) == 1
    assert restriction.count_among(kind, {"_id": {"$in": [others.pk, nobodys.pk]}}) == 0


def test_it_is_lifted_with_a_reason_by_who_told_the_person_first(user):
    with pytest.raises(ActionRefused, match="tell the person first"):
        user.lift(MORNING, "The address is right now", told=False)

    user.lift(MORNING, "The address is right now", told=True)

    assert check_processing(user.pk, Purpose.MARKETING, MORNING)
    assert AuditEntry.objects(record=user.pk, reason="The address is right now").count() == 1
