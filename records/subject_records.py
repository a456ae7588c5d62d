"""What belongs to a person: their own record, and what is about them by reference or by identity."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId

from language.words import N_, Choice
from records.declaration.record import Governed
from records.declaration.registry import kinds_about_subjects, subject_kinds
from records.storage import search_tokens
from records.storage.database import database, session

MOST_TOKENS = 16


class MatchReason(Choice):
    """How a record came to be among those of a person."""

    REFERENCE = "reference", N_("It names this person")
    IDENTITY = "identity", N_("It has the same e-mail address or phone number")
    MENTION = "mention", N_("Its text speaks of this person")
    ARRIVED = "arrived", N_("It arrived while the others were being erased")


def owned_by(kind: type[Governed], *users: ObjectId) -> dict[str, Any]:
    """The query for the records of one kind that are about a person, or are the person; of somebody who
    is in the register more than once, for all their `users`."""
    return {_names(kind): users[0] if len(users) == 1 else {"$in": list(users)}}


def not_owned_by(kind: type[Governed], *users: ObjectId) -> dict[str, Any]:
    """The query for the records of one kind that neither are nor name a person."""
    return {_names(kind): {"$nin": list(users)}}


def same_identity(kind: type[Governed], users: Sequence[ObjectId], identity: list[int]) -> dict[str, Any]:
    """The query for records that have one of a person's identities and do not name the person."""
    return {"search": {"$in": identity}, **not_owned_by(kind, *users)}


def _names(kind: type[Governed]) -> str:
    """The stored name of the field that says whose data a record is."""
    subject = kind.policy.subject
    return "_id" if subject in {None, "self"} else _stored(kind, str(subject))


RecordSummary = list[int | str]
NO_RECORDS: RecordSummary = [0, 0, 0, ""]


def summarize_records(collection: str, where: dict[str, Any], record: str = "_id") -> RecordSummary:
    """How many records match, the sums of their versions and of their seconds of creation, and the newest:
    a record that changes, comes or goes changes one of them. One query, answered by the server."""
    totals = {
        "_id": None,
        "count": {"$sum": 1},
        "versions": {"$sum": "$version"},
        "begun": {"$sum": {"$toLong": {"$toDate": f"${record}"}}},
        "newest": {"$max": f"${record}"},
    }
    rows = database()[collection].aggregate([{"$match": where}, {"$group": totals}], session=session())
    found: dict[str, Any] = next(iter(rows), {})
    sums = [int(found.get(name, 0)) for name in ("count", "versions", "begun")]
    return [*sums, str(found.get("newest", ""))]


def identities(*people: Governed) -> list[int]:
    """The tokens of a person's e-mail addresses and phone numbers."""
    found = {
        search_tokens.identity(field.personal.identity, value)
        for person in people
        for name, field in person.personal().items()
        if field.personal.identity and (value := getattr(person, name))
    }
    return sorted(found)[:MOST_TOKENS]


def kinds_with_personal_data() -> list[type[Governed]]:
    """The kinds that hold anything of persons, a person's own record last."""
    return [*kinds_about_subjects(), *subject_kinds()]


def kinds_with_identities() -> list[type[Governed]]:
    """The kinds in which an e-mail address or phone number can be found again."""
    return [
        kind
        for kind in kinds_with_personal_data()
        if any(field.personal.identity for field in kind.personal().values())
    ]


def linked_users(users: Sequence[ObjectId]) -> list[Governed]:
    """The records that are the person, as the transaction under way sees them; none once they are gone."""
    return [
        kind._from_son(row)
        for kind in subject_kinds()
        for row in database()[kind.collection_name()].find({"_id": {"$in": list(users)}}, session=session())
    ]


def _stored(kind: type[Governed], name: str) -> str:
    return kind._fields[name].db_field
