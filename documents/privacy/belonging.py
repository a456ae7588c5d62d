"""What belongs to a person: their own record, and what is about them by reference or by identity."""

from typing import Any

from bson import ObjectId

from documents.declaration.record import Governed
from documents.declaration.words import N_, Choice
from documents.lists import tokens
from documents.privacy.erasing import about_persons, persons
from documents.storage.database import database, session

MOST_TOKENS = 8


class Found(Choice):
    """How a record came to be among those of a person."""

    REFERENCE = "reference", N_("It names this person")
    IDENTITY = "identity", N_("It has the same e-mail address or phone number")
    MENTION = "mention", N_("Its text speaks of this person")
    ARRIVED = "arrived", N_("It arrived while the others were being erased")


def of_person(kind: type[Governed], user: ObjectId) -> dict[str, Any]:
    """The query for the records of one kind that are about a person, or are the person."""
    subject = kind.policy.subject
    return {"_id" if subject in {None, "self"} else _stored(kind, str(subject)): user}


def by_identity(kind: type[Governed], user: ObjectId, identity: list[int]) -> dict[str, Any]:
    """The query for records that have one of a person's identities and do not name the person."""
    subject = kind.policy.subject
    own = "_id" if subject in {None, "self"} else _stored(kind, str(subject))
    return {"search": {"$in": identity}, own: {"$ne": user}}


def identities(person: Governed) -> list[int]:
    """The tokens of a person's e-mail address and phone number."""
    found = [
        tokens.identity(field.personal.identity, value)
        for name, field in person.personal().items()
        if field.personal.identity and (value := getattr(person, name))
    ]
    return sorted(found)[:MOST_TOKENS]


def kinds_of_persons() -> list[type[Governed]]:
    """The kinds that hold anything of persons, a person's own record last."""
    return [*about_persons(), *persons()]


def kinds_with_identities() -> list[type[Governed]]:
    """The kinds in which an e-mail address or phone number can be found again."""
    return [
        kind
        for kind in kinds_of_persons()
        if any(field.personal.identity for field in kind.personal().values())
    ]


def person(user: ObjectId) -> Governed | None:
    """The record that is the person, as the transaction under way sees it; None once it is gone."""
    for kind in persons():
        row = database()[kind.collection_name()].find_one({"_id": user}, session=session())
        if row:
            return kind._from_son(row)
    return None


def _stored(kind: type[Governed], name: str) -> str:
    return kind._fields[name].db_field
