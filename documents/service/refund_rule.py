"""What the company rules about refunds: up to which amount nobody else is asked, and when they are paid (R40)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Self

from mongoengine import DecimalField, IntField, StringField

from documents.service.price import MAX_AMOUNT, Currency
from language.words import N_
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage.database import database, session
from security.permissions import RULES

PAID_WITHIN = 7
"""Days, where nothing is ruled."""


class RefundRule(Governed):
    """The rule for one currency. Where there is none, every refund is approved by a second person."""

    policy = Policy(
        title=N_("Refund rules"),
        singular=N_("Refund rule"),
        group=N_("Administration"),
        icon="settings",
        access=RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="currency",
        columns=("currency", "limit", "paid_within", "updated_at"),
        filters=("currency",),
        sections=((N_("The rule"), ("currency", "limit", "paid_within", "why")),),
    )

    currency = StringField(choices=list(Currency), required=True, locked=True, verbose_name=N_("Currency"))
    limit = DecimalField(
        required=True,
        min_value=0,
        max_value=MAX_AMOUNT,
        precision=2,
        verbose_name=N_("Approval above"),
        help_text=N_("A refund of more than this is approved by somebody other than who asked for it."),
    )
    paid_within = IntField(
        required=True,
        min_value=0,
        max_value=365,
        default=PAID_WITHIN,
        verbose_name=N_("Paid within days"),
        help_text=N_("Counted from the approval. What is not paid by then shows as overdue."),
    )
    why = StringField(max_length=500, multiline=True, verbose_name=N_("Why it is so"))

    meta = {
        "collection": "refund_rules",
        "indexes": [{"fields": ["currency"], "unique": True, "name": "one_rule_each"}],
    }


@dataclass(frozen=True)
class RefundsRuled:
    """What holds for refunds in one currency."""

    limit: Decimal
    paid_within: timedelta

    @classmethod
    def read(cls, currency: str) -> Self:
        row = database()[RefundRule.collection_name()].find_one({"currency": currency}, session=session())
        rule = RefundRule._from_son(row) if row else RefundRule(limit=0)
        return cls(Decimal(str(rule.limit)), timedelta(days=rule.paid_within))

    def needs_approval(self, amount: Decimal) -> bool:
        return amount > self.limit
