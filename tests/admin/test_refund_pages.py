"""On a complaint's page: how its step is done, until when we owe it, and money given back."""

from datetime import UTC, datetime, timedelta

import pytest

from admin.pages import counts
from documents.service.price import Price
from documents.tickets.follow_up import FollowUp
from documents.tickets.refund import Refund
from documents.tickets.service_standard import AT_FOLLOW_UP
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import ComplaintFactory, PriceFactory, StandardFactory, UserFactory

DAY = timedelta(days=1)
SUE = Actor("staff:sue", "Sue", frozenset(Role))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def price(app, actor):
    price = PriceFactory(warranty_months=12, refund_days=7, refund_rule_en="While nothing is printed.")
    with act_as(SUE):
        price.approve(now() - 800 * DAY)
    return price


@pytest.fixture
def complaint(price):
    return ComplaintFactory(user=UserFactory(), now=now())


@pytest.fixture
def clerk(signed_in, complaint):
    return signed_in(Role.STAFF)


def page_of(browser, complaint) -> str:
    return browser.get(f"/admin/complaints/details/?id={complaint.pk}").text


# -- The manual


@pytest.mark.clause("R38")
@pytest.mark.parametrize(("state", "shown"), [("received", True), ("closed", False)])
def test_the_standard_of_the_step_stands_on_the_tickets_page(clerk, complaint, state, shown):
    standard = StandardFactory(shown_at=[state])
    with act_as(SUE):
        standard.approve(now())

    page = page_of(clerk, complaint)

    assert ("Greet within a minute." in page) is shown
    if shown:
        words = ("The lamp hums.", "Greet within a minute.", "Promised times")
        assert sorted(words, key=page.index) == [*words]


@pytest.mark.clause("R38")
def test_the_standard_of_follow_up_stands_on_the_visits_page(clerk, complaint):
    standard = StandardFactory(step="follow-up", shown_at=[AT_FOLLOW_UP])
    with act_as(SUE):
        standard.approve(now())
        visit = FollowUp.planned(complaint, now()).save()

    assert "Greet within a minute." in clerk.get(f"/admin/follow_ups/details/?id={visit.pk}").text


@pytest.mark.clause("R54")
def test_whoever_records_a_visit_sees_what_the_ticket_is_about(clerk, complaint):
    visit = FollowUp.planned(complaint, now()).save()

    assert "The lamp hums." in clerk.get(f"/admin/follow_ups/do/record/?id={visit.pk}").text


# -- Warranty


@pytest.mark.clause("R40")
@pytest.mark.parametrize(
    ("delivered", "sentences"),
    [
        (3, ("Under warranty until", "Money is given back until")),
        (30, ("Under warranty until", "Money was given back until")),
        (400, ("The warranty ended on", "Money was given back until")),
        (None, ("Say when it was delivered",)),
    ],
)
def test_the_page_tells_until_when_we_owe_it(clerk, complaint, price, delivered, sentences):
    complaint.service = price
    complaint.delivered_at = None if delivered is None else now() - delivered * DAY
    complaint.save()

    page = page_of(clerk, complaint)

    for sentence in sentences:
        assert sentence in page
    assert "While nothing is printed." in page
    assert "CNY 12,000.00" in page


# -- Refunds


@pytest.mark.clause("R40")
def test_a_refund_is_asked_for_approved_by_another_and_paid(clerk, signed_in, complaint):
    asked = {"amount": "1,200", "currency": "CNY", "why": "The logo was late."}

    clerk.send(f"/admin/complaints/do/ask_refund/?id={complaint.pk}", asked)

    refund = Refund.objects.get()
    approve = f"/admin/refunds/do/approve/?id={refund.pk}"
    assert clerk.send(approve).status_code == 403
    assert "Waits for approval" in page_of(clerk, complaint)
    signed_in(Role.SUPERVISOR).send(approve)
    assert "to be paid by" in page_of(clerk, complaint)
    clerk.send(f"/admin/refunds/do/pay/?id={refund.pk}", {"paid_how": "transfer 7"})
    assert Refund.objects.get().state == "paid"
    assert "CNY 1,200.00" in page_of(clerk, complaint)


@pytest.mark.clause("R40")
def test_a_supervisor_does_not_approve_what_they_asked_for(signed_in, complaint):
    sue = signed_in(Role.SUPERVISOR)
    asked = {"amount": "1200", "currency": "CNY", "why": "The logo was late."}
    sue.send(f"/admin/complaints/do/ask_refund/?id={complaint.pk}", asked)

    answer = sue.send(f"/admin/refunds/do/approve/?id={Refund.objects.get().pk}", follow_redirects=True)

    assert "Somebody else has to approve" in answer.text
    assert Refund.objects.get().state == "asked"


def test_what_is_no_amount_is_said_beside_what_was_typed(clerk, complaint):
    asked = {"amount": "a lot", "currency": "CNY", "why": "The logo was late."}

    answer = clerk.send(f"/admin/complaints/do/ask_refund/?id={complaint.pk}", asked)

    assert answer.status_code == 422
    assert "is not an amount of money" in answer.text
    assert "The logo was late." in answer.text


@pytest.mark.clause("R40")
@pytest.mark.parametrize(("late", "shown"), [(2, True), (-2, False)])
def test_a_refund_that_is_late_stands_on_the_first_page(signed_in, complaint, late, shown):
    complaint.ask_refund(now(), "100", "CNY", "Late.")
    refund = Refund.objects.get()
    refund.state, refund.due_at = "approved", now() - late * DAY
    refund.save()
    eve = signed_in(Role.SUPERVISOR)
    counts._counts.clear()  # what an earlier test counted is remembered for some seconds

    page = eve.get("/admin/").text

    assert ("Refunds: overdue" in page) is shown
    if shown:
        link = page.split("Refunds: overdue")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        assert refund.number in eve.get(link).text


def test_an_amount_is_shown_with_its_places(clerk, complaint, price):
    assert ">12,000.00<" in clerk.get("/admin/prices/").text


@pytest.mark.clause("R39")
def test_what_is_approved_has_no_form(signed_in, price):
    sue, edit = signed_in(Role.SUPERVISOR), f"/admin/prices/edit/?id={price.pk}"

    page = sue.get(f"/admin/prices/details/?id={price.pk}").text

    assert "/admin/prices/edit/" not in page
    assert "Write the next edition" in page
    assert sue.get(edit).status_code == sue.send(edit, {"amount": "1"}).status_code == 302
    assert int(Price.objects.get().amount) == 12_000
