"""Recalls: who received a person's data is asked to delete it, by a day, and to prove it (R20, R24)."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from mongoengine import IntField, StringField

from language.words import N_, Choice
from records import rows
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.registry import by_collection, kind_of
from records.storage import writer
from records.storage.database import in_transaction
from security.permissions import RECALLS, Action

ANSWER_WITHIN = timedelta(days=15)
MOST = 1_000


class RecallReason(Choice):
    """What makes us ask for data back."""

    WITHDRAWN = "withdrawn", N_("Consent withdrawn")
    ERASED = "erased", N_("Data erased")
    ENDED = "agreement-ended", N_("Agreement ended")


class RecallState(Choice):
    """How far a recall has come."""

    OPEN = "open", N_("To be asked")
    ASKED = "asked", N_("Asked")
    ACKNOWLEDGED = "acknowledged", N_("Acknowledged")


class DataRecall(Governed):
    """One third party is to delete what it received of one person. It names the person by number only."""

    policy = Policy(
        title=N_("Recalls"),
        singular=N_("Recall"),
        group=N_("Sharing"),
        icon="recalls",
        access=RECALLS,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: a record of what was deleted, also elsewhere"),
        label="user_number",
        columns=("user_number", "third_party", "why", "state", "sharings", "answer_by", "acknowledged_at"),
        filters=("state", "why", "third_party", "answer_by"),
        sections=(
            (N_("The recall"), ("user_number", "third_party", "why", "sharings", "state")),
            (N_("How far it is"), ("answer_by", "asked_at", "asked_how", "acknowledged_at", "evidence")),
        ),
    )

    user = ReferenceIdField("users", required=True, locked=True, internal=True)
    user_number = StringField(locked=True, system=True, verbose_name=N_("User number"))
    third_party = ReferenceIdField(
        "third_parties", required=True, locked=True, system=True, verbose_name=N_("Third party")
    )
    why = StringField(
        choices=list(RecallReason), required=True, locked=True, system=True, verbose_name=N_("Why")
    )
    sharings = IntField(system=True, verbose_name=N_("Times shared"))
    state = StringField(
        choices=list(RecallState), default=RecallState.OPEN, system=True, verbose_name=N_("State")
    )
    answer_by = UTCDateTimeField(required=True, system=True, verbose_name=N_("To be answered by"))
    asked_at = UTCDateTimeField(system=True, verbose_name=N_("Asked"))
    asked_how = StringField(max_length=300, system=True, verbose_name=N_("How they were asked"))
    acknowledged_at = UTCDateTimeField(system=True, verbose_name=N_("Acknowledged"))
    evidence = StringField(max_length=500, system=True, verbose_name=N_("Where the evidence is"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "recalls",
        "indexes": [
            {"fields": ["state", "answer_by"], "name": "waiting"},
            {"fields": ["user", "third_party"], "name": "of_person"},
        ],
    }

    @property
    def is_open(self) -> bool:
        return self.state != RecallState.ACKNOWLEDGED

    @action(
        N_("They were asked"),
        Action.EDIT,
        when=lambda recall: recall.state == RecallState.OPEN,
        inputs=(ActionInput("how", N_("How, and where the letter is")),),
    )
    def asked(self, now: datetime, how: str) -> None:
        """Note that the third party was asked to delete the data."""
        self.state, self.asked_at, self.asked_how = RecallState.ASKED, now, how
        self.save(now=now, reason=how)

    @action(
        N_("They have deleted it"),
        Action.EDIT,
        when=lambda recall: recall.is_open,
        inputs=(
            ActionInput(
                "evidence", N_("Where the evidence is"), help=N_("Their letter or certificate of deletion.")
            ),
        ),
    )
    def acknowledge(self, now: datetime, evidence: str) -> None:
        """Close it with the proof. Raises `ActionRefused` without one."""
        if not evidence:
            raise ActionRefused(N_("Please say where their confirmation is kept."))
        self.state, self.acknowledged_at, self.evidence = RecallState.ACKNOWLEDGED, now, evidence
        self.save(now=now, reason=evidence)


def open_for(
    user: ObjectId, why: RecallReason, now: datetime, *,
    only: Collection[ObjectId | None] | None = None, spare: Collection[ObjectId | None] = (),
) -> int:  # fmt: skip
    """Open a recall for each third party that holds data of a person; return how many. Joins the
    transaction under way. What was recalled before is not recalled again, so repeating is safe.

    `only` and `spare` name third parties: just these, and all but these.
    """
    meant = [
        row
        for row in _held({"user": user}, MOST)
        if (only is None or row["third_party"] in only) and row["third_party"] not in spare
    ]
    return in_transaction(lambda: _open(meant, why, now))


def open_from(third_party: ObjectId, users: Collection[ObjectId], why: RecallReason, now: datetime) -> int:
    """Open a recall for each of these persons of whom one third party holds data; return how many.
    Joins the transaction under way, and is safe to repeat."""
    held = _held({"third_party": third_party, "user": {"$in": list(users)}}, MOST)
    return in_transaction(lambda: _open(held, why, now))


def open_for_all(users: Collection[ObjectId], why: RecallReason, now: datetime) -> int:
    """Open a recall for each third party that holds data of any of these persons, as `open_for` does."""
    held = _held({"user": {"$in": list(users)}}, MOST * len(users))
    return in_transaction(lambda: _open(held, why, now))


def _held(where: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """What was shared and not recalled yet, as stored."""
    return rows(kind_of("sharings"), {**where, "recalled_at": None}, limit=most)


def _open(rows: Iterable[dict[str, Any]], why: RecallReason, now: datetime) -> int:
    """One recall a person and third party, and a mark on every sharing it covers."""
    kind = by_collection("sharings")
    covered: dict[tuple[ObjectId, ObjectId], list[Any]] = {}
    for row in rows:
        sharing = kind._from_son(row)  # type: ignore[union-attr]
        sharing.recalled_at = now
        covered.setdefault((row["user"], row["third_party"]), []).append(sharing)
    recalls = [
        DataRecall(
            user=user, user_number=sharings[0].user_number, third_party=party, why=why,
            sharings=len(sharings), answer_by=now + ANSWER_WITHIN,
        )
        for (user, party), sharings in covered.items()
    ]  # fmt: skip
    writer.save(*(one for group in covered.values() for one in group), *recalls, now=now, reason=why.value)
    return len(recalls)
