"""Find everything of a person and lay it out as a plan of erasure: one line a record (R24, R25)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import groupby, takewhile
from typing import Any

from bson import ObjectId

from documents.conversation.attachment import Attachment
from documents.erasure import audit_redaction, erasure_plan_item, pii_scan
from documents.erasure.erasure_plan import ErasurePlan, PlanState
from documents.erasure.erasure_plan_item import Question
from documents.staff.staff import Staff
from documents.work.task import Task
from jobs import scan_attachments
from jobs.job import read
from jobs.task_worker import Turn, Worker
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import registered, subject_kinds
from records.lists.index_selection import merge_conditions
from records.storage.database import database, session
from records.subject_records import (
    MatchReason,
    kinds_with_identities,
    kinds_with_personal_data,
    linked_users,
    not_owned_by,
    owned_by,
    same_identity,
)

AHEAD = 2_000

Row = Mapping[str, Any]
Item = tuple[str, str, ObjectId]
"""How a record was found, in which collection, and its id."""


class PlanErasure(Worker):
    """First what names the person, then what has their e-mail address or phone, among it other users;
    last, everything that others have written is read through for what speaks of them, the history too."""

    batch = 500
    read_seconds = 600

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        plan = ErasurePlan.objects(pk=task.params["plan"]).first()
        if plan is None or plan.state != PlanState.PREPARING:
            raise ActionRefused(N_("This plan is not wanted any more."))
        self.plan: ErasurePlan = plan
        self.summary: erasure_plan_item.Summary | None = None
        self.asked_of_files: dict[ObjectId, Question] = {}
        self.needles = pii_scan.PersonMatcher.of(linked_users(plan.people))

    @cached_property
    def searches(self) -> list[tuple[MatchReason, str, dict[str, Any]]]:
        """The searches to be made, in order."""
        users, identity = self.plan.people, self.plan.identity
        found = [(MatchReason.REFERENCE, kind, owned_by(kind, *users)) for kind in kinds_with_personal_data()]
        if identity:
            found += [
                (MatchReason.IDENTITY, kind, same_identity(kind, users, identity))
                for kind in kinds_with_identities()
            ]
        if self.needles.patterns:
            found += [
                (MatchReason.MENTION, kind, not_owned_by(kind, *users)) for kind in _written_by_people()
            ]
        searches = [(how, kind.collection_name(), where) for how, kind, where in found]
        return (
            [*searches, (MatchReason.MENTION, audit_redaction.COLLECTION, {})]
            if self.needles.patterns
            else searches
        )

    @cached_property
    def kinds(self) -> dict[str, type[Governed]]:
        return {kind.collection_name(): kind for kind in registered()}

    def count(self) -> int:
        """Exactly what names the person; of all else about how much there is to be read through."""
        return sum(
            database()[name].estimated_document_count()
            if how is MatchReason.MENTION
            else database()[name].count_documents(where)
            for how, name, where in self.searches
        )

    def items(self) -> Iterator[Item]:
        stands = self.task.cursor
        skip = any([how.value, name] == (stands or [])[:2] for how, name, _where in self.searches)
        for how, name, where in self.searches:
            here = where
            if skip:
                if [how.value, name] != stands[:2]:
                    continue
                skip, here = False, merge_conditions(where, {"_id": {"$gt": stands[2]}})
            for row in database()[name].find(here, {"_id": 1}).sort("_id").batch_size(AHEAD):
                yield how.value, name, row["_id"]

    def ahead(self, size: int) -> list[Item]:
        """As everywhere; what takes long is done here, beside the transaction: to read files, a few at a
        time, and once nothing is left, to sum up all lines."""
        found = super().ahead(size)
        if not found:
            self.summary = erasure_plan_item.summarize(self.plan.pk)
        elif files := list(takewhile(_is_file_of_another, found[: scan_attachments.AT_ONCE])):
            ids = [pk for _how, _name, pk in files]
            self.asked_of_files = scan_attachments.asked_of(ids, self.needles, self.plan.pk)
            return files
        return list(takewhile(lambda item: not _is_file_of_another(item), found))

    def cursor_after(self, item: Item) -> Any:
        return list(item)

    def do(self, items: Sequence[Item], now: datetime) -> Turn:
        for (how, name), group in groupby(items, key=lambda item: item[:2]):
            ids = [pk for _how, _name, pk in group]
            lines = (
                self._entries(ids)
                if name == audit_redaction.COLLECTION
                else self._records(name, ids, MatchReason(how))
            )
            erasure_plan_item.upsert_items(
                erasure_plan_item.carry_over_decisions(self.plan.earlier, list(lines))
            )
        return Turn(len(items))

    def _entries(self, ids: list[ObjectId]) -> Iterator[dict[str, Any]]:
        for entry, words in audit_redaction.entries_mentioning(ids, self.needles):
            yield self._line(
                audit_redaction.COLLECTION, {"_id": entry}, MatchReason.MENTION, None, words, Question.TEXT
            )

    def _records(self, name: str, ids: list[ObjectId], how: MatchReason) -> Iterator[dict[str, Any]]:
        kind = self.kinds[name]
        rows = list(database()[name].find({"_id": {"$in": ids}}, session=session()).sort("_id"))
        pii_scan.prefetch_keys(kind, rows)
        lines = self._speaking if how is MatchReason.MENTION else partial(self._of_person, how=how)
        yield from lines(kind, rows)

    def _of_person(self, kind: type[Governed], rows: list[Row], how: MatchReason) -> Iterator[dict[str, Any]]:
        """Lines for what names the person, or has their e-mail address or phone."""
        name, fate = kind.collection_name(), kind.policy.on_erasure
        for row in rows:
            if how is MatchReason.IDENTITY and kind in subject_kinds():
                yield self._line(name, row, how, None, [], Question.PERSON)
                continue
            left = pii_scan.found_in(kind, row, self.needles, fate)
            asks = Question.IDENTITY if how is MatchReason.IDENTITY else Question.TEXT if left else None
            yield self._line(name, row, how, fate, left, asks)

    def _speaking(self, kind: type[Governed], rows: list[Row]) -> Iterator[dict[str, Any]]:
        """Lines for records of others that speak of the person, a file by what stands in it first."""
        name, found = kind.collection_name(), MatchReason.MENTION
        for row in rows:
            if kind is Attachment and (asks := self.asked_of_files.get(row["_id"])):
                residue = ["file"] if asks is Question.FILE else []
                yield self._line(name, row, found, Fate.ERASE, residue, asks)
            elif left := pii_scan.found_in(kind, row, self.needles, None):
                yield self._line(name, row, found, None, left, Question.TEXT)

    def _line(
        self, collection: str, row: Row, how: MatchReason, fate: Fate | None, residue: list[str],
        asks: Question | None,
    ) -> dict[str, Any]:  # fmt: skip
        return {
            "plan": self.plan.pk,
            "collection": collection,
            "record": row["_id"],
            "version": row.get("version", 0),
            "found": how.value,
            "fate": fate.value if fate else None,
            "residue": residue,
            "asks": asks.value if asks else None,
            "decision": None,
            "done_at": None,
        }

    def finish(self, now: datetime) -> dict[str, Any]:
        plan = read(ErasurePlan, {"_id": self.plan.pk})[0]
        if plan.state != PlanState.PREPARING:
            raise ActionRefused(N_("This plan is not wanted any more."))
        if self.summary:
            plan.complete(self.summary, now)
        return {"result": {"url": f"/admin/{ErasurePlan.collection_name()}/details/?id={plan.pk}"}}


def _written_by_people() -> list[type[Governed]]:
    """The kinds that are read through for the person's name, files after the words beside them: all but
    the accounts of colleagues, one of whom may be called the same."""
    return [*(kind for kind in registered() if kind not in {Staff, Attachment}), Attachment]


def _is_file_of_another(item: Item) -> bool:
    return item[:2] == (MatchReason.MENTION.value, Attachment.collection_name())
