"""How long a register is kept, as the company rules it instead of what the product declares (R24, R26).

What happens at the end, and from which moment the time counts, stay as declared; how long, and by which
law, are ruled here.
"""

from dataclasses import replace
from datetime import datetime

from mongoengine import IntField, StringField, ValidationError

from documents.retention.four_eyes import ApprovableRule
from language.words import N_
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import DeclarationError, Fate, Keep, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import LabelledStr, RegisterChoices
from records.declaration.registry import by_collection, registered
from security.permissions import RETENTION_RULES

MOST_YEARS, MOST_DAYS = 100, 36_500


class KeptRegisters(RegisterChoices):
    """The registers with a time to keep their records."""

    def _all(self) -> list[LabelledStr]:
        return [
            LabelledStr(kind.collection_name(), kind.policy.title)
            for kind in registered()
            if kind.policy.keep
        ]


class RetentionRule(ApprovableRule):
    """One time, from a moment on. One that ends records sooner needs a second person."""

    policy = Policy(
        title=N_("Retention rules"),
        singular=N_("Retention rule"),
        group=N_("Deletion"),
        icon="clock",
        access=RETENTION_RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="number",
        columns=(
            "number",
            "register",
            "years",
            "days",
            "basis",
            "state",
            "holds_from",
            "proposer",
            "decider",
        ),
        filters=("register", "state", "holds_from", "created_at"),
        sections=(
            (N_("The rule"), ("number", "register", "years", "days", "basis", "why", "valid_from")),
            (
                N_("Who answers for it"),
                ("state", "holds_from", "proposer", "decider", "decided_at", "begun_at"),
            ),
        ),
    )

    prefix = "RR"

    register = StringField(choices=KeptRegisters(), required=True, locked=True, verbose_name=N_("Register"))
    years = IntField(default=0, min_value=0, max_value=MOST_YEARS, locked=True, verbose_name=N_("Years"))
    days = IntField(default=0, min_value=0, max_value=MOST_DAYS, locked=True, verbose_name=N_("Days"))
    basis = StringField(
        required=True,
        max_length=200,
        locked=True,
        verbose_name=N_("Legal basis"),
        help_text=N_("The law, the contract or the company's policy that asks for this time."),
    )
    begun_at = UTCDateTimeField(system=True, unaudited=True, verbose_name=N_("First records ended"))

    meta = {
        "collection": "retention_rules",
        "indexes": [
            {"fields": ["state", "holds_from"], "name": "holding"},
            {"fields": ["register", "-created_at"], "name": "of_register"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, longer than nothing, and by some law. Raises mongoengine's ValidationError."""
        super().validate(clean)
        if not (self.years or self.days):
            raise ValidationError("no time", errors={"years": "how long?"})
        if not self.basis:
            raise ValidationError("no basis", errors={"basis": "by which law?"})

    def weakens_protection(self, at: datetime) -> bool:
        kind = by_collection(self.register)
        if kind is None or kind.policy.keep is None:
            return True  # `validate` says what is wrong
        try:
            return self.keep(kind.policy.keep).cutoff(at) > keep_at(kind, at).cutoff(at)
        except (DeclarationError, ValueError, OverflowError):
            return True

    def keep(self, declared: Keep) -> Keep:
        """What is declared, with the time and the basis of this rule."""
        return replace(declared, years=self.years or 0, days=self.days or 0, basis=self.basis)


def keep_at(kind: type[Governed], at: datetime) -> Keep:
    """How long a register is kept at a moment. One query; the register has a declared time."""
    declared = kind.policy.keep
    rules = [rule for rule in RetentionRule.holding(at) if rule.register == kind.collection_name()]
    return rules[-1].keep(declared) if rules else declared  # type: ignore[arg-type,return-value]
