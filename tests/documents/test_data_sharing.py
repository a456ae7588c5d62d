"""Sharing with third parties: only what agreement, assessment and consent allow, and back it comes."""

from datetime import timedelta

import pytest

from documents.erasure.erase import apply_fate
from documents.privacy.consent import GivenHow
from documents.privacy.data_recall import ANSWER_WITHIN, DataRecall, RecallReason, RecallState
from documents.privacy.data_sharing import DataSharing
from documents.privacy.processing_check import ConsentMissing
from documents.privacy.third_party import QUESTIONS, Fulfilment, MayNotReceive, ThirdParty, points
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate
from records.declaration.purpose import Purpose
from records.storage.writer import ImmutableField
from tests.factories import MORNING, ConsentFactory, ThirdPartyFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
YES, PARTLY, NO = Fulfilment.YES, Fulfilment.PARTLY, Fulfilment.NO


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def party():
    return ThirdPartyFactory()


def consent(user, **facts):
    return ConsentFactory(user=user, purpose=Purpose.SHARING, **facts)


def share(user, party, now=MORNING):
    user.share(now, party.pk, "name and address", "delivery of a chair")


@pytest.mark.clause("R18", "R21")
def test_what_is_shared_stands_in_the_register_with_what_allowed_it(user, party):
    given = consent(user)

    share(user, party)

    row = DataSharing.objects.get()
    assert (row.user, row.third_party, row.consent) == (user.pk, party.pk, given.pk)
    assert (row.what, row.why, row.agreement) == ("name and address", "delivery of a chair", "archive N/12")
    assert (row.shared_at, row.shared_by) == (MORNING, "Lin Mei")


@pytest.mark.clause("R18")
@pytest.mark.parametrize("missing", ["never asked", "refused", "withdrawn", "lapsed", "spoken", "another's"])
def test_without_written_consent_nothing_is_shared(user, party, missing):
    if missing == "refused":
        consent(user, answer="refused")
    elif missing == "withdrawn":
        consent(user).withdraw(MORNING)
    elif missing == "lapsed":
        consent(user, now=MORNING - DAY, valid_until=MORNING)
    elif missing == "spoken":
        consent(user, given_how=GivenHow.CALL)
    elif missing == "another's":
        consent(user, third_party=ThirdPartyFactory().pk)

    with pytest.raises(ConsentMissing):
        share(user, party)

    assert DataSharing.objects.count() == 0


def test_a_consent_that_names_the_third_party_is_enough(user, party):
    consent(user, third_party=party.pk)

    share(user, party)

    assert DataSharing.objects.count() == 1


def test_a_refusal_for_one_third_party_leaves_the_others(user, party):
    consent(user)
    consent(user, third_party=party.pk, answer="refused", now=MORNING + DAY)

    with pytest.raises(ConsentMissing):
        share(user, party, MORNING + 2 * DAY)
    share(user, ThirdPartyFactory(), MORNING + 2 * DAY)


@pytest.mark.clause("R19", "R21")
@pytest.mark.parametrize("lacks", ["agreement", "our_duties", "their_duties", "agreement_from"])
def test_without_an_agreement_that_names_both_sides_duties_nothing_is_shared(user, lacks):
    consent(user)

    with pytest.raises(MayNotReceive, match="duties of both sides"):
        share(user, ThirdPartyFactory(**{lacks: None}))


@pytest.mark.clause("R19")
@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [
        (timedelta(0), None, True),
        (JUST, None, False),
        (-DAY, JUST, True),
        (-DAY, timedelta(0), False),
    ],
)
def test_an_agreement_holds_from_its_first_moment_to_its_last(begins, ends, holds):
    party = ThirdPartyFactory(
        agreement_from=MORNING + begins, agreement_until=MORNING + ends if ends is not None else None
    )

    if holds:
        party.check_may_receive(MORNING)
    else:
        with pytest.raises(MayNotReceive, match="not in force"):
            party.check_may_receive(MORNING)


@pytest.mark.clause("R102")
@pytest.mark.parametrize(
    ("yes", "partly", "score"), [(8, 0, 100), (0, 8, 50), (0, 0, 0), (4, 2, 62), (4, 1, 56), (6, 1, 81)]
)
def test_an_assessment_counts_every_question_alike(yes, partly, score):
    answers = [YES] * yes + [PARTLY] * partly + [NO] * (8 - yes - partly)

    assert points(dict(zip(QUESTIONS, answers, strict=True))) == score


@pytest.mark.clause("R102")
@pytest.mark.parametrize(
    ("yes", "partly", "passes", "days"), [(4, 2, True, 180), (4, 1, False, 90), (6, 1, True, 365)]
)
def test_the_fewer_points_the_sooner_the_next_assessment(yes, partly, passes, days):
    party = ThirdPartyFactory(answers=None)
    answers = [YES] * yes + [PARTLY] * partly + [NO] * (8 - yes - partly)

    party.assess(MORNING, **dict(zip(QUESTIONS, answers, strict=True)))

    assert party.next_assessment_at == MORNING + days * DAY
    if passes:
        party.check_may_receive(MORNING)
    else:
        with pytest.raises(MayNotReceive, match="did not pass"):
            party.check_may_receive(MORNING)


