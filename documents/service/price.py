"""The price list: what a service includes and costs, and how it is warranted; old prices stay (R39, R40)."""

import re
from calendar import monthrange
from datetime import datetime, timedelta
from decimal import Decimal

from mongoengine import DecimalField, IntField, StringField

from language.translated_fields import NAME, fields_by_language, localized, translated_fields
from language.words import N_, Choice
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate, Policy, Remind
from records.versioned import EditionState, Versioned, in_force
from security.permissions import PRICES, Role
from working_time.calendars import CALENDARS

AMOUNT = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
MAX_AMOUNT = 99_999_999
OFFICE = CALENDARS["CN"].zone
"""Whose days count; the same clock as Taiwan's."""
QUOTED = "price_"
"""A blank of ready-made replies that begins so names a service: {price_logo_design}."""


class Currency(Choice):
    """What is paid with."""

    CNY = "CNY", N_("Chinese yuan (CNY)")
    TWD = "TWD", N_("New Taiwan dollar (TWD)")


class Unit(Choice):
    """What a price is for."""

    PROJECT = "project", N_("per project")
    HOUR = "hour", N_("per hour")
    DAY = "day", N_("per day")
    SQUARE_METRE = "square-metre", N_("per square metre")
    PIECE = "piece", N_("per piece")
    VISIT = "visit", N_("per visit")


HOME = {"CN": Currency.CNY, "TW": Currency.TWD}
"""What people pay with, by their region."""


class Price(Versioned):
    """One service at one price, as approved by a second person: what it includes, and what we owe
    afterwards. What was approved earlier holds for whatever was delivered then."""

    of = ("service", "currency")
    wordings = ("name", "included")
    content = (
        "unit", "amount", "warranty_months", "refund_days", "refund_rule_en", "refund_rule_zh_cn", "refund_rule_zh_tw",
    )  # fmt: skip

    policy = Policy(
        title=N_("Price list"),
        singular=N_("Service on the price list"),
        group=N_("Service"),
        icon="record",
        access=PRICES,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own words; nothing of a person"),
        remind=Remind("review_at", EditionState.APPROVED, Role.SUPERVISOR),
        label="number",
        columns=(
            "number", "name_en", "name_zh_cn", "amount", "currency", "state", "effective_from", "effective_until",
        ),
        filters=("state", "currency", "unit", "effective_from", "effective_until", "review_at"),
        search=("service", "number", "name_en", "name_zh_cn", "name_zh_tw", "included_en", "included_zh_cn"),
        sections=(
            (N_("The price"), ("number", "service", "currency", "amount", "unit")),
            *fields_by_language("name", "included", "refund_rule"),
            (N_("After delivery"), ("warranty_months", "refund_days")),
            (
                N_("Approval"),
                ("state", "effective_from", "effective_until", "approved_by", "approved_at", "review_at"),
            ),
        ),
    )  # fmt: skip

    service = StringField(
        required=True,
        locked=True,
        max_length=40,
        regex=r"^[a-z0-9_]+$",
        verbose_name=N_("Service"),
        help_text=N_(
            "A short word in small letters, such as logo_design. Ready-made replies quote its price with "
            "{price_logo_design}."
        ),
    )
    currency = StringField(
        choices=list(Currency), required=True, locked=True, default=Currency.CNY, verbose_name=N_("Currency")
    )
    # Stored as a number with fraction: exact for two places up to thirteen digits, and sorted as such.
    amount = DecimalField(
        required=True, min_value=0, max_value=MAX_AMOUNT, precision=2, verbose_name=N_("Price")
    )
    unit = StringField(choices=list(Unit), required=True, default=Unit.PROJECT, verbose_name=N_("Unit"))
    name_en, name_zh_cn, name_zh_tw = translated_fields(NAME, max_length=120)
    included_en, included_zh_cn, included_zh_tw = translated_fields(
        N_("What is included"), max_length=4000, multiline=True
    )
    warranty_months = IntField(
        min_value=0,
        max_value=600,
        default=0,
        verbose_name=N_("Warranty in months"),
        help_text=N_("Counted from the day of delivery; 0 is none."),
    )
    refund_days = IntField(
        min_value=0,
        max_value=3660,
        default=0,
        verbose_name=N_("Money back within days"),
        help_text=N_("Counted from the day of delivery; 0 is none."),
    )
    refund_rule_en, refund_rule_zh_cn, refund_rule_zh_tw = translated_fields(
        N_("When money is given back"), max_length=4000, multiline=True
    )

    meta = {
        "collection": "prices",
        "indexes": [{"fields": ["service", "currency", "effective_from"], "name": "of_service"}],
    }

    def warranty_end(self, delivered: datetime) -> datetime | None:
        """The end of the warranty of what was delivered then; None where there is none."""
        return months_after(delivered, self.warranty_months) if self.warranty_months else None

    def refund_end(self, delivered: datetime) -> datetime | None:
        """Until when money is given back for what was delivered then; None where it is not."""
        return delivered + timedelta(days=self.refund_days) if self.refund_days else None

    def summary(self, language: str) -> str:
        """The price in a line, for a letter: what it is, and how much."""
        return f"{localized(self, 'name', language)}: {format_amount(self.amount, self.currency)}"


def price_of(service: str, currency: str, now: datetime) -> Price | None:
    """The price of a service that is, or was, in force at `now`."""
    return next(iter(in_force(Price, now, service=service, currency=currency)), None)


def quote(region: str | None, language: str, now: datetime) -> dict[str, str]:
    """What ready-made replies may quote: the prices in force, in the currency of a region, by blank."""
    found = in_force(Price, now, currency=HOME.get(region or "", Currency.CNY).value)
    return {f"{QUOTED}{price.service}": price.summary(language) for price in found}


def months_after(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of its month, by the office's clock."""
    moment = moment.astimezone(OFFICE)
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def format_amount(amount: Decimal | float, currency: str) -> str:
    """An amount as people write it: "CNY 1,200.00"."""
    return f"{currency} {Decimal(str(amount)):,.2f}"


def parse_amount(text: str) -> Decimal:
    """Read an amount that somebody typed. Raises `ActionRefused` for what is none, or nothing."""
    typed = text.replace(",", "").strip()
    amount = Decimal(typed) if AMOUNT.fullmatch(typed) else Decimal(0)
    if not 0 < amount <= MAX_AMOUNT:
        raise ActionRefused(
            N_("“%(text)s” is not an amount of money. Please write it like 1200 or 1200.50."), text=text[:40]
        )
    return amount
