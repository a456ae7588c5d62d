"""Tombstones: that something was deleted, by which rule and when, and nothing of what it was (R25)."""

from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import StringField

from language.words import N_
from records.declaration.fields import ReferenceIdField, RuleNameField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import RegisterChoices
from records.storage.database import database, session
from records.storage.keys import keyring
from security.ciphers import keyed_hash
from security.permissions import OUTCOMES


class Tombstone(Governed):
    """Left behind by every purge and erasure. `mark` is a keyed hash of the record's place, so that
    a restored backup can be searched for what has to go again."""

    policy = Policy(
        title=N_("Tombstones"),
        singular=N_("Tombstone"),
        group=N_("Deletion"),
        access=OUTCOMES,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: a record of what was deleted"),
        label="mark",
        columns=("created_at", "kind", "fate", "rule", "request"),
        filters=("kind", "fate", "created_at", "request"),
    )

    kind = StringField(choices=RegisterChoices(), required=True, verbose_name=N_("Register"))
    mark = StringField(required=True, verbose_name=N_("Mark"))
    fate = StringField(choices=list(Fate), required=True, verbose_name=N_("What was done"))
    rule = RuleNameField(required=True, verbose_name=N_("Rule"))
    request = ReferenceIdField("deletion_requests", verbose_name=N_("Deletion request"))

    meta = {
        "collection": "tombstones",
        "indexes": [
            {"fields": ["mark"], "name": "mark"},
            {"fields": ["request", "-created_at"], "name": "of_request"},
        ],
    }


def identity_hash(collection: str, pk: ObjectId) -> str:
    """The keyed hash that stands for one record."""
    return identity_hashes(collection, pk)[0]


def identity_hashes(collection: str, pk: ObjectId) -> list[str]:
    """The hashes that may stand for one record: under each key there was, that in use first."""
    return [keyed_hash(key, f"tombstone:{collection}:{pk}") for key in keyring().audits]


def create_tombstones(
    records: list[Governed], fate: Fate, rule: str, now: datetime, request: ObjectId | None = None
) -> None:
    """Leave one tombstone a record, as part of the transaction under way. The deed itself is
    in the audit trail, so tombstones have no entries of their own."""
    rows: list[dict[str, Any]] = [
        {
            "kind": record.collection_name(),
            "mark": identity_hash(record.collection_name(), record.pk),
            "fate": fate.value,
            "rule": rule,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            **({"request": request} if request else {}),
        }
        for record in records
    ]
    if rows:
        database()[Tombstone.collection_name()].insert_many(rows, session=session())
