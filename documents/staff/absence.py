"""Who is away when, and who stands in for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import StringField, ValidationError

from documents.staff.staff import Staff
from language.words import N_
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage.database import database, session
from security.permissions import ABSENCES

LONGEST_CHAIN = 5
"""Deputies may be away as well: after so many, nobody is looked for any further."""


class Absence(Governed):
    """A member of staff is away from a moment to another, and somebody stands in."""

    policy = Policy(
        title=N_("Absences"),
        singular=N_("Absence"),
        group=N_("Administration"),
        icon="absence",
        access=ABSENCES,
        on_erasure=Fate.RETAIN,
        basis=N_("Employees, not data subjects of this register"),
        columns=("staff", "starts_at", "ends_at", "deputy", "note"),
        filters=("staff", "starts_at", "ends_at"),
        order="-starts_at",
        sections=((N_("The absence"), ("staff", "starts_at", "ends_at", "deputy", "note")),),
    )

    staff = ReferenceIdField("staff", required=True, verbose_name=N_("Who is away"))
    starts_at = UTCDateTimeField(required=True, verbose_name=N_("From"))
    ends_at = UTCDateTimeField(required=True, verbose_name=N_("Until"))
    deputy = ReferenceIdField(
        "staff",
        verbose_name=N_("Deputy"),
        help_text=N_("Left open, the deputy named with their account stands in."),
    )
    note = StringField(max_length=200, verbose_name=N_("Note"))

    meta = {
        "collection": "absences",
        "indexes": [
            {"fields": ["-starts_at", "-_id"], "name": "by_start"},
            {"fields": ["staff", "ends_at"], "name": "of_staff"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared; it ends after it begins, and nobody stands in for themselves."""
        super().validate(clean)
        if self.ends_at <= self.starts_at:
            raise ValidationError("it ends before it begins", errors={"ends_at": "too early"})
        if self.deputy == self.staff:
            raise ValidationError("nobody stands in for themselves", errors={"deputy": "the same"})

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} – {self.ends_at:%Y-%m-%d}"


def deputies_for(people: Iterable[ObjectId], now: datetime) -> dict[ObjectId, ObjectId | None]:
    """Who is to be told in place of each of `people` at `now`: themselves where they are here, else
    their deputy, or the deputy's; None where everybody in that line is away or may not sign in.

    Two queries for each step of the longest line, however many people.
    """
    answer: dict[ObjectId, ObjectId | None] = {person: person for person in people}
    looked_at: dict[ObjectId, ObjectId | None] = {}
    for _step in range(LONGEST_CHAIN):
        unknown = {person for person in answer.values() if person} - looked_at.keys()
        if not unknown:
            break
        looked_at |= _deputies(unknown, now)
        for asked, person in answer.items():
            if person and looked_at[person] != person:
                deputy = looked_at[person]
                answer[asked] = None if deputy == asked else deputy
    return {
        asked: person if person and looked_at.get(person) == person else None
        for asked, person in answer.items()
    }


def _deputies(people: set[ObjectId], now: datetime) -> Mapping[ObjectId, ObjectId | None]:
    """Each of `people` who is here, themselves; of the others, who was named to stand in."""
    accounts = {row["_id"]: row for row in _find(Staff, {"_id": {"$in": list(people)}}, "active", "deputy")}
    covering = {"staff": {"$in": list(people)}, "ends_at": {"$gt": now}, "starts_at": {"$lte": now}}
    away = {row["staff"]: row.get("deputy") for row in _find(Absence, covering, "staff", "deputy")}
    return {
        person: person
        if person not in away and accounts.get(person, {}).get("active")
        else away.get(person) or accounts.get(person, {}).get("deputy")
        for person in people
    }


def _find(kind: type[Governed], where: dict[str, Any], *fields: str) -> list[dict[str, Any]]:
    found = database()[kind.collection_name()].find(where, dict.fromkeys(fields, 1), session=session())
    return list(found)
