"""How often somebody may try to sign in. Every try counts, also one that succeeds."""

from collections.abc import Callable
from hashlib import sha256

from flask import Flask, request
from flask_limiter import Limiter
from limits.storage.mongodb import MongoDBStorage
from mongoengine import Document, FloatField, ListField, StringField
from pymongo import MongoClient
from pymongo.collection import Collection

from records.declaration.fields import UTCDateTimeField
from records.storage.database import client, database
from records.storage.indexes import track


def _address() -> str:
    return request.remote_addr or ""


def _account() -> str:
    """The account that is tried, hashed: what was typed may be anything, and of any length."""
    return sha256(request.form.get("email", "").strip().lower().encode()).hexdigest()[:32]


SIGN_IN: list[tuple[str, Callable[[], str]]] = [
    ("10 per 15 minutes", lambda: f"{_address()} {_account()}"),  # who guesses one person's password
    ("300 per 15 minutes", _address),  # ... everybody's; a whole office may stand behind one address
    ("100 per hour", _account),  # ... from many addresses at once
]


@track
class Tries(Document):
    """When somebody tried, by what is limited. The database drops it once it no longer counts."""

    key = StringField(primary_key=True)
    entries = ListField(FloatField())
    expires_at = UTCDateTimeField(db_field="expireAt")

    meta = {
        "collection": "sign_in_tries",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0, "name": "expired"}],
    }


class OurStorage(MongoDBStorage):
    """Counts in Steward's own database, over the connection that everything uses."""

    STORAGE_SCHEME = ["steward"]

    @property
    def storage(self) -> MongoClient:
        return client()

    @property
    def windows(self) -> Collection:
        return database()[Tries._get_collection_name()]

    def __del__(self) -> None:
        """Leave the connection open: it is not ours alone."""


def init_app(app: Flask, view: str) -> None:
    """Limit posts to the view of that name. Where the counts cannot be read, nobody gets in.

    The window moves: the fixed one compares times in a way that the embedded database does not.
    """
    limiter = Limiter(
        _address,
        app=app,
        storage_uri="steward://",
        strategy="moving-window",
        headers_enabled=True,
        key_prefix="sign-in",
    )
    limited = app.view_functions[view]
    for limit, key in SIGN_IN:
        limited = limiter.limit(limit, key_func=key, methods=["POST"])(limited)
    app.view_functions[view] = limited
