"""Erase or anonymise what the policies no longer let us keep (R24)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pymongo

from documents.erasure.erase import apply_fate, without_hold
from documents.retention import purge_approval, purge_limit, quarantine
from documents.retention.quarantine import QuarantinedRecord
from documents.retention.retention_in_force import EffectiveRule, effective_rules, expired
from documents.retention.retention_rule import RetentionRule
from documents.retention.retention_rule_label import RuleName
from documents.work.notification import NotificationKind, notification, send
from jobs.job import Batch
from records.declaration.policy import Keep
from records.declaration.record import Governed
from records.declaration.registry import kinds_about_subjects
from records.lists.index_selection import match_stages, merge_conditions
from records.storage import orphan_files, writer
from records.storage.database import database, session
from security.permissions import Role

CANARY = 20
"""So many go first, alone: where one of them fails, the rule takes no more in this run."""
LOOKED_AT = 500
"""Among so many the first few of a changed rule are chosen."""
BATCH, WITH_PAPERS = 200, 25
"""How many records at a time; fewer where papers and files hang on them, which are sealed anew."""
SECONDS = 45

Pick = Callable[[list[Governed]], list[Governed]]


def purge_expired(now: datetime) -> Iterator[Batch]:
    """End the records of every kind whose time, counted from its `keep.after`, is over at `now`.

    A legal hold on a record or on its person keeps it. Persons come last, since the key to their
    records goes with them: a person stays as long as a record is still sealed with that key, such as
    an open ticket, or one whose own time is not over. The first run under a changed rule ends a few
    records and tells of them; a rule that would take a large part of a register asks for leave first.
    What goes lies in quarantine for some days. Files that a run which was killed left behind go as well.
    Safe to repeat.
    """
    over = {"until": {"$lt": now}}
    destroy = partial(quarantine.destroy, now=now, reason="its time in quarantine is over")
    yield Batch(QuarantinedRecord, over, "their time in quarantine is over", change=destroy)
    yield from _loose_files(now)
    share = purge_limit.current_limits(now).share
    for one in effective_rules(now):
        pick = _spare_persons if one.kind.policy.subject == "self" else without_hold
        if one.rule and not one.rule.begun_at:
            yield from _first_few(one, one.rule, pick, now)
        else:
            yield from _all(one, pick, share, now)


def _loose_files(now: datetime) -> Iterator[Batch]:
    for kind in orphan_files.KINDS:
        for ids in orphan_files.orphans(kind, now):
            yield Batch(kind, {"_id": {"$in": ids}}, "no record names them", change=orphan_files.remove)


def _all(one: EffectiveRule, pick: Pick, share: float, now: datetime) -> Iterator[Batch]:
    rule = str(RuleName.of(one.kind, one.keep))
    may_go, count, of = purge_approval.check_limit(one.kind, one.keep, now, share)
    yield Batch(
        one.kind,
        may_go,
        rule,
        change=partial(_purge, keep=one.keep, rule=rule, now=now),
        pick=pick,
        batch=_batch(one.kind),
        canary=CANARY,
    )
    if count:
        yield from _ask(one.kind, one.keep, count, of, now)


def _batch(kind: type[Governed]) -> int:
    has_papers = kind.dependents.__func__ is not Governed.dependents.__func__  # type: ignore[attr-defined]
    return WITH_PAPERS if has_papers else BATCH


def _first_few(one: EffectiveRule, rule: RetentionRule, pick: Pick, now: datetime) -> Iterator[Batch]:
    """A few records, in one transaction with the note that the rule has begun: should one fail, the rule
    has not, and the next run tries a few again."""
    over, name = expired(one.keep, now), one.kind.collection_name()
    with pymongo.timeout(SECONDS):
        rows = list(database()[name].aggregate([*match_stages(name, over), {"$limit": LOOKED_AT}]))
    few = [record.pk for record in pick([one.kind._from_son(row) for row in rows])[:CANARY]]

    def change(records: list[Governed]) -> int:
        done = _purge(records, one.keep, str(RuleName.of(one.kind, one.keep)), now)
        if len(records) == len(few):
            _begin(rule, now)
        return done

    if few:
        these = merge_conditions(over, {"_id": {"$in": few}})
        yield Batch(one.kind, these, f"the first few by {rule.number}", change=change, pick=pick)


def _begin(rule: RetentionRule, now: datetime) -> None:
    rule.begun_at = now
    writer.save(rule, now=now)
    told = (NotificationKind.RULE_BEGUN, RetentionRule.collection_name(), rule.pk, str(rule), now, ())
    send([
        notification(f"rule-begun:{rule.pk}:{role}", *told, to_role=role.value)
        for role in (Role.COMPLIANCE, Role.ADMIN)
    ])  # fmt: skip


def _purge(records: list[Governed], keep: Keep, rule: str, now: datetime) -> int:
    quarantine.put(records, keep.fate, rule, now)
    return apply_fate(records, fate=keep.fate, rule=rule, now=now)


def _ask(kind: type[Governed], keep: Keep, count: int, of: int, now: datetime) -> Iterator[Batch]:
    """Ask for leave, once for the rule: in a batch of one record, which stays as it is."""
    one = database()[kind.collection_name()].find_one(expired(keep, now), {"_id": 1})

    def ask(_records: list[Governed]) -> int:
        purge_approval.request_approval(kind, keep, count, of, now)
        return 0

    if one:
        why = f"{RuleName.of(kind, keep)}; {count} of {of} records wait for leave"
        yield Batch(kind, {"_id": one["_id"]}, why, change=ask, batch=1)


def _spare_persons(persons: list[Governed]) -> list[Governed]:
    """Those of whom no record is left that only their key opens, or that a hold keeps."""
    candidates = without_hold(persons)
    ids = [person.pk for person in candidates]
    needed = {
        row[kind.policy.subject]
        for kind in kinds_about_subjects()
        if kind.personal()
        for row in database()[kind.collection_name()].find(
            {kind.policy.subject: {"$in": ids}, "detached_at": None},
            {kind.policy.subject: 1},
            session=session(),
        )
    }
    return [person for person in candidates if person.pk not in needed]
