"""One embedded database server for each process of a run of the tests, so that none waits for another's.

It starts with the first test that asks for `database`, so tests of pure code need none. Where
STEWARD_TEST_MONGODB_URI names a server, all processes use that, each with a database of its own.
"""

import os
import uuid
from collections.abc import Iterator
from functools import cache

import pymongo
import pytest
from pymongo.database import Database

import runtime
from security.keyring import Keyring

EMPTYING_SECONDS = 120


@pytest.fixture(scope="session")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of this process."""
    if given := os.environ.get("STEWARD_TEST_MONGODB_URI"):
        yield given
        return
    from embedded.database import Embedded

    with Embedded(tmp_path_factory.getbasetemp() / "server") as uri:
        yield uri


@pytest.fixture(scope="session")
def _indexed_database(database_uri: str) -> Iterator[Database]:
    import admin.auth.sessions  # noqa: F401 — whose indexes are no document's
    from records.storage.database import client, connect, database
    from records.storage.indexes import ensure_indexes

    name = f"steward_test_{uuid.uuid4().hex[:12]}"
    connect(database_uri, name)
    ensure_indexes()
    yield database()
    with pymongo.timeout(EMPTYING_SECONDS):
        client().drop_database(name)


@cache
def _ring() -> Keyring:
    return Keyring.new()


@pytest.fixture
def database(_indexed_database: Database) -> Database:
    """An empty database with all indexes, and keys for what is sealed in it.

    Emptied, not dropped, since the indexes stay. Every collection is looked into, not only those that
    this process wrote to: a test may have written through other processes.
    """

    runtime.configure(keyring=_ring())
    empty(_indexed_database)
    return _indexed_database


def empty(database: Database) -> None:
    """Delete every record; one question finds which collections have any, whatever their number."""
    with pymongo.timeout(EMPTYING_SECONDS):
        first, *others = database.list_collection_names()
        look = [
            *one_from(first),
            *({"$unionWith": {"coll": name, "pipeline": one_from(name)}} for name in others),
        ]
        for found in database[first].aggregate(look):
            database[found["name"]].delete_many({})


def one_from(name: str) -> list[dict]:
    return [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}]
