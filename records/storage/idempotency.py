"""A form that is sent twice is answered twice and done once."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bson import ObjectId
from mongoengine import Document
from pymongo.errors import DuplicateKeyError

from records.declaration.fields import Moment
from records.storage.database import atomically, database, session
from records.storage.indexes import track

T = TypeVar("T")
DAY = 24 * 60 * 60


class DoneAlready(Exception):
    """What was asked under this token has been done; nothing was changed."""


@track
class Done(Document):
    """The token of a form whose deed is done, kept for a day."""

    at = Moment(required=True)

    meta = {
        "collection": "done",
        "auto_create_index": False,
        "indexes": [{"fields": ["at"], "expireAfterSeconds": DAY, "name": "for_a_day"}],
    }


def once(token: ObjectId, work: Callable[[], T], now: datetime) -> T:
    """Do `work` in a transaction of its own that also keeps `token`, so that of many tries one does it.

    `work` may run several times, see `atomically`. Raises `DoneAlready`; what `work` raises leaves
    the token free, so that the form can be sent again.
    """

    def keep_and_work() -> T:
        try:
            database()[Done._get_collection_name()].insert_one({"_id": token, "at": now}, session=session())
        except DuplicateKeyError:
            raise DoneAlready(str(token)) from None
        return work()

    return atomically(keep_and_work)
