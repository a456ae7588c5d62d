"""Erase or anonymise what the policies no longer let us keep (R24)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from documents import purge_stop, quarantine
from documents.declaration.policy import Keep
from documents.declaration.record import Governed
from documents.privacy.erasing import about_persons, end, free_of_hold
from documents.privacy.retention import expired, in_words, ruled
from documents.quarantine import Quarantined
from documents.storage.database import database, session
from jobs.job import Part

CANARY = 20
"""So many go first, alone: where one of them fails, the rule takes no more in this run."""


def purge_expired(now: datetime) -> Iterator[Part]:
    """End the records of every kind whose time, counted from its `keep.after`, is over at `now`.

    A legal hold on a record or on its person keeps it. Persons come last, since the key to their
    records goes with them: a person stays as long as a record is still sealed with that key, such as
    an open ticket, or one whose own time is not over. A rule that would take a large part of a register
    asks for leave first. What goes lies in quarantine for some days. Safe to repeat.
    """
    over = {"until": {"$lt": now}}
    destroy = partial(quarantine.destroy, now=now, reason="its time in quarantine is over")
    yield Part(Quarantined, over, "their time in quarantine is over", change=destroy)
    for kind, keep in ruled():
        rule = in_words(kind, keep)
        may_go, count, of = purge_stop.brake(kind, keep, now)
        yield Part(
            kind,
            may_go,
            rule,
            change=partial(_purge, keep=keep, rule=rule, now=now),
            pick=_spare_persons if kind.policy.subject == "self" else free_of_hold,
            canary=CANARY,
        )
        if count:
            yield from _ask(kind, keep, count, of, now)


def _purge(records: list[Governed], keep: Keep, rule: str, now: datetime) -> int:
    quarantine.put(records, keep.then, rule, now)
    return end(records, fate=keep.then, rule=rule, now=now)


def _ask(kind: type[Governed], keep: Keep, count: int, of: int, now: datetime) -> Iterator[Part]:
    """Ask for leave, once for the rule: in a batch of one record, which stays as it is."""
    one = database()[kind.collection_name()].find_one(expired(keep, now), {"_id": 1})

    def ask(_records: list[Governed]) -> int:
        purge_stop.ask(kind, keep, count, of, now)
        return 0

    if one:
        why = f"{in_words(kind, keep)}; {count} of {of} records wait for leave"
        yield Part(kind, {"_id": one["_id"]}, why, change=ask, batch=1)


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
