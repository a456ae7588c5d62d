"""After the sale: the warranty of what was delivered, and money that is given back."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.service.price import Currency, Price, months_after, parse_amount
from documents.service.refund_rule import RefundRule
from documents.tickets.complaint import Complaint
from documents.tickets.refund import Refund, RefundState
from records.declaration.actions import ActionRefused
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import ComplaintFactory, PriceFactory, UserFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)
SUE = Actor("staff:sue", "Sue", frozenset(Role))


@pytest.fixture
def complaint():
    return Complaint.objects.get(pk=ComplaintFactory(user=UserFactory()).pk)


def approved(now, **facts) -> Price:
    price = PriceFactory(**facts)
    with act_as(SUE):
        price.approve(now)
    return price


# -- Warranty


@pytest.mark.clause("R40")
@pytest.mark.parametrize(
    ("delivered", "months", "until"),
    [
        (datetime(2030, 1, 31, 4, tzinfo=UTC), 1, datetime(2030, 2, 28, 4, tzinfo=UTC)),
        (datetime(2030, 1, 31, 4, tzinfo=UTC), 12, datetime(2031, 1, 31, 4, tzinfo=UTC)),
        (datetime(2028, 2, 29, 4, tzinfo=UTC), 24, datetime(2030, 2, 28, 4, tzinfo=UTC)),
        (datetime(2030, 12, 15, 4, tzinfo=UTC), 1, datetime(2031, 1, 15, 4, tzinfo=UTC)),
        # One in the morning of 1 March in Shanghai is still February in UTC.
        (datetime(2030, 2, 28, 17, tzinfo=UTC), 1, datetime(2030, 3, 31, 17, tzinfo=UTC)),
    ],
)
def test_a_warranty_ends_on_the_same_day_of_a_later_month(delivered, months, until):
    assert PriceFactory.build(warranty_months=months).warranty_end(delivered) == until


def test_without_a_warranty_there_is_no_end_of_it(now):
    price = PriceFactory.build()

    assert (price.warranty_end(now), price.refund_end(now)) == (None, None)


@pytest.mark.clause("R40")
@pytest.mark.parametrize(("delivered", "months"), [(-JUST, 12), (timedelta(0), 24)])
def test_the_terms_are_those_of_the_day_of_delivery(now, complaint, delivered, months):
    first = approved(now - 90 * DAY, warranty_months=12)
    Price.objects.get().revise(now)
    draft = Price.objects.get(state="draft")
    draft.warranty_months = 24
    draft.save(now=now)
    with act_as(SUE):
        draft.approve(now)
    complaint.service, complaint.delivered_at = first, now + delivered

    assert complaint.terms().warranty_months == months


def test_what_was_delivered_before_there_was_a_price_list_has_the_terms_that_were_named(now, complaint):
    complaint.service, complaint.delivered_at = approved(now, warranty_months=12), now - 900 * DAY

    assert complaint.terms().warranty_months == 12


def test_months_are_counted_over_years(now):
    assert months_after(now, 25).astimezone(UTC) == datetime(2032, 2, 1, tzinfo=UTC)


# -- Refunds


@pytest.mark.clause("R40")
@pytest.mark.parametrize(("amount", "state"), [("500", RefundState.APPROVED), ("500.01", RefundState.ASKED)])
def test_up_to_the_limit_that_is_ruled_nobody_else_is_asked(now, complaint, amount, state):
    RefundRule(currency="CNY", limit=500, paid_within=10).save(now=now)

    complaint.ask_refund(now, amount, Currency.CNY, "The logo was late.")

    refund = Refund.objects.get()
    assert refund.state == state
    assert refund.due_at == (now + 10 * DAY if state == RefundState.APPROVED else None)
    assert (refund.number, refund.ticket_number, refund.user) == (
        "RF-2030-000001",
        complaint.number,
        complaint.user,
    )


@pytest.mark.clause("R40")
def test_without_a_rule_every_refund_is_approved_by_somebody_else(now, complaint):
    complaint.ask_refund(now, "0.01", Currency.TWD, "A trifle.")

    with pytest.raises(ActionRefused, match="Somebody else"):
        Refund.objects.get().approve(now)
    with act_as(SUE):
        Refund.objects.get().approve(now)

    refund = Refund.objects.get()
    assert (refund.state, refund.decided_by, refund.due_at) == (RefundState.APPROVED, "Sue", now + 7 * DAY)


def test_a_rule_of_one_currency_says_nothing_of_another(now, complaint):
    RefundRule(currency="CNY", limit=500).save(now=now)

    complaint.ask_refund(now, "100", Currency.TWD, "Late.")

    assert Refund.objects.get().state == RefundState.ASKED


def test_a_refused_refund_is_over_and_says_why(now, complaint):
    complaint.ask_refund(now, "100", Currency.CNY, "Late.")

    with act_as(SUE):
        Refund.objects.get().refuse(now, "It was in time.")

    refund = Refund.objects.get()
    assert (refund.state, refund.refusal, refund.closed_at) == (RefundState.REFUSED, "It was in time.", now)


@pytest.mark.clause("R40")
@pytest.mark.parametrize(
    ("paid", "fits"), [(DAY - JUST, False), (DAY, True), (3 * DAY, True), (3 * DAY + JUST, False)]
)
def test_it_is_paid_after_its_approval_and_not_in_the_future(now, complaint, paid, fits):
    complaint.ask_refund(now, "100", Currency.CNY, "Late.")
    with act_as(SUE):
        Refund.objects.get().approve(now + DAY)
    refund = Refund.objects.get()

    if fits:
        refund.pay(now + 3 * DAY, "transfer 7", now + paid)
        assert Refund.objects.get().paid_at == now + paid
    else:
        with pytest.raises(ActionRefused, match="since its approval"):
            refund.pay(now + 3 * DAY, "transfer 7", now + paid)
        assert Refund.objects.get().state == RefundState.APPROVED


@pytest.mark.parametrize("text", ["1200", "1,200.50", " 0.01 ", "99999999"])
def test_an_amount_is_read_as_people_write_it(text):
    assert str(parse_amount(text)) == text.strip().replace(",", "")


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1.005", "twelve", "1e9", "NaN", "Infinity", "99999999.01", "1_000"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ActionRefused, match="not an amount"):
        parse_amount(text)
