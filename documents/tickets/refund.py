"""Refunds: money given back on a complaint, asked for, approved by another, and paid in time (R40)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from mongoengine import DecimalField, ObjectIdField, StringField

from documents.conversation.note import about
from documents.service.price import Currency, format_amount
from documents.service.refund_rule import RefundsRuled
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Mask, Personal, Policy, Remind
from records.legal_hold import Holdable
from records.storage import sequence
from security.actor import current_actor
from security.permissions import REFUNDS, Action, Role


class RefundState(Choice):
    """How far a refund has come."""

    ASKED = "asked", N_("Waits for approval")
    APPROVED = "approved", N_("To be paid")
    PAID = "paid", N_("Paid")
    REFUSED = "refused", N_("Refused")


class Refund(Holdable):
    """One sum that one person gets back. Above the limit that is ruled for its currency, somebody other
    than who asked approves it; the day by which it is paid is promised then."""

    policy = Policy(
        title=N_("Refunds"),
        singular=N_("Refund"),
        group=N_("Tickets"),
        icon="recalls",
        access=REFUNDS,
        subject="user",
        on_erasure=Fate.ANONYMISE,
        keep=Keep(
            after="closed_at",
            years=3,
            fate=Fate.ANONYMISE,
            basis=N_("User policy 2(5)2; limitation of claims"),
        ),
        remind=Remind(
            "due_at", RefundState.APPROVED, Role.SUPERVISOR, says="overdue", again=timedelta(days=7)
        ),
        label="number",
        columns=("number", "ticket_number", "amount", "currency", "state", "asked_by", "due_at", "paid_at"),
        filters=("state", "currency", "due_at", "created_at", "paid_at"),
        search=("number", "ticket_number"),
        sections=(
            (N_("The refund"), ("number", "ticket_number", "user", "amount", "currency", "why", "state")),
            (N_("Approval"), ("asked_by", "decided_by", "decided_at", "refusal")),
            (N_("Payment"), ("due_at", "paid_at", "paid_how")),
        ),
    )

    number = StringField(max_length=24, system=True, verbose_name=N_("Number"))
    collection = StringField(required=True, internal=True, locked=True)
    ticket = ObjectIdField(required=True, internal=True, locked=True)
    ticket_number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    user = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    amount = DecimalField(required=True, precision=2, system=True, locked=True, verbose_name=N_("Amount"))
    currency = StringField(
        choices=list(Currency), required=True, system=True, locked=True, verbose_name=N_("Currency")
    )
    why = EncryptedStringField(
        required=True,
        system=True,
        locked=True,
        multiline=True,
        verbose_name=N_("Why it is given back"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    state = StringField(
        choices=list(RefundState), default=RefundState.ASKED, system=True, verbose_name=N_("State")
    )
    asked_by = StringField(system=True, locked=True, verbose_name=N_("Asked for by"))
    asker = StringField(internal=True, locked=True)
    decided_by = StringField(system=True, verbose_name=N_("Decided by"))
    decided_at = UTCDateTimeField(system=True, verbose_name=N_("Decided"))
    refusal = EncryptedStringField(
        system=True,
        multiline=True,
        verbose_name=N_("Why it was refused"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    due_at = UTCDateTimeField(system=True, verbose_name=N_("To be paid by"))
    paid_at = UTCDateTimeField(system=True, verbose_name=N_("Paid"))
    paid_how = EncryptedStringField(
        system=True,
        verbose_name=N_("How it was paid"),
        personal=Personal("user.account"),
    )
    closed_at = UTCDateTimeField(internal=True, verbose_name=N_("Closed"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "refunds",
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["state", "due_at"], "name": "by_state"},
            {"fields": ["closed_at", "_id"], "name": "retention"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for refund in records:
            if not refund.number:
                year = (refund.created_at or now).year
                refund.number = f"RF-{year}-{sequence.next_numbers(f'refunds-{year}'):06d}"

    @classmethod
    def asked(cls, ticket: Any, amount: Decimal, currency: Currency, why: str, now: datetime) -> Self:
        """Ask for money to be given back on a ticket. Up to the limit that is ruled, it is approved so."""
        of = about(ticket)
        refund = cls(
            collection=of["collection"], ticket=of["ticket"], ticket_number=of["number"], user=of["user"],
            amount=amount, currency=currency, why=why, asked_by=current_actor().name, asker=current_actor().id,
        )  # fmt: skip
        ruled = RefundsRuled.read(currency)
        if not ruled.needs_approval(amount):
            refund._approve(ruled, now)
        return refund.save(now=now, reason=format_amount(amount, currency))

    @action(
        N_("Approve"),
        Action.APPROVE,
        when=lambda refund: refund.state == RefundState.ASKED,
    )
    def approve(self, now: datetime) -> None:
        """Let it be paid, by the day the rule promises. Raises `ActionRefused` for who asked for it."""
        if current_actor().id == self.asker:
            raise ActionRefused(N_("Somebody else has to approve a refund that you asked for."))
        self._approve(RefundsRuled.read(self.currency), now)
        self.save(now=now)

    def _approve(self, ruled: RefundsRuled, now: datetime) -> None:
        self.state, self.decided_by, self.decided_at = RefundState.APPROVED, current_actor().name, now
        self.due_at = now + ruled.paid_within

    @action(
        N_("Refuse"),
        Action.APPROVE,
        when=lambda refund: refund.state == RefundState.ASKED,
        inputs=(ActionInput("refusal", N_("Why it is refused"), "long-text"),),
        danger=True,
    )
    def refuse(self, now: datetime, refusal: str) -> None:
        """Nothing is paid; who asked can read why."""
        self.state, self.decided_by, self.decided_at = RefundState.REFUSED, current_actor().name, now
        self.refusal, self.closed_at = refusal, now
        self.save(now=now)

    @action(
        N_("Record the payment"),
        Action.EDIT,
        when=lambda refund: refund.state == RefundState.APPROVED,
        inputs=(
            ActionInput("paid_how", N_("How it was paid"), help=N_("Such as the number of the transfer.")),
            ActionInput("paid_at", N_("Paid on"), "moment", required=False, help=N_("Left open, now.")),
        ),
    )
    def pay(self, now: datetime, paid_how: str, paid_at: datetime | None = None) -> None:
        """Keep when and how the money went back. Raises `ActionRefused` for a day that has not come."""
        if paid_at and not self.decided_at <= paid_at <= now:
            raise ActionRefused(N_("It can only have been paid since its approval, and not in the future."))
        self.state, self.paid_at, self.paid_how = RefundState.PAID, paid_at or now, paid_how
        self.closed_at = now
        self.save(now=now)
