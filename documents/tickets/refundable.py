"""After the sale: which service a complaint is about, since when we owe it to work, and money back (R40)."""

from datetime import datetime
from typing import Any

from documents.service.price import Currency, Price, parse_amount, price_of
from documents.tickets.refund import Refund
from language.words import N_
from records.declaration.actions import ActionGroup, ActionInput, action
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from security.permissions import Action


class Refundable:
    """What a record about a delivered service has; `documents.tickets.complaint.Complaint` is one."""

    anonymised_at: Any
    user: Any

    service = ReferenceIdField(
        "prices",
        verbose_name=N_("Which service"),
        help_text=N_("As it stands on the price list; the edition of the day of delivery decides."),
    )
    delivered_at = UTCDateTimeField(verbose_name=N_("Delivered"))

    def terms(self) -> Price | None:
        """The price and terms that hold for what was delivered: those in force on that day, or else the
        edition that was named. Two queries at most."""
        named = Price.one({"_id": self.service}) if self.service else None
        if named is None:
            return None
        then = self.delivered_at and price_of(named.service, named.currency, self.delivered_at)
        return then or named

    @action(
        N_("Ask for a refund"),
        Action.EDIT,
        when=lambda ticket: bool(ticket.user) and not ticket.anonymised_at,
        inputs=(
            ActionInput("amount", N_("Amount"), max_length=20),
            ActionInput("currency", N_("Currency"), "choice", choices=Currency),
            ActionInput("why", N_("Why it is given back"), "long-text"),
        ),
        group=ActionGroup.PROMISES,
    )
    def ask_refund(self, now: datetime, amount: str, currency: Currency, why: str) -> None:
        """Ask for money to be given back to the person. Raises `ActionRefused` for what is no amount."""
        Refund.asked(self, parse_amount(amount), currency, why, now)
