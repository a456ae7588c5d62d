"""The outbox: what has to be told to whom. Written with what happened; delivered later, once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from mongoengine import BooleanField, DictField, Document, ListField, ObjectIdField, StringField
from pymongo import UpdateOne

from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.storage import write_batch
from records.storage.database import database, session
from records.storage.indexes import track

BATCH = 500
UNREAD_FOR = timedelta(days=30)
"""What nobody read for so long is not counted as unread any more."""


class NotificationKind(Choice):
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
    RULE_WAITING = "rule-waiting", N_("A rule about deletion waits for a second person: %(record)s")
    RULE_BEGUN = (
        "rule-begun",
        N_("The first few records went by the new rule %(record)s; the rest follows with the next run"),
    )
    UNDELIVERED = "undelivered", N_("A message about %(record)s could not be delivered")
    PROGRESS_DUE = "progress-due", N_("The person behind %(record)s was promised word of progress by now")
    ASSIGNED = "assigned", N_("%(record)s is yours now")
    BROUGHT_IN = "brought-in", N_("Colleagues ask for your help with %(record)s")
    NOTED = "noted", N_("There is a new note on %(record)s")
    CUSTOMERS = "customers", N_("%(record)s comes from a customer of yours")
    HANDED_OVER = "handed-over", N_("%(record)s has been handed to somebody else")
    PLAN_READY = "plan-ready", N_("A plan of erasure waits for a second officer: %(record)s")
    PLAN_VOID = "plan-void", N_("The data have changed, and the plan of erasure no longer holds: %(record)s")
    DIGEST = "digest", N_("What needs your attention")


@track
class Notification(Document):
    """One notice to some members of staff. `key` makes posting it twice the same as once.

    It is told at `not_before` or later; what is `urgent`, at any hour. A digest names its tickets in
    `items`, each with its own occasion, and grows until it is told. `addressees` are those it is `to`,
    and the role; it goes out by mail once, at `mailed_at` (documents/work/notification_email.py).
    """

    key = StringField(required=True)
    occasion = StringField(choices=list(NotificationKind), required=True)
    to = ListField(ObjectIdField())
    to_role = StringField()
    collection = StringField()
    record = ObjectIdField()
    label = StringField()
    created_at = UTCDateTimeField(required=True)
    not_before = UTCDateTimeField()
    urgent = BooleanField()
    mailed_at = UTCDateTimeField()
    items = ListField(DictField())
    addressees = ListField()
    read_by = ListField(ObjectIdField())

    meta = {
        "collection": "outbox",
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["key"], "unique": True, "name": "once"},
            {"fields": ["mailed_at", "created_at"], "name": "to_mail"},
            {"fields": ["addressees", "-created_at"], "name": "of_addressee"},
            {"fields": ["record", "-created_at"], "name": "of_record"},
        ],
    }

    @classmethod
    def collection_name(cls) -> str:
        return cls._get_collection_name()


def notifications_for(
    person: ObjectId, roles: Iterable[str], now: datetime, most: int = 100
) -> list[Notification]:
    """What somebody has been told by `now`, the newest first: by name, or as one of a role. One query."""
    meant = {"addressees": {"$in": _names(person, roles)}, **deliverable(now)}
    return list(Notification.objects(__raw__=meant).order_by("-created_at", "-id").limit(most))


def unread_count(person: ObjectId, roles: Iterable[str], now: datetime, most: int) -> int:
    """How many notices of the last weeks somebody has not read yet, counted up to `most`. One query."""
    steps: list[dict[str, Any]] = [
        {"$match": _recent(person, roles, now)},
        {"$match": {"read_by": {"$ne": person}, **deliverable(now)}},
        {"$limit": most},
        {"$count": "count"},
    ]
    return next((row["count"] for row in database()[Notification.collection_name()].aggregate(steps)), 0)


def mark_read(person: ObjectId, notices: Iterable[ObjectId]) -> None:
    """Remember that somebody has read some of what they were told. Safe to repeat."""
    _mark({"_id": {"$in": list(notices)}}, person)


def mark_all_read(person: ObjectId, roles: Iterable[str], until: datetime) -> None:
    """Remember that somebody has read all they were told by `until`, and nothing later. Safe to repeat."""
    _mark({**_recent(person, roles, until), "read_by": {"$ne": person}, **deliverable(until)}, person)


def backfill_recipients() -> int:
    """Let the notices of an older program say whom they are for; return how many did not. Safe to stop and
    to repeat."""
    stored = database()[Notification.collection_name()]
    named = {"$ifNull": ["$to", []]}
    as_role = {"$cond": [{"$ifNull": ["$to_role", False]}, ["$to_role"], []]}
    told = {"$set": {"addressees": {"$concatArrays": [named, as_role]}}}
    done = 0
    while ids := [row["_id"] for row in stored.find({"addressees": None}, {"_id": 1}).limit(BATCH)]:
        done += stored.update_many({"_id": {"$in": ids}}, [told]).modified_count
    return done


def deliverable(now: datetime) -> dict[str, Any]:
    """The query for what may be told at `now`."""
    return {"$or": [{"not_before": None}, {"not_before": {"$lte": now}}]}


def _recent(person: ObjectId, roles: Iterable[str], now: datetime) -> dict[str, Any]:
    return {
        "addressees": {"$in": _names(person, roles)},
        "created_at": {"$gte": now - UNREAD_FOR, "$lte": now},
    }


def _names(person: ObjectId, roles: Iterable[str]) -> list[ObjectId | str]:
    return [person, *(str(role) for role in roles)]


def _mark(wanted: dict[str, Any], person: ObjectId) -> None:
    stored = database()[Notification.collection_name()]
    stored.update_many(wanted, {"$addToSet": {"read_by": person}}, session=session())


def notification(
    key: str, occasion: NotificationKind, collection: str, record: ObjectId, label: str, now: datetime,
    to: Iterable[ObjectId], to_role: str | None = None, not_before: datetime | None = None, *,
    urgent: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return the stored form of a notice; `post` stores it."""
    return {
        "key": key, "occasion": occasion.value, "collection": collection, "record": record,
        "label": label, "created_at": now, "to": list(to), "to_role": to_role,
        "not_before": not_before, "urgent": urgent,
    }  # fmt: skip


def digest_notification(
    key: str, to: ObjectId | None, item: dict[str, Any], now: datetime, not_before: datetime,
    *, to_role: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the digest of one person, or of all with a role, with one line, a notice of its own otherwise;
    `post` adds the lines of all digests with the same key together."""
    return {
        "key": key, "occasion": NotificationKind.DIGEST.value, "created_at": now, "to": [to] if to else [],
        "to_role": to_role, "not_before": not_before,
        "items": [{name: item[name] for name in ("occasion", "collection", "record", "label")}],
    }  # fmt: skip


def send(notices: list[dict[str, Any]]) -> None:
    """Put notices into the outbox, as part of the transaction under way; within `writing.batched_writes`, all
    in one command. Safe to repeat."""
    write_batch.write_unaudited(Notification.collection_name(), [_kept(row) for row in notices])


def _kept(row: dict[str, Any]) -> UpdateOne:
    new = {name: value for name, value in row.items() if name != "items"}
    new["addressees"] = [*row["to"], *([row["to_role"]] if row["to_role"] else [])]
    once: dict[str, Any] = {"$setOnInsert": new}
    if "items" in row:
        once["$addToSet"] = {"items": {"$each": row["items"]}}
    return UpdateOne({"key": row["key"]}, once, upsert=True)
