"""What stands between a wrong rule and lost records: the brake's share, and the days in quarantine (R26)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mongoengine import IntField

from documents.retention.four_eyes import ApprovableRule
from language.words import N_
from records.declaration.policy import Fate, Policy
from security.permissions import RETENTION_RULES


@dataclass(frozen=True)
class PurgeLimits:
    """`share`: a purge of more of a register waits for leave. `kept`: so long can be brought back what went."""

    share: float
    kept: timedelta


SHIPPED = PurgeLimits(share=0.1, kept=timedelta(days=14))
LEAST_DAYS, MOST_DAYS = 7, 90
MOST_PERCENT = 50


class PurgeLimit(ApprovableRule):
    """Share and days, from a moment on. What guards less needs a second person."""

    policy = Policy(
        title=N_("Safeguards of purges"),
        singular=N_("Safeguard of purges"),
        group=N_("Deletion"),
        icon="holds",
        access=RETENTION_RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="number",
        columns=("number", "percent", "days", "state", "holds_from", "proposer", "decider"),
        filters=("state", "holds_from", "created_at"),
        sections=(
            (N_("The rule"), ("number", "percent", "days", "why", "valid_from")),
            (N_("Who answers for it"), ("state", "holds_from", "proposer", "decider", "decided_at")),
        ),
    )

    prefix = "SG"

    percent = IntField(
        required=True,
        min_value=1,
        max_value=MOST_PERCENT,
        locked=True,
        verbose_name=N_("Percent of a register"),
        help_text=N_("A purge of more than this waits for leave."),
    )
    days = IntField(
        required=True,
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        locked=True,
        verbose_name=N_("Days in quarantine"),
        help_text=N_("So long can what was purged come back, on the word of two people."),
    )

    meta = {
        "collection": "purge_guards",
        "indexes": [{"fields": ["state", "holds_from"], "name": "holding"}],
    }

    def weakens_protection(self, at: datetime) -> bool:
        if self.percent is None or self.days is None:
            return True  # `validate` says what is wrong
        before, mine = current_limits(at), self.guard()
        return mine.share > before.share or mine.kept < before.kept

    def guard(self) -> PurgeLimits:
        return PurgeLimits(share=self.percent / 100, kept=timedelta(days=self.days))


def current_limits(at: datetime) -> PurgeLimits:
    """What guards at a moment. One query."""
    rules = PurgeLimit.holding(at)
    return rules[-1].guard() if rules else SHIPPED
