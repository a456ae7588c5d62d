"""A form that is sent twice is answered twice and done once."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bson import ObjectId
from mongoengine import Document
from pymongo.errors import DuplicateKeyError

from records.declaration.fields import UTCDateTimeField
from records.storage.database import database, in_transaction, session
from records.storage.indexes import track

T = TypeVar("T")
DAY = 24 * 60 * 60


class AlreadyProcessed(Exception):
    """What was asked under this token has been done; nothing was changed."""


@track
class ProcessedToken(Document):
    """The token of a form whose deed is done, kept for a day."""

    at = UTCDateTimeField(required=True)

    meta = {
        "collection": "done",
        "auto_create_index": False,
        "indexes": [{"fields": ["at"], "expireAfterSeconds": DAY, "name": "for_a_day"}],
    }


def run_once(token: ObjectId, work: Callable[[], T], now: datetime) -> T:
    """Do `work` in a transaction of its own that also keeps `token`, so that of many tries one does it.

    `work` may run several times, see `in_transaction`. Raises `AlreadyProcessed`; what `work` raises leaves
    the token free, so that the form can be sent again.
    """

    def keep_and_work() -> T:
        try:
            database()[ProcessedToken._get_collection_name()].insert_one(
                {"_id": token, "at": now}, session=session()
            )
        except DuplicateKeyError:
            raise AlreadyProcessed(str(token)) from None
        return work()

    return in_transaction(keep_and_work)
