"""Carry out requests to delete a person's data: everything about them, as declared (R24, R25).

A request without a plan takes all that names the person. A planned one takes exactly the records that
the approved plan names, as they were when it was made; what came since is kept aside.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bson import ObjectId

from documents.erasure.certificate import Certificate
from documents.erasure.deletion_request import OPEN, DeletionRequest, Progress
from documents.erasure.erase import apply_fate, without_hold
from documents.erasure.erasure_plan import ErasurePlan, PlanState, approved
from documents.retention.retention_rule_label import REQUESTED
from documents.work.notification import NotificationKind
from jobs import erasure_execute
from jobs.job import Batch, read
from language.words import N_
from records.declaration.record import Governed
from records.declaration.registry import kinds_about_subjects, subject_kinds
from records.storage import keys, writer
from records.storage.database import database, session
from records.subject_records import kinds_with_personal_data, owned_by


def carry_out_erasures(now: datetime) -> Iterator[Batch]:
    """Do what each waiting request asks: the records about the person, then the person, whose data
    key goes with them, and last the request itself.

    A legal hold on the person or any of their records blocks the request before anything is
    touched; it is taken up again once the hold is gone. Safe to kill at any point: what is left
    is found by asking again.
    """
    waiting = {"state": {"$in": [state.value for state in OPEN]}}
    for request in sorted(read(DeletionRequest, waiting), key=lambda request: request.created_at):
        plan = approved(request.pk)
        if plan or not request.plan:
            yield from _parts(request, plan, now)


def _parts(request: DeletionRequest, plan: ErasurePlan | None, now: datetime) -> Iterator[Batch]:
    if request.state == Progress.PROPOSED and plan is None:
        return
    rule = f"{REQUESTED} {request.pk}"  # parts of one kind are told apart by what follows it
    if held := _held(request):
        yield Batch(DeletionRequest, {"_id": request.pk}, rule, change=partial(_block, held=held, now=now))
        return
    begun = {"_id": request.pk, "state": Progress.RUNNING.value}
    unbegun = {"_id": request.pk, "state": {"$ne": Progress.RUNNING.value}}
    if request.state != Progress.RUNNING:
        if plan and erasure_execute.has_changed(plan):
            yield Batch(
                DeletionRequest,
                unbegun,
                f"{rule}, void",
                change=partial(_back_to_planning, plan=plan, now=now),
            )
            return
        yield Batch(DeletionRequest, unbegun, f"{rule}, begin", change=partial(_begin, now=now))
    work = partial(_end, request=request.pk, rule=rule, now=now)
    if plan:
        yield from erasure_execute.parts(plan, request.pk, _left_in(request), work, rule, now)
        if erasure_execute.was_touched(plan):
            yield Batch(
                DeletionRequest, begun, f"{rule}, void", change=partial(_back_to_planning, plan=plan, now=now)
            )
            return
    else:
        for kind in kinds_about_subjects():
            yield Batch(kind, _left_of(kind, request), rule, change=work, pick=without_hold)
    for kind in subject_kinds():
        last = partial(_end_last, request=request, work=work)
        yield Batch(kind, _left_of(kind, request), rule, change=last, pick=partial(_unheld, request=request))
    yield Batch(DeletionRequest, begun, f"{rule}, end", change=partial(_finish, plan=plan, now=now))


def _left_of(kind: type[Governed], request: DeletionRequest) -> dict[str, Any]:
    """What is still to be done in one kind. A record that retention anonymised earlier is gone
    through again: something personal may have been added to it since."""
    again = [{"detached_at": None}, {"detached_at": {"$lt": request.created_at}}]
    return {**owned_by(kind, *request.people), "$or": again}


def _left_in(request: DeletionRequest) -> Callable[[type[Governed]], dict[str, Any]]:
    return lambda kind: _left_of(kind, request)


def _left(request: DeletionRequest, kinds: list[type[Governed]]) -> int:
    return sum(_count(kind, _left_of(kind, request)) for kind in kinds)


def _held(request: DeletionRequest) -> dict[str, int]:
    """How many records of the person a legal hold keeps, by kind."""
    held = {"hold_reason": {"$nin": [None, ""]}}
    counts = {
        kind.collection_name(): _count(kind, {**owned_by(kind, *request.people), **held})
        for kind in kinds_with_personal_data()
    }
    return {name: count for name, count in counts.items() if count}


def _count(kind: type[Governed], where: dict[str, Any]) -> int:
    return database()[kind.collection_name()].count_documents(where, session=session())


def _rows(kind: type[Governed], where: dict[str, Any]) -> list[dict[str, Any]]:
    return list(database()[kind.collection_name()].find(where, {"_id": 1}, session=session()))


def _block(requests: list[DeletionRequest], held: dict[str, int], now: datetime) -> int:
    for request in requests:
        request.state = Progress.BLOCKED
        request.outcome = {**request.outcome, "held": held}
    return writer.save(*requests, now=now)


def _begin(requests: list[DeletionRequest], now: datetime) -> int:
    for request in requests:
        request.state = Progress.RUNNING
        request.of = request.done + _left(request, kinds_with_personal_data())
        request.begun_at = request.begun_at or now
        request.outcome = {name: count for name, count in request.outcome.items() if name != "held"}
    return writer.save(*requests, now=now)


def _end(records: list[Governed], request: ObjectId, rule: str, now: datetime) -> int:
    """End records of one kind as declared, and count them on the request."""
    kind = type(records[0])
    fate, name = kind.policy.on_erasure, kind.collection_name()
    count = apply_fate(records, fate, rule, now, request)
    for asked in read(DeletionRequest, {"_id": request}):
        asked.done += count
        before = asked.outcome.get(name, {}).get(fate.value, 0)
        asked.outcome = {**asked.outcome, name: {fate.value: before + count}}
        writer.save(asked, now=now)
    return count


def _unheld(people: list[Governed], request: DeletionRequest) -> list[Governed]:
    """The person, unless a hold has come since the request was begun."""
    return [] if _held(request) else people


def _end_last(people: list[Governed], request: DeletionRequest, work: Callable[[list[Governed]], int]) -> int:
    """End the person once nothing about them is left: a record that failed is tried again while the
    key to it is still there."""
    return 0 if _left(request, kinds_about_subjects()) else work(people)


def _back_to_planning(requests: list[DeletionRequest], plan: ErasurePlan, now: datetime) -> int:
    """The data are not those that were approved: somebody has to look at them again."""
    for request in requests:
        request.state = Progress.PROPOSED
    for stale in read(ErasurePlan, {"_id": plan.pk}):
        stale.invalidate(N_("The data have changed since the plan was made."), now)
        stale.notify(NotificationKind.PLAN_VOID, now)
    return writer.save(*requests, now=now)


def _finish(requests: list[DeletionRequest], plan: ErasurePlan | None, now: datetime) -> int:
    finished = [request for request in requests if not _left(request, kinds_with_personal_data())]
    for request in finished:
        left = {
            row["_id"] for kind in subject_kinds() for row in _rows(kind, owned_by(kind, *request.people))
        }
        keys.destroy(set(request.people) - left)
        request.state = Progress.DONE
        request.finished_at = now
        request.certificate = Certificate.issue(request, plan and plan.fingerprint, now).pk
        for done in read(ErasurePlan, {"_id": plan.pk}) if plan else ():
            done.state, done.identity = PlanState.DONE, []
            done.save(now=now)
        if request.outcome.get("arrived"):
            _follow_up(request, now)
    return writer.save(*finished, now=now)


def _follow_up(request: DeletionRequest, now: datetime) -> None:
    """What arrived meanwhile was kept aside; it waits for a plan of its own. Made a moment later than
    what it is about was set aside, so that this still is to be done."""
    DeletionRequest(
        created_at=now + timedelta(milliseconds=1),
        user=request.user,
        user_number=request.user_number,
        also=request.also,
        reason=N_("It arrived while an earlier request was carried out."),
        requested_by=request.requested_by,
        asked_by=request.asked_by,
        state=Progress.PROPOSED,
    ).save(now=now)