@pytest.mark.clause("R102")
@pytest.mark.parametrize(("left", "fresh"), [(JUST, True), (timedelta(0), False)])
def test_an_assessment_that_is_out_of_date_is_none(party, left, fresh):
    moment = party.next_assessment_at - left

    if fresh:
        party.check_may_receive(moment)
    else:
        with pytest.raises(MayNotReceive, match="out of date"):
            party.check_may_receive(moment)


@pytest.mark.clause("R102")
def test_who_was_never_assessed_receives_nothing():
    with pytest.raises(MayNotReceive, match="not been assessed"):
        ThirdPartyFactory(answers=None).check_may_receive(MORNING)


@pytest.mark.clause("R20")
@pytest.mark.parametrize("kept", [True, False])
def test_who_is_found_to_break_the_agreement_receives_nothing_more(party, kept):
    party.record_check(MORNING, kept=kept, finding="They keep parcels' labels for a year.")

    assert ThirdParty.objects.get().checks[0].finding == "They keep parcels' labels for a year."
    if kept:
        party.check_may_receive(MORNING)
    else:
        with pytest.raises(MayNotReceive, match="suspended"):
            party.check_may_receive(MORNING)
        party.resume(MORNING, "They have mended it.")
        party.check_may_receive(MORNING)


def test_assessments_are_only_ever_added(party):
    del party.assessments[0]

    with pytest.raises(ImmutableField):
        party.save(now=MORNING)


@pytest.mark.clause("R20", "R24")
def test_withdrawing_consent_opens_a_recall_for_each_who_received_data(user, party):
    given, other, unasked = consent(user), ThirdPartyFactory(), ThirdPartyFactory()
    share(user, party)
    share(user, party)
    share(user, other)

    given.withdraw(MORNING + DAY, "by mail")

    recalls = {recall.third_party: recall for recall in DataRecall.objects}
    assert recalls.keys() == {party.pk, other.pk} != {unasked.pk}
    assert (recalls[party.pk].sharings, recalls[other.pk].sharings) == (2, 1)
    assert {recall.why for recall in recalls.values()} == {RecallReason.WITHDRAWN}
    assert recalls[party.pk].answer_by == MORNING + DAY + ANSWER_WITHIN
    assert DataSharing.objects(recalled_at=None).count() == 0


def test_withdrawing_a_consent_to_something_else_recalls_nothing(user, party):
    consent(user)
    share(user, party)

    ConsentFactory(user=user).withdraw(MORNING + DAY)

    assert DataRecall.objects.count() == 0


@pytest.mark.parametrize("named", ["in both", "in the other", "in the withdrawn"])
def test_only_those_are_recalled_whom_no_other_consent_covers(user, party, named):
    other = consent(user, third_party=party.pk if named != "in the withdrawn" else None)
    given = consent(user, third_party=party.pk if named != "in the other" else None)
    share(user, party)
    stranger = ThirdPartyFactory()
    if named == "in the other":
        share(user, stranger)

    given.withdraw(MORNING + DAY)

    expected = {"in both": [party.pk], "in the other": [stranger.pk], "in the withdrawn": [party.pk]}
    assert other.in_force
    assert [recall.third_party for recall in DataRecall.objects] == expected[named]


@pytest.mark.clause("R20", "R24")
def test_erasing_a_person_recalls_their_data_and_keeps_the_proof(user, party):
    consent(user)
    share(user, party)

    apply_fate([user], Fate.ERASE, "deletion request 1", MORNING + DAY)

    recall = DataRecall.objects.get()
    assert (recall.why, recall.user_number) == (RecallReason.ERASED, user.number)
    assert DataSharing.objects.get().recalled_at == MORNING + DAY


def test_what_was_recalled_is_not_recalled_again(user, party):
    given = consent(user)
    share(user, party)
    given.withdraw(MORNING)

    apply_fate([user], Fate.ERASE, "deletion request 1", MORNING + DAY)

    assert DataRecall.objects.count() == 1


@pytest.mark.clause("R20")
def test_a_recall_is_closed_with_evidence_and_not_without(user, party):
    consent(user)
    share(user, party)
    apply_fate([user], Fate.ERASE, "deletion request 1", MORNING)
    recall = DataRecall.objects.get()
    recall.asked(MORNING + DAY, "letter 12")

    with pytest.raises(ActionRefused):
        recall.acknowledge(MORNING + 2 * DAY, "")
    recall.acknowledge(MORNING + 2 * DAY, "certificate 7")

    recall = DataRecall.objects.get()
    assert (recall.state, recall.evidence) == (RecallState.ACKNOWLEDGED, "certificate 7")
    assert (recall.asked_at, recall.acknowledged_at) == (MORNING + DAY, MORNING + 2 * DAY)
