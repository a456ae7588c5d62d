"""Carry out requests to delete a person's data: everything about them, as declared (R24, R25)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from bson import ObjectId

from documents import keys, writing
from documents.database import database, session
from documents.deletion import DeletionRequest, Progress
from documents.erasing import about_persons, end, free_of_hold, persons
from documents.policy import Fate
from documents.record import Governed
from jobs.job import Part, read

WAITING = (Progress.REQUESTED, Progress.RUNNING, Progress.BLOCKED)


def carry_out_erasures(now: datetime) -> Iterator[Part]:
    """Do what each waiting request asks: the records about the person, then the person, whose data
    key goes with them, and last the request itself.

    A legal hold on the person or any of their records blocks the request before anything is
    touched; it is taken up again once the hold is gone. Safe to kill at any point: what is left
    is found by asking again.
    """
    waiting = {"state": {"$in": [state.value for state in WAITING]}}
    for request in sorted(read(DeletionRequest, waiting), key=lambda request: request.created_at):
        yield from _parts(request, now)


def _parts(request: DeletionRequest, now: datetime) -> Iterator[Part]:
    rule = f"deletion request {request.pk}"
    if held := _held(request.user):
        yield Part(DeletionRequest, {"_id": request.pk}, rule, change=partial(_block, held=held, now=now))
        return
    begun = {"_id": request.pk, "state": Progress.RUNNING.value}
    unbegun = {"_id": request.pk, "state": {"$ne": Progress.RUNNING.value}}
    if request.state != Progress.RUNNING:
        yield Part(DeletionRequest, unbegun, rule, change=partial(_begin, now=now))
    work = partial(_end, request=request.pk, rule=rule, now=now)
    for kind in about_persons():
        yield Part(kind, _left_of(kind, request), rule, change=work, pick=free_of_hold)
    for kind in persons():
        last = partial(_end_last, request=request, work=work)
        yield Part(kind, _left_of(kind, request), rule, change=last, pick=partial(_unheld, request=request))
    yield Part(DeletionRequest, begun, rule, change=partial(_finish, now=now))


def _of(kind: type[Governed], user: ObjectId) -> dict[str, Any]:
    """The records of one kind that are about a person, or are the person."""
    subject = kind.policy.subject
    return {"_id" if subject in {None, "self"} else str(subject): user}


def _left_of(kind: type[Governed], request: DeletionRequest) -> dict[str, Any]:
    """What is still to be done in one kind. A record that retention anonymised earlier is gone
    through again: something personal may have been added to it since."""
    if kind.policy.on_erasure is Fate.ERASE:
        return _of(kind, request.user)
    again = [{"detached_at": None}, {"detached_at": {"$lt": request.created_at}}]
    return {**_of(kind, request.user), "$or": again}


def _left(request: DeletionRequest, kinds: list[type[Governed]]) -> int:
    return sum(_count(kind, _left_of(kind, request)) for kind in kinds)


def _held(user: ObjectId) -> dict[str, int]:
    """How many records of a person a legal hold keeps, by kind."""
    held = {"hold_reason": {"$nin": [None, ""]}}
    counts = {
        kind.collection_name(): _count(kind, {**_of(kind, user), **held})
        for kind in [*persons(), *about_persons()]
    }
    return {name: count for name, count in counts.items() if count}


def _count(kind: type[Governed], where: dict[str, Any]) -> int:
    return database()[kind.collection_name()].count_documents(where, session=session())


def _block(requests: list[DeletionRequest], held: dict[str, int], now: datetime) -> int:
    for request in requests:
        request.state = Progress.BLOCKED
        request.outcome = {**request.outcome, "held": held}
    return writing.save(*requests, now=now)


def _begin(requests: list[DeletionRequest], now: datetime) -> int:
    for request in requests:
        request.state = Progress.RUNNING
        request.of = request.done + _left(request, [*about_persons(), *persons()])
        request.outcome = {name: count for name, count in request.outcome.items() if name != "held"}
    return writing.save(*requests, now=now)


def _end(records: list[Governed], request: ObjectId, rule: str, now: datetime) -> int:
    """End records of one kind as declared, and count them on the request."""
    kind = type(records[0])
    fate, name = kind.policy.on_erasure, kind.collection_name()
    count = end(records, fate, rule, now, request)
    for asked in read(DeletionRequest, {"_id": request}):
        asked.done += count
        before = asked.outcome.get(name, {}).get(fate.value, 0)
        asked.outcome = {**asked.outcome, name: {fate.value: before + count}}
        writing.save(asked, now=now)
    return count


def _unheld(people: list[Governed], request: DeletionRequest) -> list[Governed]:
    """The person, unless a hold has come since the request was begun."""
    return [] if _held(request.user) else people


def _end_last(people: list[Governed], request: DeletionRequest, work: Callable[[list[Governed]], int]) -> int:
    """End the person once nothing about them is left: a record that failed is tried again while the
    key to it is still there."""
    return 0 if _left(request, about_persons()) else work(people)


def _finish(requests: list[DeletionRequest], now: datetime) -> int:
    finished = [request for request in requests if not _left(request, [*about_persons(), *persons()])]
    for request in finished:
        if not any(_count(kind, _of(kind, request.user)) for kind in persons()):
            keys.destroy([request.user])
        request.state = Progress.DONE
        request.finished_at = now
    return writing.save(*finished, now=now)
