"""Carry out an approved plan of erasure: exactly its records, exactly as they were when it was made."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pymongo
from bson import ObjectId

from documents.conversation.attachment import Attachment
from documents.erasure import audit_redaction, erasure_plan_item, pii_scan
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erase import without_hold
from documents.erasure.erasure_plan import ErasurePlan
from documents.erasure.erasure_plan_item import COLLECTION, Decision
from jobs.job import Batch, read
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import kinds_about_subjects, registered
from records.lists.index_selection import merge_conditions
from records.storage import writer
from records.storage.audit import AuditAction
from records.storage.database import database, session
from records.subject_records import MatchReason, linked_users

Work = Callable[[list[Governed]], int]
SECONDS = 300
STRETCH = 1_000


def has_changed(plan: ErasurePlan) -> bool:
    """Whether the data are not those that were approved: a record was changed, has gone, or has come."""
    with pymongo.timeout(SECONDS):
        return plan.has_changed()


def was_touched(plan: ErasurePlan) -> bool:
    """Whether a record of the plan that is still to be done is not as it was."""
    with pymongo.timeout(SECONDS):
        return next(erasure_plan_item.changed(plan.pk), None) is not None


def parts(
    plan: ErasurePlan, request: ObjectId, left_of: Callable[[type[Governed]], dict[str, Any]],
    work: Work, rule: str, now: datetime,
) -> Iterator[Batch]:  # fmt: skip
    """The work on what is about a person: what speaks of them, what names them, what has their e-mail
    address or phone; last, what came since is taken out of the way of the person's key."""
    needles = pii_scan.PersonMatcher.of(linked_users(plan.people))
    pick = partial(_as_planned, plan=plan)
    change = partial(_carry_out, plan=plan, needles=needles, work=work, rule=rule, now=now)
    redact = partial(_redact_only, plan=plan, needles=needles, rule=rule, now=now)
    for kind in registered():
        if mentions := _ids(plan, kind, MatchReason.MENTION, fate=None):
            yield Batch(kind, {"_id": {"$in": mentions}}, f"{rule}, texts", change=redact, pick=pick)
    if entries := _ids(plan, audit_redaction.Entry, MatchReason.MENTION):
        black_out = partial(_redact_trail, plan=plan, needles=needles, rule=rule, now=now)
        yield Batch(audit_redaction.Entry, {"_id": {"$in": entries}}, f"{rule}, history", change=black_out)
    if files := _ids(plan, Attachment, MatchReason.MENTION, fate=Fate.ERASE.value):
        yield Batch(Attachment, {"_id": {"$in": files}}, f"{rule}, files", change=change, pick=pick)
    for kind in kinds_about_subjects():
        yield Batch(kind, left_of(kind), rule, change=change, pick=pick)
        if same := _ids(plan, kind, MatchReason.IDENTITY):
            yield Batch(kind, {"_id": {"$in": same}}, f"{rule}, identity", change=change, pick=pick)
    for kind in kinds_about_subjects():
        aside = partial(_keep_aside, plan=plan, request=request, now=now)
        for ids in _unplanned(kind, left_of(kind), plan):
            yield Batch(kind, {"_id": {"$in": ids}, "detached_at": None}, f"{rule}, arrived", change=aside)


def _ids(plan: ErasurePlan, kind: Any, found: MatchReason, **lines: Any) -> list[ObjectId]:
    """The records of one kind that were found in one way, are to be done, and are not."""
    wanted = {"plan": plan.pk, "collection": kind.collection_name(), "found": found.value, **lines}
    left = {**wanted, "decision": Decision.ACT.value, "done_at": None}
    return sorted(row["record"] for row in database()[COLLECTION].find(left, {"record": 1}))


def _as_planned(records: list[Governed], plan: ErasurePlan) -> list[Governed]:
    """Those that are as they were when the plan was made, and that no hold keeps."""
    if not records:
        return []
    name, ids = records[0].collection_name(), [record.pk for record in records]
    lines = erasure_plan_item.items_for(plan.pk, name, ids)
    return [
        record
        for record in without_hold(records)
        if (line := lines.get(record.pk))
        and line["version"] == record.version
        and erasure_plan_item.is_to_be_done(line)
    ]


