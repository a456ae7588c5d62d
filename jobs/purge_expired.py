"""Erase or anonymise what the policies no longer let us keep (R24)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.database import database, session
from documents.erasing import about_persons, end, free_of_hold
from documents.policy import Fate, Keep
from documents.record import Governed
from documents.registry import governed
from jobs.job import Part


def purge_expired(now: datetime) -> Iterator[Part]:
    """End the records of every kind whose time, counted from its `keep.after`, is over at `now`.

    A legal hold on a record or on its person keeps it. Persons come last, since the key to their
    records goes with them: a person stays as long as a record is still sealed with that key, such as
    an open ticket, or one whose own time is not over. Safe to repeat.
    """
    for kind in sorted(governed(), key=lambda kind: kind.policy.subject == "self"):
        keep = kind.policy.keep
        if keep is None:
            continue
        expired: dict[str, Any] = {keep.after: {"$lt": keep.cutoff(now)}}
        if keep.then is Fate.ANONYMISE:
            expired["anonymised_at"] = None
        rule = in_words(kind, keep)
        yield Part(
            kind,
            expired,
            rule,
            change=partial(end, fate=keep.then, rule=rule, now=now),
            pick=_spare_persons if kind.policy.subject == "self" else free_of_hold,
        )


def in_words(kind: type[Governed], keep: Keep) -> str:
    """The rule as tombstones name it: "complaints: 3 years after closed_at (S0 …)"."""
    spans = [f"{keep.years} years"] * bool(keep.years) + [f"{keep.days} days"] * bool(keep.days)
    return f"{kind.collection_name()}: {' and '.join(spans)} after {keep.after} ({keep.basis})"


def _spare_persons(persons: list[Governed]) -> list[Governed]:
    """Those of whom no record is left that only their key opens, or that a hold keeps."""
    candidates = free_of_hold(persons)
    ids = [person.pk for person in candidates]
    needed = {
        row[kind.policy.subject]
        for kind in about_persons()
        if kind.personal()
        for row in database()[kind.collection_name()].find(
            {kind.policy.subject: {"$in": ids}, "detached_at": None},
            {kind.policy.subject: 1},
            session=session(),
        )
    }
    return [person for person in candidates if person.pk not in needed]
