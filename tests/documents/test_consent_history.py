"""Consents: what a person said, when, to which words, and what follows from it."""

from datetime import timedelta

import pytest
from mongoengine import ValidationError

from documents.privacy import consent_history
from documents.privacy.consent import CannotRenew, Consent, ConsentState, GivenHow, NotInForce
from documents.privacy.data_subject_actions import Answer
from documents.privacy.processing_check import ConsentMissing, check_processing
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.storage.writer import ImmutableField
from tests.factories import ConsentFactory, NoticeFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


@pytest.fixture
def user(now):
    return UserFactory(now=now)


@pytest.fixture
def notice(now):
    notice = NoticeFactory(valid_days=100)
    notice.publish(now)
    return notice


def state_at(user, moment):
    return [(word.consent.purpose, word.state) for word in consent_history.status_at(user.pk, moment)]


@pytest.mark.clause("R3", "R17")
def test_a_consent_names_the_very_words_that_were_shown(user, notice, now):
    user.record_consent(now, Purpose.MARKETING, Answer.GIVEN, GivenHow.ONLINE_FORM, "web-forms/7")

    consent = Consent.objects.get()
    assert (consent.notice, consent.notice_version) == (notice.pk, "marketing-1")
    assert consent.notice_hash == notice.fingerprint()
    assert (consent.evidence, consent.expires_at) == ("web-forms/7", now + 100 * DAY)


def test_an_older_consent_keeps_its_words_when_the_notice_changes(user, notice, now):
    before = ConsentFactory(user=user, notice_version=None)
    notice.revise(now)
    type(notice).objects.get(state="draft").publish(now)
    after = ConsentFactory(user=user, notice_version=None)

    assert (before.notice_version, after.notice_version) == ("marketing-1", "marketing-2")
    assert before.notice_hash == after.notice_hash  # the same words, published twice


def test_where_no_notice_was_shown_no_consent_is_kept(user):
    with pytest.raises(ValidationError):
        ConsentFactory(user=user, notice_version=None)


@pytest.mark.parametrize("fault", ["draft", "another purpose"])
def test_a_notice_that_was_not_shown_for_this_is_refused(user, now, fault):
    notice = NoticeFactory(purpose=Purpose.MARKETING if fault == "draft" else Purpose.RESEARCH)
    if fault != "draft":
        notice.publish(now)

    with pytest.raises(ValidationError):
        ConsentFactory(user=user, notice=notice)


def test_the_answer_and_what_it_was_given_to_never_change(user, notice, now):
    consent = ConsentFactory(user=user, notice_version=None, evidence="a")
    consent.evidence = "b"

    with pytest.raises(ImmutableField):
        consent.save(now=now)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-JUST, []),
        (timedelta(0), ["given"]),
        (10 * DAY - JUST, ["given"]),
        (10 * DAY, ["renewed"]),
        (20 * DAY, ["withdrawn"]),
        (900 * DAY, ["withdrawn"]),
    ],
)
def test_what_counted_at_any_moment_can_be_told_afterwards(user, notice, now, after, expected):
    consent = ConsentFactory(user=user, notice_version=None, now=now)
    consent.renew(now + 10 * DAY, "form 2")
    consent.withdraw(now + 20 * DAY, "by mail")

    assert [state for _purpose, state in state_at(user, now + after)] == expected


@pytest.mark.parametrize(("before", "holds"), [(JUST, True), (timedelta(0), False), (-JUST, False)])
def test_a_consent_lasts_until_its_time_is_over_whether_or_not_a_job_has_noted_it(user, now, before, holds):
    ConsentFactory(user=user, valid_until=now + DAY, now=now)

    assert consent_history.status_at(user.pk, now + DAY - before)[0].holds is holds


def test_a_renewal_does_not_lengthen_what_had_lapsed_before_it(user, now):
    consent = ConsentFactory(user=user, valid_until=now + DAY, now=now)
    consent.expire(now + 2 * DAY)
    consent.renew(now + 3 * DAY, "form 2", until=now + 9 * DAY)

    states = [state for day in (0, 2, 4, 9) for _purpose, state in state_at(user, now + day * DAY)]
    assert states == ["given", "expired", "renewed", "expired"]


