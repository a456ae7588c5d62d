"""Write to everybody who agreed to an older version of an agreement what the new one says (R23)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.conversation.message import Message, MessageKind
from documents.people.user import User
from documents.privacy import privacy_notice, terms_letter
from documents.privacy.agreement import Agreement
from documents.work.task import Task, problem
from jobs.job import read
from jobs.task_worker import Turn, Worker
from language.languages import Language
from language.words import N_
from mail.addresses import is_address
from records.storage import writer
from records.storage.database import database, session


class TellChangedTerms(Worker):
    """The agreements to earlier versions that hold, by id; each is told once of this version."""

    batch = 200

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.notice = privacy_notice.read(task.params["notice"])

    def _where(self) -> dict[str, Any]:
        return {"kind": self.notice.kind, "ended_at": None}

    def count(self) -> int:
        return database()[Agreement.collection_name()].count_documents(self._where())

    def items(self) -> Iterator[ObjectId]:
        after = {"_id": {"$gt": self.task.cursor}} if self.task.cursor else {}
        for row in (
            database()[Agreement.collection_name()].find({**self._where(), **after}, {"_id": 1}).sort("_id")
        ):
            yield row["_id"]

    def do(self, items: Sequence[ObjectId], now: datetime) -> Turn:
        older = [
            one
            for one in read(Agreement, {"_id": {"$in": list(items)}})
            if one.ended_at is None and one.notice != self.notice.pk and one.told_of != self.notice.number
        ]
        people = {one.pk: one for one in read(User, {"_id": {"$in": [one.user for one in older]}})}
        if people:
            first, *rest = people.values()
            first.prefetch_keys(rest)
        turn = Turn()
        for one in older:
            person = people.get(one.user)
            if person is None or person.relation_ended_at:
                continue
            if not is_address(person.email or ""):
                turn.problems.append(problem(str(person), N_("There is no e-mail address to write to.")))
                continue
            one.told_of, one.told_at = self.notice.number, now
            writer.save(self._message(one, person, now), one, now=now)
            turn.done += 1
        return turn

    def _message(self, agreement: Agreement, person: User, now: datetime) -> Message:
        language = Language.of(person.region)
        subject, text = terms_letter.letter(self.notice, language)
        return Message(
            collection=Agreement.collection_name(), ticket=agreement.pk, number=self.notice.number,
            user=person.pk, by=self.task.asked_by_name, use=MessageKind.TERMS, language=language, to=person.email,
            subject=subject, text=text, next_attempt_at=now,
        )  # fmt: skip

    def label(self, item: ObjectId) -> str:
        row = database()[Agreement.collection_name()].find_one({"_id": item}, session=session()) or {}
        return str(row.get("number", item))
