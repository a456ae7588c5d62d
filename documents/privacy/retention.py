"""Retention in terms everybody shares: which records a rule ends at a moment, and what it is called."""

from datetime import datetime
from typing import Any

from documents.declaration.policy import Fate, Keep
from documents.declaration.record import Governed
from documents.declaration.registry import governed


def ruled() -> list[tuple[type[Governed], Keep]]:
    """Every kind with a time to keep it, persons last: the key to their records goes with them."""
    kinds = sorted(governed(), key=lambda kind: kind.policy.subject == "self")
    return [(kind, kind.policy.keep) for kind in kinds if kind.policy.keep]


def expired(keep: Keep, now: datetime) -> dict[str, Any]:
    """The query for the records of a kind whose time is over at `now` and that are still to be ended."""
    return {keep.after: {"$lt": keep.cutoff(now)}, **still_to_do(keep)}


def still_to_do(keep: Keep) -> dict[str, Any]:
    """What is anonymised already stays, and is not ended again."""
    return {"anonymised_at": None} if keep.then is Fate.ANONYMISE else {}


def in_words(kind: type[Governed], keep: Keep) -> str:
    """The rule as tombstones name it: "complaints: 3 years after closed_at (S0 …)"."""
    spans = [f"{keep.years} years"] * bool(keep.years) + [f"{keep.days} days"] * bool(keep.days)
    return f"{kind.collection_name()}: {' and '.join(spans)} after {keep.after} ({keep.basis})"
