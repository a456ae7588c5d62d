"""Editions: written by one, approved by another, in force from a day, and never changed again."""

from datetime import timedelta

import pytest

from documents.service.help_article import HelpArticle
from documents.service.price import Price, price_of
from documents.tickets.service_standard import AT_FOLLOW_UP, ServiceStandard, standards_at
from documents.tickets.states import State
from language.translated_fields import localized
from records.declaration.actions import ActionRefused
from records.storage.audit import AuditEntry
from records.storage.writer import ImmutableField
from records.versioned import EditionState, in_force
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import HelpFactory, PriceFactory, StandardFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
SUE = Actor("staff:sue", "Sue", frozenset(Role))


def approve(edition, now, by=SUE):
    with act_as(by):
        type(edition).objects.get(pk=edition.pk).approve(now)


@pytest.mark.clause("R39")
def test_a_price_is_published_by_somebody_else_than_who_wrote_it(now, actor):
    price = PriceFactory()

    with pytest.raises(ActionRefused, match="Somebody else"):
        approve(price, now, by=actor)
    assert in_force(Price, now) == []

    approve(price, now)

    assert [(one.number, one.approved_by) for one in in_force(Price, now)] == [("logo-CNY-1", "Sue")]


@pytest.mark.clause("R39")
def test_who_only_changed_a_draft_does_not_approve_it_either(now):
    price = PriceFactory()
    with act_as(SUE):
        price.amount = 1
        price.save(now=now)

    with pytest.raises(ActionRefused, match="Somebody else"):
        approve(price, now)


def test_a_help_article_may_be_published_by_its_writer(now, actor):
    article = HelpFactory()

    approve(article, now, by=actor)

    assert HelpArticle.objects.get().state == EditionState.APPROVED


@pytest.mark.clause("R38")
@pytest.mark.parametrize("name", ["name_en", "duty_zh_cn", "standard_zh_tw"])
def test_nothing_is_approved_that_lacks_a_language(now, name):
    standard = StandardFactory(**{name: None})

    with pytest.raises(ActionRefused, match="all three languages"):
        approve(standard, now)

    assert ServiceStandard.objects.get().state == EditionState.DRAFT


@pytest.mark.clause("R38", "R39", "R106")
@pytest.mark.parametrize("field", ["amount", "included_zh_tw", "warranty_months", "effective_from"])
def test_what_is_approved_never_changes_again(now, field):
    approve(PriceFactory(), now)
    price = Price.objects.get()
    setattr(price, field, {"amount": 5, "warranty_months": 5, "effective_from": now + DAY}.get(field, "x"))

    with pytest.raises(ImmutableField):
        price.save(now=now)


@pytest.mark.clause("R39", "R106")
def test_the_next_edition_takes_the_place_of_the_one_before_which_is_kept(now):
    approve(PriceFactory(amount=100), now)
    Price.objects.get().revise(now + DAY)
    draft = Price.objects.get(state=EditionState.DRAFT)
    draft.amount = 120
    draft.save(now=now + DAY)

    approve(draft, now + 2 * DAY)

    amounts = [
        int(price_of("logo", "CNY", at).amount)
        for at in (now, now + 2 * DAY - JUST, now + 2 * DAY, now + 9 * DAY)
    ]
    assert amounts == [100, 100, 120, 120]
    assert [price.number for price in Price.objects.order_by("number")] == ["logo-CNY-1", "logo-CNY-2"]


@pytest.mark.clause("R39")
def test_an_edition_approved_for_a_later_day_holds_from_that_day(now):
    approve(PriceFactory(amount=100), now)
    Price.objects.get().revise(now)
    draft = Price.objects.get(state=EditionState.DRAFT)
    draft.amount, draft.effective_from = 120, now + 30 * DAY
    draft.save(now=now)

    approve(draft, now + DAY)

    assert int(price_of("logo", "CNY", now + 30 * DAY - JUST).amount) == 100
    assert int(price_of("logo", "CNY", now + 30 * DAY).amount) == 120


def test_none_begins_before_it_is_approved(now):
    approve(PriceFactory(effective_from=now - DAY), now)

    assert Price.objects.get().effective_from == now
    assert price_of("logo", "CNY", now - JUST) is None


def test_an_edition_does_not_slip_in_before_one_that_is_approved_for_later(now):
    approve(PriceFactory(effective_from=now + 30 * DAY), now)
    Price.objects.get().revise(now)

    with pytest.raises(ActionRefused, match="logo-CNY-1 comes into force later"):
        approve(Price.objects.get(state=EditionState.DRAFT), now)


def test_a_second_draft_is_not_begun(now):
    approve(PriceFactory(), now)
    Price.objects.get().revise(now)

    with pytest.raises(ActionRefused, match="there already"):
        Price.objects.get(state=EditionState.APPROVED).revise(now)


def test_what_is_taken_out_of_use_holds_no_longer_and_is_kept(now):
    approve(PriceFactory(), now)

    with act_as(SUE):
        Price.objects.get().end(now + DAY, "no longer offered")

    assert price_of("logo", "CNY", now + DAY - JUST)
    assert price_of("logo", "CNY", now + DAY) is None


@pytest.mark.clause("R38", "R39")
def test_what_was_looked_at_again_and_stays_is_due_another_day(now):
    approve(PriceFactory(review_at=now + DAY), now)

    with act_as(SUE):
        Price.objects.get().confirm(now + DAY, "Comparable studios ask the same.", now + 365 * DAY)

    assert Price.objects.get().review_at == now + 365 * DAY
    assert AuditEntry.objects.get(reason="Comparable studios ask the same.").actor_name == "Sue"


@pytest.mark.parametrize("next_at", [timedelta(0), -DAY])
def test_the_next_review_of_an_edition_lies_in_the_future(now, next_at):
    approve(PriceFactory(), now)

    with pytest.raises(ActionRefused, match="future"):
        Price.objects.get().confirm(now, "All is well.", now + next_at)


def test_services_and_currencies_stand_side_by_side(now):
    for facts in ({}, {"currency": "TWD"}, {"service": "poster"}):
        approve(PriceFactory(**facts), now)

    assert [price.thing() for price in in_force(Price, now)] == ["logo-CNY", "logo-TWD", "poster-CNY"]


@pytest.mark.clause("R38")
def test_a_standard_is_found_where_its_step_happens(now):
    approve(StandardFactory(step="advice", shown_at=[State.INVESTIGATING, State.PROPOSED], place=3), now)
    approve(StandardFactory(step="follow-up", shown_at=[AT_FOLLOW_UP]), now)
    approve(StandardFactory(step="reception", shown_at=[State.INVESTIGATING], place=2), now)

    assert [one.step for one in standards_at(State.INVESTIGATING, now)] == ["reception", "advice"]
    assert [one.step for one in standards_at(AT_FOLLOW_UP, now)] == ["follow-up"]
    assert standards_at(State.RECEIVED, now) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Logo"), ("zh_Hans_CN", "标志设计"), ("zh_Hant_TW", "Logo"), ("fr", "Logo")],
)
def test_a_reader_gets_their_language_or_else_english(language, words):
    assert localized(PriceFactory.build(name_zh_tw=None), "name", language) == words
