"""Restricting what is done with a person's data: it is kept, and used for nothing until that is lifted (R9, R105).

GDPR Art. 18 and PIPL Art. 44 give people this right, above all while something is in dispute. Legal duties
go on, and so does what the person asks of us themselves: an answer to their complaint is for them.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from mongoengine import StringField

from language.words import N_
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.fields import UTCDateTimeField
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage.database import database, session
from security.permissions import Action

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
MOST = 10_000
"""So many people at most are looked for whose data are restricted; the law knows no such numbers."""
WHY = N_(
    "This person's data are restricted: they are kept, and may be used for nothing until that is lifted."
)
SOME = N_(
    "%(count)s of these records are about persons whose data are restricted, and may not be taken out. Leave "
    "out what is personal, or narrow the list."
)


class UseRestricted(ActionRefused):
    """The person's data may be kept and used for nothing else."""

    def __init__(self) -> None:
        super().__init__(WHY)


class Restrictable:
    """What a record that is a person has for it; `documents.people.user.User` does."""

    restricted_at = UTCDateTimeField(system=True, verbose_name=N_("Restricted since"))
    restriction = StringField(max_length=2000, system=True, verbose_name=N_("Why it is restricted"))

    save: Any

    @action(
        N_("Restrict the use of their data"),
        Action.HOLD,
        when=lambda person: not person.restricted_at,
        comment=N_("What the person asked for or disputes"),
        group=ActionGroup.DATA,
    )
    def restrict(self, now: datetime, note: str) -> None:
        """Let their data be kept and used for nothing else. Done again, it changes nothing."""
        if not self.restricted_at:
            self.restricted_at, self.restriction = now, note
            self.save(now=now, reason=note)

    @action(
        N_("Lift the restriction"),
        Action.HOLD,
        when=lambda person: bool(person.restricted_at),
        inputs=(
            ActionInput("why", N_("Why their data may be used again"), "long-text"),
            ActionInput("told", N_("The person was told of it before"), "check"),
        ),
        group=ActionGroup.DATA,
    )
    def lift(self, now: datetime, why: str, told: bool) -> None:
        """Let their data be used again. Raises `ActionRefused` where the person was not told first, as GDPR
        Art. 18(3) asks."""
        if not told:
            raise ActionRefused(N_("Please tell the person first; the law asks for it."))
        self.restricted_at = self.restriction = None
        self.save(now=now, reason=why)


def require_unrestricted(user: ObjectId) -> None:
    """Raise `UseRestricted` where a person's data may be used for nothing; as the transaction sees it."""
    if restricted([user]):
        raise UseRestricted


def reason(user: ObjectId | None) -> str | None:
    """Why a person's data may be used for nothing, "—" where nobody said so; None where they are not
    restricted. One query."""
    kinds = [kind for kind in registered() if issubclass(kind, Restrictable)] if user else []
    for kind in kinds:
        where = {"_id": user, "restricted_at": {"$ne": None}}
        if row := database()[kind.collection_name()].find_one(where, {"restriction": 1}, session=session()):
            return row.get("restriction") or "—"
    return None


def restricted(users: Iterable[ObjectId]) -> set[ObjectId]:
    """Those of `users` whose data are restricted. One query."""
    return _found({"_id": {"$in": list(users)}, "restricted_at": {"$ne": None}})


def count_among(kind: type[Governed], where: Mapping[str, Any]) -> int:
    """How many records that match are about persons whose data are restricted. Two queries."""
    if not (theirs := restricted_filter(kind)):
        return 0
    steps: list[dict[str, Any]] = [{"$match": dict(where)}, {"$match": theirs}, {"$count": "n"}]
    rows = database()[kind.collection_name()].aggregate(steps, session=session())
    return int(next(iter(rows), {"n": 0})["n"])


def restricted_filter(kind: type[Governed]) -> dict[str, Any]:
    """The query for the records of a kind that are about persons whose data are restricted; {} for none."""
    subject = kind.policy.subject
    everybody = sorted(_found({"restricted_at": {"$gt": BEGINNING}})) if subject else []
    name = "_id" if subject == "self" else kind._fields[subject].db_field if subject else ""
    return {name: {"$in": everybody}} if everybody else {}


def _found(where: dict[str, Any]) -> set[ObjectId]:
    kinds = [kind for kind in registered() if issubclass(kind, Restrictable)]
    return {
        row["_id"]
        for kind in kinds
        for row in database()[kind.collection_name()].find(where, {"_id": 1}, session=session()).limit(MOST)
    }