def _carry_out(
    records: list[Governed], plan: ErasurePlan, needles: pii_scan.PersonMatcher, work: Work, rule: str,
    now: datetime,
) -> int:  # fmt: skip
    """Black out what a person decided to black out, then end the records as declared."""
    kind, ids = type(records[0]), [record.pk for record in records]
    lines = erasure_plan_item.items_for(plan.pk, kind.collection_name(), ids)
    if spoken := [record for record in records if erasure_plan_item.is_to_be_redacted(lines[record.pk])]:
        _redact(spoken, needles, rule, now)
        records = read(kind, {"_id": {"$in": ids}})
    done = work(records)
    _mark(plan, kind, ids, now)
    return done


def _redact_only(
    records: list[Governed], plan: ErasurePlan, needles: pii_scan.PersonMatcher, rule: str, now: datetime
) -> int:
    _redact(records, needles, rule, now)
    _mark(plan, type(records[0]), [record.pk for record in records], now)
    return len(records)


def _redact_trail(
    entries: list[audit_redaction.Entry],
    plan: ErasurePlan,
    needles: pii_scan.PersonMatcher,
    rule: str,
    now: datetime,
) -> int:
    ids = [entry.pk for entry in entries]
    _mark(plan, audit_redaction.Entry, ids, now)
    return audit_redaction.redact(ids, needles, rule, now)


def _redact(records: list[Governed], needles: pii_scan.PersonMatcher, rule: str, now: datetime) -> None:
    records[0].prefetch_keys(records[1:])
    for record in records:
        pii_scan.redact(record, needles)
    writer.save(*records, reason=rule, now=now, deed=AuditAction.ERASE)


def _mark(plan: ErasurePlan, kind: Any, ids: list[ObjectId], now: datetime) -> None:
    where = {"plan": plan.pk, "collection": kind.collection_name(), "record": {"$in": ids}}
    database()[COLLECTION].update_many(where, {"$set": {"done_at": now}}, session=session())


def _unplanned(kind: type[Governed], where: dict[str, Any], plan: ErasurePlan) -> Iterator[list[ObjectId]]:
    """The records of a person that the plan does not name, in stretches."""
    name, after = kind.collection_name(), None
    while True:
        here = merge_conditions(where, {"_id": {"$gt": after}} if after else {})
        with pymongo.timeout(SECONDS):
            rows = database()[name].find(here, {"_id": 1}).sort("_id").limit(STRETCH)
            ids = [row["_id"] for row in rows]
        if not ids:
            return
        named = {
            row["record"]
            for row in database()[COLLECTION].find(
                {"plan": plan.pk, "collection": name, "record": {"$in": ids}}, {"record": 1}
            )
        }
        if others := [pk for pk in ids if pk not in named]:
            yield others
        after = ids[-1]


def _keep_aside(records: list[Governed], plan: ErasurePlan, request: ObjectId, now: datetime) -> int:
    """Seal what arrived since with a key of its own, so that it outlives the person's: nobody has seen
    it yet, and it may want an answer."""
    records[0].prefetch_keys(records[1:])
    for record in records:
        record.detached_at = now
    count, name = writer.save(*records, now=now), records[0].collection_name()
    erasure_plan_item.upsert_items(
        {
            "plan": plan.pk,
            "collection": name,
            "record": record.pk,
            "version": record.version,
            "found": MatchReason.ARRIVED.value,
            "done_at": now,
        }
        for record in records
    )
    for asked in read(DeletionRequest, {"_id": request}):
        arrived = asked.outcome.get("arrived", {})
        asked.outcome = {**asked.outcome, "arrived": {**arrived, name: arrived.get(name, 0) + count}}
        writer.save(asked, now=now)
    return count
