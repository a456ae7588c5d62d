"""The data of the measurements: the same people and complaints for the panel and for its peer.

Written straight into the database, in the form the write path gives them: what is sealed is sealed
and what is searched has its tokens, but nothing is audited. Only measurements may do that.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bson import ObjectId
from pymongo.database import Database

import runtime
from bench import words
from documents.people.user import Relation, User, UserKind
from documents.tickets.complaint import Complaint, ComplaintKind
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Priority
from records.storage import keys, search_tokens
from records.storage.writer import tokens_of_record
from security.keyring import Keyring

USERS, STAFF = 5_000, 40
BATCH = 2_000
NOW = datetime.fromisoformat(os.environ.get("BENCH_NOW") or datetime.now(UTC).isoformat(timespec="seconds"))
"""One moment for all processes of a measurement."""
AGE = timedelta(days=700)
OPEN = tuple(state for state in State if state not in {State.CLOSED, State.DROPPED})
SHARE_OPEN, SHARE_ON_TIME = 0.2, 0.5
"""A fifth is open, and of these every second is past its time."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Person:
    id: ObjectId
    number: str
    name: str
    phone: str
    email: str


def use_keys() -> None:
    """Work with the keys of this measurement."""
    runtime.configure(keyring=Keyring.read(Path(os.environ["BENCH_KEYS"])))


def at_row(n: int, count: int) -> datetime:
    """When the n-th newest of `count` complaints was created."""
    return NOW - AGE * (n / count)


def people(rng: Random) -> list[Person]:
    return [
        Person(
            _id(rng), f"U-{n:06d}", words.name(rng), f"1{rng.randrange(3, 10)}{rng.randrange(10**9):09}", f"p{n}@example.com"
        )
        for n in range(1, USERS + 1)
    ]  # fmt: skip


def complaints(count: int, of: list[Person], staff: list[ObjectId], rng: Random) -> Iterator[Row]:
    """Complaints in the clear, the oldest first; `text`, `person` are replaced by what each app stores."""
    for n in range(count):
        created = NOW - AGE * (1 - n / count)
        due = created + timedelta(days=rng.randrange(2, 12))
        row: Row = {
            "_id": _id(rng, created),
            "number": f"C-{created.year}-{n + 1:06d}",
            "text": words.complaint(rng),
            "person": rng.choice(of),
            "kind": rng.choice(list(ComplaintKind)).value,
            "channel": rng.choice(list(Channel)).value,
            "priority": rng.choices(list(Priority), (5, 15, 60, 20))[0].value,
            "assignee": rng.choice(staff),
            "created_at": created,
            "updated_at": created,
        }
        if rng.random() < SHARE_OPEN:
            row["state"] = rng.choice(OPEN).value
            row["due_at"] = NOW + (due - created) if rng.random() < SHARE_ON_TIME else min(due, NOW)
        else:
            row |= {"state": State.CLOSED.value, "due_at": due, "closed_at": min(due, NOW)}
        yield row


def load(ours: Database, stock: Database, count: int, report: Callable[[int], None]) -> None:
    """Fill both databases with the same `count` complaints of the same people."""
    rng = Random(2026)
    persons = people(rng)
    staff = [_id(rng) for _ in range(STAFF)]
    _insert(
        stock.users, ({"_id": p.id, "number": p.number, "name": p.name, "email": p.email} for p in persons)
    )
    _insert(stock.staff, ({"_id": pk, "name": f"Colleague {n}"} for n, pk in enumerate(staff)))
    _insert(ours.staff, (_colleague(n, pk) for n, pk in enumerate(staff)))
    opened = keys.get_or_create_keys(person.id for person in persons)
    _insert(ours.users, (_sealed_user(person, opened[person.id]) for person in persons))
    rows = complaints(count, persons, staff, rng)
    for done in range(0, count, BATCH):
        batch = list(islice(rows, BATCH))
        stock.complaints.insert_many([_plain(row) for row in batch], ordered=False)
        ours.complaints.insert_many([_sealed(row, opened[row["person"].id]) for row in batch], ordered=False)
        report(done + len(batch))
    _check(ours)


def _check(ours: Database) -> None:
    """Make sure that what was written past the write path is what it would have written."""
    row = ours.complaints.find_one({"number": {"$gte": "C-"}})
    record = Complaint._from_son(row)
    if record.content is None or tokens_of_record(record) != record.stored["search"]:
        raise AssertionError("The data of the measurements are not as the write path makes them.")


def _insert(collection: Any, rows: Iterator[Row]) -> None:
    while batch := list(islice(rows, BATCH)):
        collection.insert_many(batch, ordered=False)


def _id(rng: Random, at: datetime = NOW - AGE) -> ObjectId:
    """An id as the driver makes them: the time first."""
    return ObjectId(int(at.timestamp()).to_bytes(4, "big") + rng.randbytes(8))


def _plain(row: Row) -> Row:
    rest = {name: value for name, value in row.items() if name not in {"text", "person"}}
    return rest | {"content": row["text"], "user": row["person"].id}


def _sealed(row: Row, key: bytes) -> Row:
    person, pk = row["person"], row["_id"]
    contact = {"content": row["text"], "contact_phone": person.phone}
    moves = [{"state": State.RECEIVED.value, "at": row["created_at"], "by": "Lin Mei"}]
    rest = {name: value for name, value in row.items() if name not in {"text", "person"}}
    found = {
        search_tokens.marker(), *_tokens_of(row["text"]), *search_tokens.hash_tokens(search_tokens.words(row["number"])), _phone(person.phone)
    }  # fmt: skip
    return (
        rest
        | _seal(Complaint, contact, pk, person.id, key)
        | {"user": person.id, "version": 1, "moves": moves, "search": sorted(found)}
    )


def _sealed_user(person: Person, key: bytes) -> Row:
    contact = {"name": person.name, "phone": person.phone, "email": person.email}
    found = {
        search_tokens.marker(), *search_tokens.hash_tokens(search_tokens.words(person.number)), _phone(person.phone),
        search_tokens.identity("email", person.email),
    }  # fmt: skip
    return _seal(User, contact, person.id, person.id, key) | {
        "_id": person.id, "number": person.number, "kind": UserKind.INDIVIDUAL.value, "status": "active",
        "relation": Relation.CONSUMER.value, "source": "form", "customer_class": "regular",
        "created_at": NOW - AGE, "updated_at": NOW - AGE, "version": 1, "search": sorted(found),
    }  # fmt: skip


def _seal(kind: type, texts: dict[str, str], pk: ObjectId, owner: ObjectId, key: bytes) -> Row:
    collection = kind.collection_name()  # type: ignore[attr-defined]
    return {
        name: bytes(kind._fields[name].seal(text, pk, collection, owner, key))  # type: ignore[attr-defined]
        for name, text in texts.items()
    }


def _colleague(n: int, pk: ObjectId) -> Row:
    return {"_id": pk, "name": f"Colleague {n}", "email": f"c{n}@example.com", "roles": ["staff"], "active": True,
            "created_at": NOW - AGE, "updated_at": NOW - AGE, "version": 1, "fs_uniquifier": str(pk)}  # fmt: skip


@cache
def _tokens_of(text: str) -> tuple[int, ...]:
    return tuple(search_tokens.hash_tokens(search_tokens.words(text)))


@cache
def _phone(number: str) -> int:
    return search_tokens.identity("phone", number)