def test_the_later_word_counts_whichever_record_it_is_in(user, now):
    ConsentFactory(user=user, now=now)
    ConsentFactory(user=user, answer=ConsentState.REFUSED, now=now + DAY)

    assert state_at(user, now) == [("marketing", "given")]
    assert state_at(user, now + DAY) == [("marketing", "refused")]


def test_only_what_is_in_force_is_withdrawn(user, now):
    consent = ConsentFactory(user=user)
    consent.withdraw(now)

    with pytest.raises(NotInForce):
        consent.withdraw(now)


@pytest.mark.parametrize("ended", [ConsentState.WITHDRAWN, ConsentState.REFUSED])
def test_what_was_taken_back_or_refused_is_asked_anew_and_not_renewed(user, now, ended):
    consent = ConsentFactory(user=user, answer="refused" if ended is ConsentState.REFUSED else "given")
    if ended is ConsentState.WITHDRAWN:
        consent.withdraw(now)

    with pytest.raises(CannotRenew):
        consent.renew(now, "form 2")


def test_a_consent_is_not_renewed_to_words_it_was_not_given_to(user, notice, now):
    consent = ConsentFactory(user=user, notice_version=None)
    notice.revise(now)
    type(notice).objects.get(state="draft").publish(now)

    with pytest.raises(CannotRenew):
        consent.renew(now, "form 2")


@pytest.mark.clause("R17")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_any_use_beyond_the_service_itself_needs_consent(user, now, purpose):
    if purpose not in NEED_CONSENT:
        assert check_processing(user.pk, purpose, now) is None
        return
    with pytest.raises(ConsentMissing):
        check_processing(user.pk, purpose, now)

    consent = ConsentFactory(user=user, purpose=purpose, now=now)

    assert check_processing(user.pk, purpose, now) == consent.pk


@pytest.mark.clause("R17")
@pytest.mark.parametrize(
    ("ending", "words"), [("withdraw", "withdrew"), ("refuse", "refused"), ("lapse", "lapsed")]
)
def test_a_use_is_refused_with_the_reason(user, now, ending, words):
    facts = {"refuse": {"answer": "refused"}, "lapse": {"valid_until": now + DAY}}.get(ending, {})
    consent = ConsentFactory(user=user, now=now, **facts)
    if ending == "withdraw":
        consent.withdraw(now + DAY)

    with pytest.raises(ConsentMissing, match=words) as refused:
        user.use(now + 2 * DAY, Purpose.MARKETING, "spring letter")

    assert refused.value.words["day"] == f"{now + (ending != 'refuse') * DAY:%Y-%m-%d}"


def test_a_use_that_is_allowed_stands_in_the_history(user, now, database):
    ConsentFactory(user=user, now=now)

    user.use(now, Purpose.MARKETING, "spring letter")

    entry = database.audit.find_one({"deed": "use"})
    assert (entry["record"], entry["reason"]) == (user.pk, "Product and market information: spring letter")


@pytest.mark.clause("R17")
def test_of_many_those_are_told_who_consented_and_whose_consent_holds(now):
    given, refused, withdrawn, lapsed, again, never = (UserFactory() for _ in range(6))
    ConsentFactory(user=given, now=now - DAY)
    ConsentFactory(user=refused, answer="refused", now=now - DAY)
    ConsentFactory(user=withdrawn, now=now - 2 * DAY).withdraw(now - DAY)
    ConsentFactory(user=lapsed, valid_until=now, now=now - DAY)
    ConsentFactory(user=again, answer="refused", now=now - 2 * DAY)
    ConsentFactory(user=again, now=now - DAY)
    ConsentFactory(user=never, purpose=Purpose.RESEARCH, now=now - DAY)
    everybody = [one.pk for one in (given, refused, withdrawn, lapsed, again, never)]

    assert consent_history.consenting_users(everybody, Purpose.MARKETING, now) == {given.pk, again.pk}
    assert consent_history.refusing_users(everybody, Purpose.MARKETING, now) == {refused.pk, withdrawn.pk}
    assert consent_history.consenting_users([], Purpose.MARKETING, now) == set()
