"""What follows a complaint: the service it was about, money given back, and what people say of us afterwards."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo.colleagues import Colleagues
from demo.random_choices import id_from, one_of
from documents.service.price import HOME, Price
from documents.service.root_cause import RootCause
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint, ComplaintKind
from documents.tickets.follow_up import AFTER, WITHIN, By, FollowUp, Visit
from documents.tickets.refund import Refund, RefundState
from documents.tickets.states import State
from documents.tickets.ticket_choices import Grade
from records.storage.record import Record
from security.permissions import Role

SEED = 20260104
DAY = timedelta(days=1)
OF_A_SERVICE = frozenset({ComplaintKind.QUALITY, ComplaintKind.DELAY, ComplaintKind.PRICE})
DELIVERED = (5, 500)
"""How many days before the complaint, at least and at most."""
ASKED_SINCE = 720 * DAY
REACHED = 0.7
GRADES = {
    Grade.VERY_SATISFIED: 0.24, Grade.SATISFIED: 0.41, Grade.FAIR: 0.2, Grade.DISSATISFIED: 0.11,
    Grade.VERY_DISSATISFIED: 0.04,
}  # fmt: skip
CAUSES = {
    RootCause.COMMUNICATION: 0.3, RootCause.PROCESS: 0.2, RootCause.DEFECT: 0.2, RootCause.SUPPLIER: 0.15, RootCause.SERVICE: 0.1,
    RootCause.EXPECTATION: 0.05,
}  # fmt: skip
REFUNDS, WAIT_FROM, PAID_UNTIL = 14, 11, 9
LATE = 10 * DAY
"""How long ago those were approved that are still to be paid: the first of them is overdue."""
WHY = {"CN": "延误交付，按约定退还部分款项。", "TW": "延遲交付，依約定退還部分款項。"}


def deliver(tickets: Sequence[Any], prices: Sequence[Price]) -> None:
    """Say of complaints about a delivered service which it was and when, and of closed ones why. In memory."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    for complaint in _complaints(tickets):
        offered = [price for price in prices if price.currency == HOME.get(complaint.region or "", "CNY")]
        if complaint.kind in OF_A_SERVICE:
            complaint.service = rng.choice(offered)
            complaint.delivered_at = complaint.created_at - rng.randint(*DELIVERED) * DAY
        if complaint.state == State.CLOSED and not complaint.cause:
            complaint.cause = one_of(rng, CAUSES)


def afterwards(now: datetime, tickets: Sequence[Any], staff: Colleagues) -> Sequence[Record]:
    """Refunds on some complaints, and a visit for each that was closed; the tickets are stored."""
    rng = Random(SEED + 1)  # noqa: S311 — made-up data is to come out the same each time
    closed = [one for one in _complaints(tickets) if one.state == State.CLOSED and one.user]
    recent = sorted(
        (one for one in closed if one.service and now - one.closed_at < ASKED_SINCE),
        key=lambda one: one.closed_at,
    )
    approver = staff.accounts[Role.SUPERVISOR]
    refunds = [_refund(rng, now, number, one, approver) for number, one in enumerate(recent[-REFUNDS:])]
    visits = [_visit(rng, now, one) for one in closed if AFTER < now - one.closed_at < ASKED_SINCE]
    return [*refunds, *visits]


def _complaints(tickets: Sequence[Any]) -> Iterator[Complaint]:
    return (ticket for ticket in tickets if isinstance(ticket, Complaint))


def _refund(rng: Random, now: datetime, number: int, complaint: Any, approver: Staff) -> Refund:
    """The newest wait for approval, those before are to be paid; of the rest all but the first are paid."""
    asked: datetime = complaint.closed_at - DAY
    region = complaint.region or "CN"
    refund = Refund(
        id=id_from(rng, asked), created_at=asked, collection=complaint.collection_name(), ticket=complaint.pk,
        ticket_number=complaint.number, user=complaint.user, currency=HOME[region],
        amount=rng.randrange(2, 40) * (100 if region == "CN" else 400), why=WHY[region],
        asked_by=complaint.moves[-1].by,
    )  # fmt: skip
    if number >= WAIT_FROM:
        return refund
    is_paid = 0 < number < PAID_UNTIL
    refund.state, refund.decided_by = RefundState.APPROVED, approver.name
    refund.decided_at = asked + DAY if is_paid else max(asked + DAY, now - LATE)
    refund.due_at = refund.decided_at + 7 * DAY
    if is_paid:
        refund.state, refund.paid_at = RefundState.PAID, min(refund.decided_at + rng.randint(1, 7) * DAY, now)
        refund.paid_how, refund.closed_at = f"{rng.randrange(10**8):08}", refund.paid_at
    return refund


def _visit(rng: Random, now: datetime, complaint: Any) -> FollowUp:
    planned: datetime = complaint.closed_at + AFTER
    visit = FollowUp.planned(complaint, planned)
    visit.id, visit.created_at, visit.due_at = id_from(rng, planned), planned, planned + WITHIN
    if visit.due_at >= now:
        return visit
    if rng.random() > REACHED:
        visit.state = Visit.UNREACHABLE
        return visit
    visit.state, visit.done_at = Visit.DONE, planned + rng.random() * WITHIN
    visit.way = one_of(rng, {By.PHONE: 0.7, By.QUESTIONNAIRE: 0.3})
    visit.satisfaction = visit.handling = one_of(rng, GRADES)
    visit.back_again = False
    return visit
