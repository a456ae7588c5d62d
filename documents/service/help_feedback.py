"""Was this helpful? What each member of staff said of an article, once; the last word counts (R41)."""

from datetime import datetime

from bson import ObjectId
from mongoengine import BooleanField, Document, ObjectIdField, StringField
from pymongo import UpdateOne

from records.declaration.fields import UTCDateTimeField
from records.storage.database import database, session
from records.storage.indexes import track


@track
class HelpFeedback(Document):
    """One person's answer to one article; an opinion, not a record of anybody's data."""

    slug = StringField(required=True)
    staff = ObjectIdField(required=True)
    helped = BooleanField(required=True)
    at = UTCDateTimeField(required=True)

    meta = {
        "collection": "help_answers",
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["slug", "staff"], "unique": True, "name": "one_each"},
            {"fields": ["slug", "helped"], "name": "counted"},
        ],
    }


def record_feedback(slug: str, staff: ObjectId, helped: bool, now: datetime) -> None:
    """Keep what somebody says of an article. Safe to repeat."""
    answer = UpdateOne({"slug": slug, "staff": staff}, {"$set": {"helped": helped, "at": now}}, upsert=True)
    database()[HelpFeedback._get_collection_name()].bulk_write([answer], session=session())


def totals(slug: str) -> tuple[int, int]:
    """How many an article helped, and how many it did not."""
    found = database()[HelpFeedback._get_collection_name()]
    helped, not_helped = (
        found.count_documents({"slug": slug, "helped": one}, limit=100_000) for one in (True, False)
    )
    return helped, not_helped
