"""What tests of jobs share: a database with keys, somebody who acts, and records to work on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

import jobs
import runtime
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erasure_plan import ErasurePlan
from documents.people.user import User
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from records.declaration import registry
from records.declaration.record import Governed
from records.job_state import Run
from records.storage import writer
from security.actor import Actor, act_as
from security.keyring import Keyring
from security.permissions import Role
from tests.jobs.sample_job import Chore


@pytest.fixture(autouse=True)
def panel(database, actor):
    """An empty database, its keys, and a member of staff who prepares what the jobs then find."""
    runtime.configure(keyring=Keyring.new())
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
        registry.unregister(kind)


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
def complain_often(now) -> Callable[..., list[Complaint]]:
    """Store many complaints like those of `complain`, a hundred at a time."""

    def complain_often(count: int, **facts) -> list[Complaint]:
        facts = {"due_at": now - timedelta(hours=1), "content": "The lamp hums.", **facts}
        made = [Complaint(**facts) for _ in range(count)]
        for start in range(0, count, 100):
            writer.save(*made[start : start + 100], now=now - timedelta(days=1))
        return made

    return complain_often


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


@pytest.fixture
def first_officer(panel) -> Iterator[Actor]:
    """Who acts has an account, since a task asks again what its asker may do."""
    staff = Staff(name="Lin Mei", email="lin@steward.example", roles=[Role.COMPLIANCE.value]).save()
    with act_as(Actor(f"staff:{staff.pk}", staff.name, frozenset(Role), origin="127.0.0.1")) as lin:
        yield lin


@pytest.fixture
def plan(first_officer, user, run, now) -> Callable[[], ErasurePlan]:
    """Ask for an erasure and have its plan made: `plan()` is the plan."""

    def plan() -> ErasurePlan:
        DeletionRequest.create_request(user.pk, user.number, "She asked by letter", now, planned=True)
        run("carry-out-tasks")
        return ErasurePlan.objects.order_by("-created_at", "-id").first()

    return plan


def runs_of(name: str) -> list[Run]:
    """The runs of a job, the oldest first."""
    return list(Run.objects(job=name).order_by("number"))
