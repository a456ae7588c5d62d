"""Legal holds: what must be kept whatever retention or a deletion request says, why, and who looks at it again.

`hold_reason` on the held record mirrors the holds in force on it, so that whoever reads the record
sees that it is held; a hold on a person's record holds everything about the person.
"""

from datetime import datetime, timedelta
from functools import partial

from bson import ObjectId
from mongoengine import ObjectIdField, StringField

from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.fields import RecordLabelField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import RegisterChoices
from records.declaration.registry import by_collection
from records.storage import writer
from records.storage.database import after_commit, database, in_transaction, session
from security.actor import current_actor
from security.permissions import HOLDS, Action

REVIEW_AFTER = timedelta(days=90)
BLOCKED_JOBS = ("carry-out-erasures", "purge-expired")
MOST = 100
"""No record has more holds at once."""


class HoldState(Choice):
    """Whether it still keeps its record."""

    IN_FORCE = "in-force", N_("In force")
    RELEASED = "released", N_("Released")


class LegalHold(Governed):
    """One reason why one record, or everything about one person, must be kept."""

    policy = Policy(
        title=N_("Legal holds"),
        singular=N_("Legal hold"),
        group=N_("Deletion"),
        icon="holds",
        access=HOLDS,
        subject="person",
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: why something was kept, for later audits"),
        label="name",
        columns=("name", "register", "reason", "reviewer", "review_at", "state", "created_at", "released_at"),
        filters=("state", "register", "reviewer", "review_at", "created_at"),
        sections=(
            (N_("What is held"), ("name", "register", "person", "reason", "state", "placed_by")),
            (N_("Review"), ("reviewer", "review_at")),
            (N_("Release"), ("released_at", "released_by", "release_reason")),
        ),
    )

    name = RecordLabelField(required=True, max_length=200, system=True, verbose_name=N_("Record"))
    register = StringField(
        choices=RegisterChoices(), required=True, locked=True, system=True, verbose_name=N_("Register")
    )
    record = ObjectIdField(required=True, locked=True, internal=True)
    person = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    reason = StringField(required=True, max_length=2000, locked=True, system=True, verbose_name=N_("Reason"))
    placed_by = StringField(system=True, verbose_name=N_("Placed by"))
    reviewer = ReferenceIdField("staff", verbose_name=N_("Who looks at it again"))
    review_at = UTCDateTimeField(required=True, verbose_name=N_("Look at it again"))
    state = StringField(
        choices=list(HoldState), default=HoldState.IN_FORCE, system=True, verbose_name=N_("State")
    )
    released_at = UTCDateTimeField(system=True, verbose_name=N_("Released"))
    released_by = StringField(system=True, verbose_name=N_("Released by"))
    release_reason = StringField(max_length=2000, system=True, verbose_name=N_("Why it may go"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "holds",
        "indexes": [
            {"fields": ["record", "state"], "name": "of_record"},
            {"fields": ["person", "state"], "name": "of_person"},
            {"fields": ["state", "review_at"], "name": "to_review"},
        ],
    }

    @action(
        N_("Release the legal hold"),
        Action.HOLD,
        when=lambda hold: hold.state == HoldState.IN_FORCE,
        comment=N_("Why it may go"),
    )
    def release(self, now: datetime, note: str) -> None:
        """Let retention and deletion requests have the record again, unless another hold keeps it; what
        waited for this is taken up at once. Raises `ActionRefused` where it is released already."""
        if self.state != HoldState.IN_FORCE:
            raise ActionRefused(N_("This hold has been released already."))
        in_transaction(lambda: _release([self], now, note))


def place(
    record: Governed, reason: str, now: datetime, reviewer: ObjectId | None = None, review_at: datetime | None = None
) -> LegalHold:  # fmt: skip
    """Hold a record, and show so on it. It is looked at again in 90 days unless said otherwise.

    Raises `ConcurrentModification` where the record changed since it was read.
    """
    hold = LegalHold(
        name=_name(record), register=record.collection_name(), record=record.pk,
        person=_person(record), reason=reason, placed_by=current_actor().name, reviewer=reviewer,
        review_at=review_at or now + REVIEW_AFTER,
    )  # fmt: skip

    def work() -> None:
        writer.save(hold, now=now, reason=reason)
        _mirror(record, now, reason)

    in_transaction(work)
    return hold


def release(record: Governed, note: str, now: datetime) -> None:
    """Release every hold on one record."""

    def work() -> None:
        if holds := active_for(record.pk):
            _release(holds, now, note)
        if current := _read(record.collection_name(), record.pk):
            _mirror(current, now, note)  # also where its reason came with no hold to it

    in_transaction(work)


def active_for(pk: ObjectId) -> list[LegalHold]:
    """The holds in force on one record, the oldest first."""
    in_force = {"record": pk, "state": HoldState.IN_FORCE.value}
    rows = database()[LegalHold.collection_name()].find(in_force, session=session()).sort("_id").limit(MOST)
    return [LegalHold._from_son(row) for row in rows]


def _release(holds: list[LegalHold], now: datetime, note: str) -> None:
    for hold in holds:
        hold.state, hold.released_at = HoldState.RELEASED, now
        hold.released_by, hold.release_reason = current_actor().name, note
    writer.save(*holds, now=now, reason=note)
    if record := _read(holds[0].register, holds[0].record):
        _mirror(record, now, note)
    after_commit(partial(_wake, now))


def _wake(now: datetime) -> None:
    for name in BLOCKED_JOBS:
        job_state.schedule_now(name, now)


def _mirror(record: Governed, now: datetime, reason: str) -> None:
    """Let the record say what holds it."""
    reasons = "; ".join(hold.reason for hold in active_for(record.pk))[:2000] or None
    if record.hold_reason != reasons:
        record.hold_reason = reasons
        writer.save(record, now=now, reason=reason)


def _read(register: str, pk: ObjectId) -> Governed | None:
    kind = by_collection(register)
    row = database()[register].find_one({"_id": pk}, session=session())
    return kind._from_son(row) if kind and row else None


def _name(record: Governed) -> str:
    """What it is called, never by a personal value."""
    return str(record.pk if record.policy.label in record.personal() else record)[:200]


def _person(record: Governed) -> ObjectId | None:
    """The user a hold is about, where it is about one."""
    subject = record.policy.subject
    if subject is None:
        return None
    points_at = record.collection_name() if subject == "self" else record.references()[subject].kind
    return record.subject_id() if points_at == "users" else None


class Holdable(Governed):
    """A record that a legal hold can keep, whatever retention or a deletion request says."""

    meta = {"abstract": True}

    @action(
        N_("Place a legal hold"),
        Action.HOLD,
        when=lambda r: not r.anonymised_at,
        inputs=(
            ActionInput("note", N_("Why it must be kept"), "long-text"),
            ActionInput(
                "reviewer", N_("Who looks at it again"), "reference", required=False, collection="staff"
            ),
            ActionInput(
                "review_at",
                N_("Look at it again"),
                "moment",
                required=False,
                help=N_("Left open, in 90 days."),
            ),
        ),
        group=ActionGroup.DATA,
    )
    def hold(
        self, now: datetime, note: str, reviewer: ObjectId | None = None, review_at: datetime | None = None
    ) -> None:
        """Keep this record, whatever retention or a deletion request says."""
        place(self, note, now, reviewer, review_at)

    @action(
        N_("Release the legal hold"),
        Action.HOLD,
        when=lambda r: bool(r.hold_reason),
        comment=N_("Why it may go"),
        group=ActionGroup.DATA,
    )
    def release(self, now: datetime, note: str) -> None:
        """Let retention and deletion requests have this record again."""
        release(self, note, now)
