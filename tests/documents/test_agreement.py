"""What users agree to: complete, in three languages, in versions; read and agreed before the service begins."""

from datetime import timedelta

import pytest
from mongoengine import ValidationError

from documents.privacy.agreement import Agreement, NotAgreed
from documents.privacy.consent import GivenHow
from documents.privacy.privacy_notice import (
    COMPLETE,
    REVIEW_AFTER,
    NoticeKind,
    NoticeState,
    PrivacyNotice,
    in_force,
)
from documents.privacy.processing_check import check_processing
from documents.work.task import Task, TaskKind
from records.declaration.actions import ActionRefused
from records.declaration.purpose import Purpose
from records.storage.writer import ImmutableField
from tests.factories import MORNING, NoticeFactory, TermsFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY = timedelta(days=1)
HOW = {"given_how": GivenHow.SIGNED_PAPER, "evidence": "archive A/1"}


@pytest.fixture
def terms():
    made = TermsFactory()
    made.publish(MORNING)
    return made


def agree(user, text, now=MORNING, read=True):
    user.record_agreement(now, text.pk, read=read, **HOW)


@pytest.mark.clause("R22", "R23")
@pytest.mark.parametrize("kind", [NoticeKind.AGREEMENT, NoticeKind.TERMS])
def test_a_complete_text_is_published_under_a_version_of_its_own(kind):
    text = TermsFactory(kind=kind)

    text.publish(MORNING)

    assert in_force(kind).number == f"{kind}-1"
    assert in_force(Purpose.MARKETING) is None
    assert text.text("zh_Hans_CN").startswith("服务条款\n\n")


@pytest.mark.clause("R22", "R23")
@pytest.mark.parametrize(
    ("kind", "topic"), [(kind, topic) for kind, topics in COMPLETE.items() for topic in topics]
)
def test_a_text_that_leaves_something_open_is_not_published(kind, topic):
    text = TermsFactory(kind=kind)
    text.clauses = [one for one in text.clauses if one.topic != topic]
    text.save(now=MORNING)

    with pytest.raises(ActionRefused, match="A clause is missing"):
        text.publish(MORNING)

    assert in_force(kind) is None


@pytest.mark.clause("R23")
def test_the_next_version_says_what_is_new_in_it(terms):
    with pytest.raises(ActionRefused, match="A clause is missing"):
        TermsFactory().publish(MORNING + DAY)

    TermsFactory(news=True).publish(MORNING + DAY)

    assert in_force(NoticeKind.TERMS).published_at == MORNING + DAY
    assert PrivacyNotice.objects.get(pk=terms.pk).state == NoticeState.SUPERSEDED


def test_published_terms_never_change(terms):
    terms.clauses[0].text_en = "Something else."

    with pytest.raises(ImmutableField):
        terms.save(now=MORNING)


def test_terms_are_about_no_purpose():
    with pytest.raises(ValidationError):
        TermsFactory(purpose=Purpose.MARKETING)


@pytest.mark.parametrize("name", ["purpose", "categories"])
def test_a_privacy_notice_says_what_for_and_which_data(name):
    with pytest.raises(ValidationError):
        NoticeFactory(**{name: None})


@pytest.mark.clause("R22")
def test_an_agreement_is_kept_with_the_exact_version(terms):
    user = UserFactory()

    agree(user, terms)

    made = Agreement.objects.get()
    assert (made.user, made.kind, made.number, made.notice_hash) == (
        user.pk, "terms", "terms-1", terms.text_hash,
    )  # fmt: skip
    assert (made.evidence, made.recorder, made.created_at) == ("archive A/1", "Lin Mei", MORNING)


@pytest.mark.clause("R22")
def test_it_counts_only_where_it_was_read(terms):
    with pytest.raises(ActionRefused, match="read it as a whole"):
        agree(UserFactory(), terms, read=False)

    assert Agreement.objects.count() == 0


@pytest.mark.parametrize("text", ["draft", "superseded", "privacy"])
def test_only_to_a_text_in_force_is_agreed(terms, text):
    if text == "draft":
        wrong = TermsFactory()
    elif text == "privacy":
        wrong = NoticeFactory()
        wrong.publish(MORNING)
    else:
        wrong = terms
        TermsFactory(news=True).publish(MORNING)

    with pytest.raises(ActionRefused):
        agree(UserFactory(), wrong)


def test_the_yes_to_a_new_version_ends_the_one_before(terms):
    user, later = UserFactory(), TermsFactory(news=True)
    agree(user, terms)
    later.publish(MORNING + DAY)

    agree(user, later, MORNING + 2 * DAY)

    assert {one.number: one.ended_at for one in Agreement.objects} == {
        "terms-1": MORNING + 2 * DAY,
        "terms-2": None,
    }


@pytest.mark.clause("R7", "R22")
def test_the_service_begins_once_all_that_is_in_force_is_agreed_to(terms):
    user = UserFactory()
    contract = TermsFactory(kind=NoticeKind.AGREEMENT)
    contract.publish(MORNING)
    agree(user, terms)

    with pytest.raises(NotAgreed, match="has not agreed yet"):
        check_processing(user.pk, Purpose.DESIGN_SERVICE, MORNING)
    agree(user, contract)

    assert check_processing(user.pk, Purpose.DESIGN_SERVICE, MORNING) is None
    TermsFactory(news=True).publish(MORNING + DAY)
    assert check_processing(user.pk, Purpose.DESIGN_SERVICE, MORNING + DAY) is None


def test_where_nothing_is_published_nothing_has_to_be_agreed_to():
    assert check_processing(UserFactory().pk, Purpose.DESIGN_SERVICE, MORNING) is None


@pytest.mark.clause("R23")
def test_a_published_text_is_looked_at_again_in_time(terms):
    assert terms.review_at == MORNING + REVIEW_AFTER

    terms.plan_review(MORNING + DAY, MORNING + 100 * DAY, "still right")

    assert PrivacyNotice.objects.get().review_at == MORNING + 100 * DAY
    with pytest.raises(ActionRefused):
        terms.plan_review(MORNING + DAY, MORNING, "too late")


@pytest.mark.clause("R23")
def test_publishing_a_new_version_has_those_told_who_agreed_before(terms):
    assert Task.objects.count() == 0

    TermsFactory(news=True).publish(MORNING + DAY)

    assert Task.objects.get().kind == TaskKind.CHANGED_TERMS


def test_a_new_privacy_notice_is_told_to_nobody_here():
    for day in range(2):
        NoticeFactory().publish(MORNING + day * DAY)

    assert Task.objects.count() == 0
