"""The connection, what it promises, and transactions: one code for MongoDB and the embedded database."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from typing import TypeVar

import mongoengine
import pymongo
from pymongo import IndexModel, MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

T = TypeVar("T")
NAME = "steward"
TIMEOUT_MS = 3500
"""No command outlives this: the driver sends what is left of it along as `maxTimeMS`."""
INDEX_SECONDS = 600
INDEX_NOT_FOUND = 27
STANDALONE = (
    "This MongoDB server runs on its own, and Steward's writes need transactions, which only a replica set "
    'has (one node is enough). Start it with `mongod --replSet rs0`, then run `mongosh --eval "rs.initiate()"` '
    "once, and add `?replicaSet=rs0` to STEWARD_MONGODB_URI."
)


class DatabaseUnusable(Exception):
    """The database cannot carry the product; the message says why and what to do."""


def connect(uri: str, name: str | None = None) -> None:
    """Connect every document to `uri`; the database's name may stand in it.

    Acknowledged writes are on a majority and in the journal. Raises `DatabaseUnusable` for an
    unusable address, an unreachable server, and a MongoDB without transactions.
    """
    mongoengine.disconnect()
    try:
        named = pymongo.uri_parser.parse_uri(uri)["database"]
        mongoengine.connect(
            db=name or named or NAME,
            host=uri,
            tz_aware=True,
            tzinfo=UTC,
            w="majority",
            journal=True,
            timeoutMS=TIMEOUT_MS,
            uuidRepresentation="standard",
        )
        hello = client().admin.command("hello")
    except (ConfigurationError, ValueError) as error:
        raise DatabaseUnusable(f"STEWARD_MONGODB_URI is no usable address: {error}") from error
    except PyMongoError as error:
        raise DatabaseUnusable(
            "The database does not answer; please check that it runs and that STEWARD_MONGODB_URI leads to it "
            f"({type(error).__name__})."
        ) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise DatabaseUnusable(STANDALONE)


def client() -> MongoClient:
    return mongoengine.get_connection()


def database() -> Database:
    return mongoengine.get_db()


@dataclass
class UnitOfWork:
    """A transaction under way, what it is still to write before its next command, and what is to
    happen in memory once it is committed."""

    session: ClientSession
    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


_unit: ContextVar[UnitOfWork | None] = ContextVar("unit", default=None)


def session() -> ClientSession | None:
    """The session of the transaction under way: hand it to every command inside one."""
    unit = _unit.get()
    if unit is None:
        return None
    while unit.before:
        unit.before.pop()()
    return unit.session


def flush_before_read(work: Callable[[], None]) -> None:
    """Do `work` before anybody asks for the session of the transaction under way; now, where there is none."""
    unit = _unit.get()
    if unit:
        unit.before.append(work)
    else:
        work()


def after_commit(work: Callable[[], None]) -> None:
    """Do `work` once the transaction under way is committed; now, where there is none."""
    unit = _unit.get()
    if unit:
        unit.after.append(work)
    else:
        work()


def in_transaction(work: Callable[[], T]) -> T:
    """Do all of `work` in one transaction, or nothing; inside another, become part of that.

    `work` may run several times (two writers met), so it must have no effect but through
    `session()` and `after_commit()`.
    """
    if _unit.get():
        return work()

    def once(session: ClientSession) -> tuple[T, list[Callable[[], None]]]:
        unit = UnitOfWork(session)
        token = _unit.set(unit)
        try:
            return work(), unit.after
        finally:
            _unit.reset(token)

    with client().start_session() as started:
        result, after = started.with_transaction(once)
    for step in after:
        step()
    return result


def create_indexes(collection: str, missing: list[IndexModel]) -> None:
    """Create the indexes of a collection in one command; those of other options under their names are replaced."""
    with pymongo.timeout(INDEX_SECONDS):
        try:
            database()[collection].create_indexes(missing)
        except OperationFailure as error:
            if error.code not in {85, 86}:  # IndexOptionsConflict, IndexKeySpecsConflict
                raise
            for index in missing:
                _drop_index(collection, index.document["name"])
            database()[collection].create_indexes(missing)


def _drop_index(collection: str, name: str) -> None:
    """Drop an index; another process that replaces it too may have been quicker."""
    try:
        database()[collection].drop_index(name)
    except OperationFailure as error:
        if error.code != INDEX_NOT_FOUND:
            raise
