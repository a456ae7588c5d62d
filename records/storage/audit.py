"""Who did what, to which record, what changed, why and from where (R100). Only ever added to."""

from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import DictField, Document, ListField, ObjectIdField, StringField

from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.storage.indexes import track
from records.storage.keys import keyring
from security.actor import Actor
from security.ciphers import keyed_hash

LONG = 500
"""Longer values are kept by their beginning and length: the entry says that they changed."""


class AuditAction(Choice):
    """What was done."""

    CREATE = "create", N_("Created")
    CHANGE = "change", N_("Changed")
    DELETE = "delete", N_("Deleted")
    ERASE = "erase", N_("Erased")
    REVEAL = "reveal", N_("Personal data shown")
    EXPORT = "export", N_("Exported")
    RETURN = "return", N_("Brought back")
    USE = "use", N_("Used")
    SIGN_IN = "sign-in", N_("Signed in")
    SIGN_OUT = "sign-out", N_("Signed out")
    REFUSED = "refused", N_("Refused")
    RUN = "run", N_("Started")


@track
class AuditEntry(Document):
    """One deed. Values of personal fields stand in it only as keyed hashes, so it may outlive them."""

    at = UTCDateTimeField(required=True)
    actor = StringField(required=True)
    actor_name = StringField()
    origin = StringField()
    deed = StringField(required=True, choices=list(AuditAction))
    collection = StringField()
    record = ObjectIdField()
    reason = StringField()
    changes = ListField(DictField())

    meta = {
        "collection": "audit",
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["collection", "record", "-at"], "name": "history"},
            {"fields": ["-at"], "name": "newest"},
            {"fields": ["actor", "-at"], "name": "by_actor"},
        ],
    }


def entry(
    actor: Actor,
    deed: AuditAction,
    at: datetime,
    collection: str = "",
    record: ObjectId | None = None,
    changes: list[dict[str, Any]] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Return the stored form of one entry; `records.storage.writer` stores it with the deed."""
    return {
        "_id": ObjectId(),
        "at": at,
        "actor": actor.id,
        "actor_name": actor.name,
        "origin": actor.origin,
        "deed": deed.value,
        "collection": collection,
        "record": record,
        "reason": reason,
        "changes": changes or [],
    }


def change_entry(field: str, before: Any, after: Any) -> dict[str, Any]:
    """What changed in an open field; of a list, only what came and went."""
    if isinstance(before, list) or isinstance(after, list):
        old, new = before or [], after or []
        return {
            "field": field,
            "added": [shortened(item) for item in new if item not in old],
            "removed": [shortened(item) for item in old if item not in new],
        }
    return {"field": field, "from": shortened(before), "to": shortened(after)}


def hashed_change_entry(field: str, before: str | None, after: str | None) -> dict[str, Any]:
    """That a personal field changed, provable but not readable."""
    return {"field": field, "secret": True, "from": _hashed(field, before), "to": _hashed(field, after)}


def _hashed(field: str, text: str | None) -> str | None:
    return None if text is None else keyed_hash(keyring().audit, f"{field}:{text}")


def shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:LONG]}… ({len(value):,})"
    return value
