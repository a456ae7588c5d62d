"""Sessions are kept in the database, so that signing out ends them whoever holds a copy of the cookie."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from flask import Flask, Request, Response, g, session
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from mongoengine import BinaryField, Document, StringField
from pymongo.errors import PyMongoError

from records.declaration.fields import UTCDateTimeField
from records.storage.database import database
from records.storage.indexes import track

COLLECTION = "sessions"
ITS_ACCOUNT = {
    "$lookup": {"from": "staff", "localField": "whose", "foreignField": "fs_uniquifier", "as": "account"}
}
NOBODY = ""
"""Whose session a visitor's is: not nothing, which would find whoever has no such field."""
WITHOUT_SESSION = ("/static/", "/healthz")
"""Paths that ask nobody who they are; reading a session for them would be a query for nothing."""


@track
class StoredSession(Document):
    """A session as it is stored. The database drops it some time after it expired."""

    key = StringField(primary_key=True)
    whose = StringField()
    data = BinaryField()
    expires_at = UTCDateTimeField()

    meta = {
        "collection": COLLECTION,
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0, "name": "expired"}],
    }


class Session(ServerSideSession):
    """What we remember of a visitor between two requests."""

    is_kept = True
    trouble: PyMongoError | None = None
    """Why it could not be read: the request that needs it fails with this."""

    def __init__(self, initial: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(initial, **options)
        self.is_stored = initial is not None


class Sessions(ServerSideSessionInterface):
    """One query to read a session and its account, one write when it changed, none where nobody asks for it."""

    session_class = Session

    def open_session(self, app: Flask, request: Request) -> Session:
        """Read the session, once. It never fails here, where no error page can be shown yet."""
        blank = Session(sid=self._generate_sid(self.sid_length))
        if request.path.startswith(WITHOUT_SESSION):
            blank.is_kept = False
            return blank
        try:
            return super().open_session(app, request)
        except PyMongoError as error:
            blank.trouble = error
            return blank

    def save_session(self, app: Flask, session: Session, response: Response) -> None:
        """Store what changed. Once the database failed, it is not asked again for this request."""
        if session.trouble or not session.is_kept:
            return
        try:
            super().save_session(app, session, response)
        except PyMongoError as error:
            session.trouble = error
            raise

    def renew(self, session: Session) -> None:
        """Go on under a new id and let the old one be forgotten: who knew it knows nothing now."""
        self._delete_session(self._get_store_id(session.sid))
        session.sid = self._generate_sid(self.sid_length)
        session.is_stored = False
        session.modified = True

    def _get_store_id(self, sid: str) -> str:
        """Only a hash is stored: who reads the database cannot take up a session in it."""
        return sha256(sid.encode()).hexdigest()

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        wanted = {"_id": store_id, "expires_at": {"$gt": datetime.now(UTC)}}
        found = next(database()[COLLECTION].aggregate([{"$match": wanted}, ITS_ACCOUNT]), None)
        if found is None:
            return None
        g.account = next(iter(found["account"]), None)
        return msgspec.msgpack.decode(found["data"])

    def _delete_session(self, store_id: str) -> None:
        database()[COLLECTION].delete_one({"_id": store_id})

    def _upsert_session(self, lifetime: timedelta, session: Session, store_id: str) -> None:
        """Store a session; one that was ended meanwhile by another request stays ended."""
        kept = {"whose": session.get("_user_id", NOBODY), "data": msgspec.msgpack.encode(dict(session))}
        if session.is_stored:
            database()[COLLECTION].update_one({"_id": store_id}, {"$set": kept})
        else:
            expires_at = datetime.now(UTC) + lifetime
            database()[COLLECTION].insert_one({"_id": store_id, "expires_at": expires_at, **kept})


def init_app(app: Flask, *, secure: bool) -> None:
    """Keep the sessions of `app` in the database, for `PERMANENT_SESSION_LIFETIME` at most.

    `secure` cookies travel over HTTPS only; their name has browsers refuse one that another host set.
    """
    app.config.update(
        SESSION_COOKIE_NAME="__Host-steward" if secure else "steward",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.session_interface = Sessions(app, permanent=False)
    app.before_request(_fail_if_unread)


def _fail_if_unread() -> None:
    if session.trouble:  # type: ignore[attr-defined]
        raise session.trouble  # type: ignore[attr-defined]
