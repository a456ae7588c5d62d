"""The outbox: what has to be told to whom. Written with what happened; delivered later, once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import DictField, Document, ListField, ObjectIdField, StringField
from pymongo import UpdateOne

from documents.declaration.fields import Moment
from documents.declaration.words import N_, Choice
from documents.storage.database import database, session


class Occasion(Choice):
    """What a notice tells."""

    NOT_ACKNOWLEDGED = "not-acknowledged", N_("Nobody has taken up %(record)s in the promised time")
    RESPONSE_DUE_SOON = "response-due-soon", N_("The first response to %(record)s is due soon")
    NOT_RESPONDED = "not-responded", N_("The first response to %(record)s is overdue")
    DUE_SOON = "due-soon", N_("%(record)s is due soon")
    OVERDUE = "overdue", N_("%(record)s is overdue")
    LONG_OVERDUE = "long-overdue", N_("%(record)s has taken one and a half times as long as promised")
    RETURNED = "returned", N_("%(record)s has come back unsolved again and needs another handler")
    CONSENT_EXPIRING = "consent-expiring", N_("A consent lapses soon and can be renewed: %(record)s")
    REVIEW_DUE = "review-due", N_("%(record)s is to be looked at again")
    RECALL_OVERDUE = (
        "recall-overdue",
        N_("A third party has not confirmed that it deleted the data of %(record)s"),
    )
    PURGE_STOPPED = "purge-stopped", N_("A large purge waits for leave: %(record)s")
    UNDELIVERED = "undelivered", N_("A message about %(record)s could not be delivered")
    PROGRESS_DUE = "progress-due", N_("The person behind %(record)s was promised word of progress by now")
    ASSIGNED = "assigned", N_("%(record)s is yours now")
    HANDED_OVER = "handed-over", N_("%(record)s has been handed to somebody else")
    DIGEST = "digest", N_("What needs your attention")


class Notice(Document):
    """One notice to some members of staff. `key` makes posting it twice the same as once.

    It is delivered at `not_before` or later. A digest names its tickets in `items`, each with its own
    occasion, and grows until it is delivered.
    """

    key = StringField(required=True)
    occasion = StringField(choices=list(Occasion), required=True)
    to = ListField(ObjectIdField())
    to_role = StringField()
    collection = StringField()
    record = ObjectIdField()
    label = StringField()
    created_at = Moment(required=True)
    not_before = Moment()
    sent_at = Moment()
    items = ListField(DictField())
    read_by = ListField(ObjectIdField())

    meta = {
        "collection": "outbox",
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["key"], "unique": True, "name": "once"},
            {"fields": ["sent_at", "created_at"], "name": "waiting"},
            {"fields": ["to", "-created_at"], "name": "of_staff"},
            {"fields": ["to_role", "-created_at"], "name": "of_role"},
        ],
    }


def told(person: ObjectId, roles: Iterable[str], now: datetime, most: int = 100) -> list[Notice]:
    """What somebody has been told by `now`, the newest first: by name, or as one of a role. Two queries."""
    ripe = {"$or": [{"not_before": None}, {"not_before": {"$lte": now}}]}
    found = {
        one.pk: one
        for meant in ({"to": person}, {"to_role": {"$in": [str(role) for role in roles]}})
        for one in Notice.objects(__raw__={**meant, **ripe}).order_by("-created_at").limit(most)
    }
    return sorted(found.values(), key=lambda one: (one.created_at, one.pk), reverse=True)[:most]


def mark_read(person: ObjectId, notices: Iterable[ObjectId], now: datetime) -> None:
    """Remember that somebody has read some of what they were told, which delivers it. Safe to repeat."""
    stored, wanted = database()[Notice._get_collection_name()], {"_id": {"$in": list(notices)}}
    stored.update_many(wanted, {"$addToSet": {"read_by": person}}, session=session())
    stored.update_many({**wanted, "sent_at": None}, {"$set": {"sent_at": now}}, session=session())


def notice(
    key: str, occasion: Occasion, collection: str, record: ObjectId, label: str, now: datetime,
    to: Iterable[ObjectId], to_role: str | None = None, not_before: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the stored form of a notice; `post` stores it."""
    return {
        "key": key, "occasion": occasion.value, "collection": collection, "record": record,
        "label": label, "created_at": now, "to": list(to), "to_role": to_role,
        "not_before": not_before, "sent_at": None,
    }  # fmt: skip


def digest(
    key: str, to: ObjectId, item: dict[str, Any], now: datetime, not_before: datetime
) -> dict[str, Any]:
    """Return one person's digest with one line, a notice of its own otherwise; `post` adds the lines of
    all digests with the same key together."""
    return {
        "key": key, "occasion": Occasion.DIGEST.value, "created_at": now, "to": [to], "to_role": None,
        "not_before": not_before, "sent_at": None,
        "items": [{name: item[name] for name in ("occasion", "collection", "record", "label")}],
    }  # fmt: skip


def post(notices: list[dict[str, Any]]) -> None:
    """Put notices into the outbox, as part of the transaction under way. Safe to repeat."""
    if notices:
        database()[Notice._get_collection_name()].bulk_write(
            [_kept(row) for row in notices], session=session()
        )


def _kept(row: dict[str, Any]) -> UpdateOne:
    once = {"$setOnInsert": {name: value for name, value in row.items() if name != "items"}}
    if "items" in row:
        once["$addToSet"] = {"items": {"$each": row["items"]}}
    return UpdateOne({"key": row["key"]}, once, upsert=True)
