"""One deed done to many records: which records, what is done, and what came of it.

The records are those that somebody picked, or all that a list's filters leave; either way they are
looked for again when the deed is done, so one that no longer matches is left as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from mongoengine import ValidationError

from documents.deadlines.calendar_override import CalendarOverrides
from documents.erasure import erase
from documents.privacy import restriction
from documents.retention.retention_rule_label import BY_HAND
from documents.work.task import problem
from exchange.bulk import bulk_update
from language.words import N_
from records.declaration.actions import ActionRefused, RecordAction, actions_of
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists import filters
from records.lists.filters import FilterParams
from records.lists.index_selection import merge_conditions
from records.storage import writer
from records.storage.database import database, in_transaction, session
from records.storage.writer import ConcurrentModification, DuplicateValue, ImmutableField
from security.actor import current_actor
from security.permissions import Action

DELETE, SET = "delete", "set"
"""The deeds that every kind of record knows, beside its own verbs."""


UNFIT = (ValidationError, ConcurrentModification, ImmutableField, DuplicateValue)
"""What one record may raise that the others need not suffer for."""


class UnknownBulkAction(LookupError):
    """This kind of record knows no such deed for many."""


@dataclass(frozen=True)
class Selection:
    """Some records of one kind: those `picked`, or where nothing was, all that match what a list was
    `query_terms`, at the moment and in the zone in which it was."""

    kind: type[Governed]
    asked: FilterParams
    at: datetime
    zone: str
    picked: tuple[ObjectId, ...] = ()

    def where(self) -> dict[str, Any]:
        """The query, never beyond what who acts may see. Raises `records.lists.filters.BadFilter`."""
        if self.picked:
            found: dict[str, Any] = {"_id": {"$in": list(self.picked)}}
        else:
            found = filters.query(self.kind, self.asked, self.at, ZoneInfo(self.zone))
        scope = self.kind.scope(current_actor())
        return merge_conditions(scope, found)

    def count(self) -> int:
        return database()[self.kind.collection_name()].count_documents(self.where())

    def sample(self, size: int) -> list[dict[str, Any]]:
        """Some of the rows, the newest first."""
        label = self.kind._fields[self.kind.policy.label].db_field
        rows = database()[self.kind.collection_name()].find(self.where(), {label: 1})
        return list(rows.sort("_id", -1).limit(size))

    def ids(self, after: ObjectId | None = None) -> Any:
        """The ids in order, from `after` on, as a cursor."""
        where = merge_conditions({"_id": {"$gt": after}} if after else {}, self.where())
        return database()[self.kind.collection_name()].find(where, {"_id": 1}).sort("_id")

    def stored(self) -> dict[str, Any]:
        """This selection as plain data, to be read back by `read`."""
        return {
            "collection": self.kind.collection_name(),
            "asked": {name: list(values) for name, values in self.asked.items()},
            "at": self.at,
            "zone": self.zone,
            "picked": list(self.picked),
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Selection":
        kind = by_collection(stored["collection"])
        if kind is None:
            raise ActionRefused(N_("These records are no longer kept here."))
        return cls(kind, stored["asked"], stored["at"], stored["zone"], tuple(stored["picked"]))


@dataclass(frozen=True)
class BulkAction:
    """What is done to each: a verb of the kind, `delete`, or `set` with values by field."""

    kind: type[Governed]
    name: str
    note: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def action(self) -> Action:
        """What one must be allowed to do for it. Raises `UnknownBulkAction`."""
        if self.name in {DELETE, SET}:
            return Action.DELETE if self.name == DELETE else Action.EDIT
        one = actions_of(self.kind).get(self.name)
        if one is None or not one.bulk:
            raise UnknownBulkAction(self.name)
        return one.requires

    def do(self, ids: Sequence[ObjectId], where: Mapping[str, Any], now: datetime) -> "Outcome":
        """Do it to those of `ids` that still match `where`, all in one transaction."""
        return in_transaction(
            lambda: self._do(ids, merge_conditions({"_id": {"$in": list(ids)}}, where), now)
        )

    def do_all(self, ids: Sequence[ObjectId], where: Mapping[str, Any], now: datetime) -> "Outcome":
        """Do it to all at once; where one is in the way of the others, to one after the other."""
        try:
            return self.do(ids, where, now)
        except UNFIT:
            outcomes = [self._alone(pk, where, now) for pk in ids]
        problems = [one for outcome in outcomes for one in outcome.problems]
        return Outcome(sum(outcome.done for outcome in outcomes), problems)

    def _alone(self, pk: ObjectId, where: Mapping[str, Any], now: datetime) -> "Outcome":
        try:
            return self.do([pk], where, now)
        except UNFIT as error:
            return Outcome(
                0, [problem(str(pk), N_("It could not be done (%(error)s)."), error=type(error).__name__)]
            )

    def _do(self, ids: Sequence[ObjectId], where: Mapping[str, Any], now: datetime) -> "Outcome":
        if self.name == SET:
            theirs = restriction.restricted_filter(self.kind)
            kept = restriction.count_among(self.kind, where) if theirs else 0
            free = merge_conditions(where, *({name: {"$nin": one["$in"]}} for name, one in theirs.items()))
            found = bulk_update.write(self.kind, free, self.values, self.note, now)
            refused = [problem("", restriction.WHY)] * kept
            return Outcome(found, [*refused, *left_alone(len(ids) - found - kept)])
        records = [
            self.kind._from_son(row)
            for row in database()[self.kind.collection_name()].find(where, session=session()).sort("_id")
        ]
        gone = left_alone(len(ids) - len(records))
        closed = restriction.restricted({subject for one in records if (subject := one.subject_id())})
        refused = [problem(label(one), restriction.WHY) for one in records if one.subject_id() in closed]
        records = [one for one in records if one.subject_id() not in closed]
        outcome = self._delete(records, now) if self.name == DELETE else self._each(records, now)
        return Outcome(outcome.done, [*outcome.problems, *refused, *gone])

    def _delete(self, records: list[Governed], now: datetime) -> "Outcome":
        free = erase.without_hold(records) if records else []
        kept = {record.pk for record in records} - {record.pk for record in free}
        held = [
            problem(label(record), N_("A legal hold keeps it.")) for record in records if record.pk in kept
        ]
        return Outcome(erase.apply_fate(free, Fate.ERASE, f"{BY_HAND}: {self.note}", now), held)

    def _each(self, records: list[Governed], now: datetime) -> "Outcome":
        one = actions_of(self.kind)[self.name]
        answered = {"note": self.note} if one.comment else {}
        problems: list[dict[str, Any]] = []
        with writer.batched_writes(), CalendarOverrides.read_once():
            possible = [record for record in records if _is_possible(one, record, problems)]
            if one.bulk_method:
                getattr(self.kind, one.bulk_method)(possible, now, **answered)
                return Outcome(len(possible), problems)
            for record in possible:
                try:
                    getattr(record, one.name)(now, **answered)
                except ActionRefused as error:
                    problems.append(problem(label(record), error.message, **error.words))
        return Outcome(len(records) - len(problems), problems)


@dataclass(frozen=True)
class Outcome:
    """How many were done, and what was in the way of the others."""

    done: int
    problems: list[dict[str, Any]] = field(default_factory=list)


def _is_possible(one: RecordAction, record: Governed, problems: list[dict[str, Any]]) -> bool:
    if one.when(record):
        return True
    problems.append(problem(label(record), N_("This is not possible as it stands.")))
    return False


def left_alone(count: int) -> list[dict[str, Any]]:
    """What to say of records that changed or went between the asking and the doing."""
    return [problem("", N_("It has changed meanwhile, or is gone; it was left as it is."))] * count


def label(record: Governed) -> str:
    """What a record may be called beside a problem: never by personal data."""
    return str(record.pk if record.policy.label in record.personal() else record)
