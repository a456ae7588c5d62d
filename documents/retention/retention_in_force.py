"""Retention in terms everybody shares: which rule holds, and which records it ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.retention.retention_rule import RetentionRule
from records.declaration.policy import Fate, Keep
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.lists.index_selection import EARLIEST


@dataclass(frozen=True)
class EffectiveRule:
    """How long one kind is kept; `rule` is the company's own, None where the product's declaration holds."""

    kind: type[Governed]
    keep: Keep
    rule: RetentionRule | None = None


def effective_rules(now: datetime) -> list[EffectiveRule]:
    """Every kind with a time to keep it, as it holds at `now`, persons last: the key to their records goes
    with them. One query."""
    rules = {rule.register: rule for rule in RetentionRule.holding(now)}
    kinds = sorted(registered(), key=lambda kind: kind.policy.subject == "self")
    return [
        EffectiveRule(kind, rule.keep(keep) if rule else keep, rule)
        for kind in kinds
        if (keep := kind.policy.keep)
        for rule in [rules.get(kind.collection_name())]
    ]


def expired(keep: Keep, now: datetime) -> dict[str, Any]:
    """The query for the records of a kind whose time is over at `now` and that are still to be ended."""
    return {**still_to_do(keep), keep.after: {"$gte": EARLIEST, "$lt": keep.cutoff(now)}}


def still_to_do(keep: Keep) -> dict[str, Any]:
    """What is anonymised already stays, and is not ended again."""
    return {"anonymised_at": None} if keep.fate is Fate.ANONYMISE else {}
