"""Notices: what people are told, in three languages, version by version."""

import pytest

from documents.privacy.privacy_notice import CONTENT, Category, NoticeState, PrivacyNotice, in_force
from records.declaration.actions import ActionRefused
from records.declaration.policy import CATEGORIES
from records.declaration.purpose import Purpose
from records.storage.writer import ImmutableField
from tests.factories import NoticeFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

OTHERWISE = {"purpose", "kind", "clauses"}
"""The first two are locked from the beginning; clauses are those of agreements (test_agreement.py)."""


@pytest.mark.clause("R3")
def test_a_published_notice_is_the_one_people_are_shown(now):
    notice = NoticeFactory()
    assert in_force(Purpose.MARKETING) is None

    notice.publish(now)

    assert in_force(Purpose.MARKETING).pk == notice.pk
    assert (notice.number, notice.published_at) == ("marketing-1", now)


@pytest.mark.parametrize("language", ["text_en", "text_zh_cn", "text_zh_tw"])
def test_a_notice_that_lacks_a_language_is_not_published(now, language):
    notice = NoticeFactory(**{language: None})

    with pytest.raises(ActionRefused):
        notice.publish(now)

    assert in_force(Purpose.MARKETING) is None


def test_publishing_the_next_version_supersedes_the_one_before(now):
    first = NoticeFactory()
    first.publish(now)
    first.revise(now)
    second = PrivacyNotice.objects.get(state=NoticeState.DRAFT)
    second.text_en = "We now also write about chairs."

    second.publish(now)

    assert in_force(Purpose.MARKETING).number == "marketing-2"
    assert PrivacyNotice.objects.get(pk=first.pk).state == NoticeState.SUPERSEDED
    assert PrivacyNotice.objects.get(pk=first.pk).superseded_at == now
    assert second.text_hash != first.text_hash


def test_notices_for_different_purposes_stand_side_by_side(now):
    for purpose in (Purpose.MARKETING, Purpose.SHARING):
        NoticeFactory(purpose=purpose).publish(now)

    assert in_force(Purpose.MARKETING).purpose == Purpose.MARKETING
    assert in_force(Purpose.SHARING).purpose == Purpose.SHARING


def test_a_second_draft_is_not_begun(now):
    notice = NoticeFactory()
    notice.publish(now)
    notice.revise(now)

    with pytest.raises(ActionRefused):
        notice.revise(now)


@pytest.mark.parametrize("name", [name for name in CONTENT if name not in OTHERWISE])
def test_published_words_never_change_again(now, name):
    notice = NoticeFactory()
    notice.publish(now)
    setattr(notice, name, {"categories": ["user.name"], "valid_days": 7}.get(name, "Something else."))

    with pytest.raises(ImmutableField):
        notice.save(now=now)

    assert PrivacyNotice.objects.get(pk=notice.pk).fingerprint() == notice.text_hash


def test_a_draft_may_change(now):
    notice = NoticeFactory()
    notice.text_en = "Better words."

    notice.save(now=now)

    assert PrivacyNotice.objects.get(pk=notice.pk).text("en") == "Better words."


def test_every_kind_of_personal_data_has_a_word_that_people_understand():
    assert {category.value for category in Category} == CATEGORIES
    assert all(category.label != category.value for category in Category)
