"""Find everything of a person and lay it out as a plan of erasure: one line a record (R24, R25)."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from bson import ObjectId
from mongoengine import EmbeddedDocumentField, ListField

from documents.declaration.record import Governed
from documents.declaration.verbs import Refused
from documents.declaration.words import N_
from documents.erasure_plan import ErasurePlan, PlanState
from documents.lists import tokens
from documents.lists.windows import joined
from documents.privacy import erasure_item, residual
from documents.privacy.belonging import (
    Found,
    by_identity,
    kinds_of_persons,
    kinds_with_identities,
    of_person,
    person,
)
from documents.privacy.erasing import about_persons, persons
from documents.storage.database import database, session
from documents.task import Task
from jobs.job import read
from jobs.task_worker import Turn, Worker

MOST_MENTIONS = 2_000
"""So many records of each kind that speak of a person are laid out; more would be a common word."""

Item = tuple[str, str, ObjectId]
"""How a record was found, in which collection, and its id."""


class PlanErasure(Worker):
    """First what names the person, then what has their e-mail address or phone, then what speaks of them."""

    batch = 300

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        plan = ErasurePlan.objects(pk=task.asked["plan"]).first()
        if plan is None or plan.state != PlanState.PREPARING:
            raise Refused(N_("This plan is not wanted any more."))
        self.plan: ErasurePlan = plan
        whose = person(plan.user)
        self.needles = residual.Needles.of(whose) if whose else None

    @cached_property
    def searches(self) -> list[tuple[Found, type[Governed], dict[str, Any]]]:
        """The searches to be made, in order."""
        user, identity = self.plan.user, self.plan.identity
        found = [(Found.REFERENCE, kind, of_person(kind, user)) for kind in kinds_of_persons()]
        if identity:
            known = [kind for kind in kinds_with_identities() if kind not in persons()]
            found += [(Found.IDENTITY, kind, by_identity(kind, user, identity)) for kind in known]
        if self.needles:
            found += [
                (Found.MENTION, kind, where)
                for kind in about_persons()
                if (where := self._mentions(kind)) is not None
            ]
        return found

    @cached_property
    def kinds(self) -> dict[str, type[Governed]]:
        return {kind.collection_name(): kind for _how, kind, _where in self.searches}

    def _mentions(self, kind: type[Governed]) -> dict[str, Any] | None:
        """The query for records of others that may speak of the person: by the search index, and by
        the notes that stand in none."""
        texts = self.needles.texts if self.needles else ()
        wanted = [tokens.blinded(tokens.asked(text)) for text in texts if kind.policy.search]
        ways: list[dict[str, Any]] = [{"search": {"$all": words}} for words in wanted if words]
        for path in _plain_paths(kind):
            ways += [{path: {"$regex": re.escape(text)}} for text in texts]
        own = of_person(kind, self.plan.user)
        return {"$or": ways, **{name: {"$ne": value} for name, value in own.items()}} if ways else None

    def count(self) -> int:
        return sum(
            database()[kind.collection_name()].count_documents(where)
            for how, kind, where in self.searches
            if how is not Found.MENTION
        )

    def items(self) -> Iterator[Item]:
        stands = self.task.cursor
        skip = bool(stands)
        for how, kind, where in self.searches:
            here = where
            if skip:
                if [how.value, kind.collection_name()] != stands[:2]:
                    continue
                skip, here = False, joined(where, {"_id": {"$gt": stands[2]}})
            rows = database()[kind.collection_name()].find(here, {"_id": 1}).sort("_id")
            for row in rows.limit(MOST_MENTIONS) if how is Found.MENTION else rows:
                yield how.value, kind.collection_name(), row["_id"]

    def cursor_after(self, item: Item) -> Any:
        return list(item)

    def do(self, items: Sequence[Item], now: datetime) -> Turn:
        done = 0
        for (how, collection), group in groupby(items, key=lambda item: item[:2]):
            ids = [pk for _how, _collection, pk in group]
            records = read(self.kinds[collection], {"_id": {"$in": ids}})
            if records:
                records[0].open_together(records[1:])
            erasure_item.keep(row for record in records if (row := self._line(record, Found(how))))
            if how == Found.REFERENCE:
                self._look_through_history(collection, ids)
            done += len(ids) if how != Found.MENTION else 0
        return Turn(done)

    def _line(self, record: Governed, how: Found) -> dict[str, Any] | None:
        """A line of the plan; None for a record that does not speak of the person after all."""
        fate = None if how is Found.MENTION else record.policy.on_erasure
        left = residual.found_in(record, self.needles, fate) if self.needles else []
        if how is Found.MENTION and not left:
            return None
        return {
            "plan": self.plan.pk,
            "collection": record.collection_name(),
            "record": record.pk,
            "version": record.version,
            "found": how.value,
            "fate": fate.value if fate else None,
            "residue": left,
            "asks": "identity" if how is Found.IDENTITY else "text" if left else None,
            "decision": None,
            "done_at": None,
        }

    def _look_through_history(self, collection: str, ids: list[ObjectId]) -> None:
        """Count the audit entries that speak of the person. They stay: the law wants the record of
        what was done, and the trail is never rewritten."""
        if not self.needles:
            return
        entries = database()["audit"].find(
            {"collection": collection, "record": {"$in": ids}}, {"reason": 1, "changes": 1}, session=session()
        )
        count = sum(self.needles.are_in(f"{row.get('reason')} {row.get('changes')}") for row in entries)
        if count:
            database()[ErasurePlan.collection_name()].update_one(
                {"_id": self.plan.pk}, {"$inc": {"in_history": count}}, session=session()
            )

    def finish(self, now: datetime) -> dict[str, Any]:
        plan = read(ErasurePlan, {"_id": self.plan.pk})[0]
        if plan.state != PlanState.PREPARING:
            raise Refused(N_("This plan is not wanted any more."))
        plan.complete(now)
        return {"result": {"url": f"/admin/{ErasurePlan.collection_name()}/details/?id={plan.pk}"}}


def _plain_paths(kind: type[Governed]) -> Iterator[str]:
    """The texts inside records that are stored open, such as the notes of a ticket's steps."""
    for field in kind._fields.values():
        if isinstance(field, ListField) and isinstance(field.field, EmbeddedDocumentField):
            for inner in field.field.document_type._fields.values():
                if residual.is_text(inner):
                    yield f"{field.db_field}.{inner.db_field}"
