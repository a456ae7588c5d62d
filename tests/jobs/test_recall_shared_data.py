"""Who receives data no longer gives back what they have of it, person by person."""

from datetime import timedelta

import pytest

from documents.privacy.consent import Consent
from documents.privacy.data_recall import DataRecall, RecallReason
from documents.privacy.data_sharing import DataSharing
from documents.privacy.third_party import MayNotReceive, ThirdParty
from records.declaration.actions import ActionRefused
from records.declaration.purpose import Purpose
from records.job_state import JobState
from tests.factories import ConsentFactory, ThirdPartyFactory, UserFactory

NAME = "recall-shared-data"
DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


@pytest.fixture
def party(now):
    return ThirdPartyFactory(now=now - 100 * DAY, agreement_from=now - 400 * DAY)


@pytest.fixture
def shared(party, now):
    """Two persons, the first of whom had data shared twice."""
    people = [UserFactory(now=now - 90 * DAY) for _ in range(2)]
    for person in [people[0], *people]:
        ConsentFactory(user=person, purpose=Purpose.SHARING, now=now - 80 * DAY)
        person.share(now - 70 * DAY, party.pk, "address", "delivery")
    return people


@pytest.mark.clause("R19", "R20")
@pytest.mark.parametrize(("left", "recalled"), [(timedelta(0), 2), (JUST, 0)])
def test_an_agreement_that_has_run_out_asks_everything_back(party, shared, run, now, left, recalled):
    party.agreement_until = now + left
    party.save(now=now - DAY)

    run(NAME)

    recalls = list(DataRecall.objects)
    assert len(recalls) == recalled
    assert {one.why for one in recalls} <= {RecallReason.ENDED}
    assert DataSharing.objects(recalled_at=None).count() == (0 if recalled else 3)
    if recalled:
        assert {one.user: one.sharings for one in recalls} == {shared[0].pk: 2, shared[1].pk: 1}


@pytest.mark.clause("R19", "R20")
def test_ending_an_agreement_by_hand_asks_everything_back_at_once(party, shared, run, now):
    run(NAME)

    party.end_agreement(now, "They were sold.")

    assert JobState.objects.get(name=NAME).next_run_at <= now
    with pytest.raises(MayNotReceive, match="not in force"):
        party.check_may_receive(now)
    run(NAME)
    assert DataRecall.objects.count() == 2


def test_an_agreement_ends_once(party, now):
    party.end_agreement(now, "They were sold.")

    with pytest.raises(ActionRefused, match="ended already"):
        party.end_agreement(now + DAY, "again")


def test_an_agreement_that_was_to_begin_later_never_does(now):
    party = ThirdPartyFactory(agreement_from=now + DAY, now=now)

    party.end_agreement(now, "They changed their mind.")

    with pytest.raises(MayNotReceive):
        ThirdParty.objects.get().check_may_receive(now + 2 * DAY)


def test_nobody_else_is_asked_and_nobody_twice(party, shared, run, now):
    other = ThirdPartyFactory(now=now - 100 * DAY)
    shared[0].share(now - DAY, other.pk, "address", "delivery")
    party.end_agreement(now, "They were sold.")

    assert [run(NAME)["changed"] for _ in range(2)] == [3, 0]

    assert {one.third_party for one in DataRecall.objects} == {party.pk}
    assert DataRecall.objects.count() == 2


def test_what_a_withdrawn_consent_asked_back_is_not_asked_back_again(party, shared, run, now):
    Consent.objects(user=shared[1].pk).first().withdraw(now - DAY)
    party.end_agreement(now, "They were sold.")

    run(NAME)

    assert sorted(one.why for one in DataRecall.objects) == [RecallReason.ENDED, RecallReason.WITHDRAWN]


def test_data_of_many_is_asked_back_in_batches(party, run, now):
    for _ in range(5):
        person = UserFactory(now=now - 90 * DAY)
        ConsentFactory(user=person, purpose=Purpose.SHARING, now=now - 80 * DAY)
        person.share(now - 70 * DAY, party.pk, "address", "delivery")
    party.end_agreement(now, "They were sold.")

    assert run(NAME)["changed"] == 5
    assert DataRecall.objects.count() == 5
