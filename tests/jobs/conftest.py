"""What tests of jobs share: a database with keys, somebody who acts, and records to work on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

import jobs
from documents.complaint import Complaint
from documents.declaration import registry
from documents.declaration.record import Governed
from documents.job import Run
from documents.privacy import keys
from documents.user import User
from security.keyring import Keyring
from tests.jobs.chores import Chore


@pytest.fixture(autouse=True)
def panel(database, actor):
    """An empty database, its keys, and a member of staff who prepares what the jobs then find."""
    keys.use(Keyring.new())
    return database


@pytest.fixture
def declared() -> Iterator[Callable[[type[Governed]], type[Governed]]]:
    """Govern a collection for the time of a test."""
    kinds: list[type[Governed]] = []

    def declare(kind: type[Governed]) -> type[Governed]:
        registry.register(kind)
        kinds.append(kind)
        return kind

    yield declare
    for kind in kinds:
        registry.forget(kind)


@pytest.fixture
def user(now) -> User:
    return User(name="李雷", email="lilei@example.cn", phone="13912345678").save(now=now)


@pytest.fixture
def complain(now) -> Callable[..., Complaint]:
    """Store a complaint; one hour past its due time unless told otherwise."""

    def complain(**facts) -> Complaint:
        facts = {"due_at": now - timedelta(hours=1), "content": "The lamp hums.", **facts}
        return Complaint(**facts).save(now=now - timedelta(days=1))

    return complain


@pytest.fixture
def chores(panel, now) -> Callable[[int], list[ObjectId]]:
    """Store some chores to be done."""
    panel["ledger"].insert_one({"opened": True})  # so that no transaction has to create it

    def store(count: int) -> list[ObjectId]:
        return [Chore(name=f"chore {number}").save(now=now).pk for number in range(count)]

    return store


@pytest.fixture
def run(now) -> Callable[..., dict]:
    """Run a job of the timetable at the moment of the test."""

    def run(name: str, at: datetime = now, **options) -> dict:
        return jobs.run_now(name, now=at, **options)

    return run


def runs_of(name: str) -> list[Run]:
    """The runs of a job, the oldest first."""
    return list(Run.objects(job=name).order_by("number"))
