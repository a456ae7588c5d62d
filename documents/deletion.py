"""Requests to delete a person's data, and how far each has come (R24)."""

from datetime import datetime
from typing import Self

from bson import ObjectId
from mongoengine import DictField, IntField, StringField

from documents.fields import Moment, Reference
from documents.policy import Fate, Policy
from documents.record import Governed
from documents.words import N_, Choice
from security.actor import acting
from security.permissions import OUTCOMES


class Progress(Choice):
    """How far a request has come."""

    REQUESTED = "requested", N_("Requested")
    RUNNING = "running", N_("Running")
    DONE = "done", N_("Done")
    BLOCKED = "blocked", N_("Blocked by a legal hold")


class DeletionRequest(Governed):
    """A request made in the panel; a job carries it out. It names the person by reference only,
    so nothing of them is left in it once they are gone."""

    policy = Policy(
        title=N_("Deletion requests"),
        one=N_("Deletion request"),
        group=N_("Deletion"),
        icon="requests",
        access=OUTCOMES,
        on_erasure=Fate.RETAIN,
        basis="S0 二(五)2: a record of what was deleted",
        label="user_number",
        columns=("user_number", "state", "requested_by", "created_at", "done", "of", "finished_at"),
        filters=("state", "created_at", "finished_at"),
        sections=(
            (N_("The request"), ("user_number", "user", "reason", "requested_by", "created_at")),
            (N_("How far it is"), ("state", "done", "of", "outcome", "finished_at")),
        ),
    )

    user = Reference("users", required=True, locked=True, verbose_name=N_("User"))
    user_number = StringField(locked=True, verbose_name=N_("User number"))
    reason = StringField(required=True, max_length=500, locked=True, verbose_name=N_("Reason"))
    requested_by = StringField(required=True, locked=True, verbose_name=N_("Requested by"))
    state = StringField(choices=list(Progress), default=Progress.REQUESTED, verbose_name=N_("State"))
    of = IntField(unaudited=True, verbose_name=N_("Records"))
    done = IntField(default=0, unaudited=True, verbose_name=N_("Done"))
    outcome = DictField(unaudited=True, verbose_name=N_("Outcome"))
    finished_at = Moment(verbose_name=N_("Finished"))

    meta = {
        "collection": "deletion_requests",
        "indexes": [
            {"fields": ["state", "created_at"], "name": "waiting"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["-created_at", "-_id"], "name": "newest"},
        ],
    }

    @classmethod
    def ask(cls, user_id: ObjectId, number: str, reason: str, now: datetime) -> Self:
        """Ask for all data of a user to be deleted; asking again while one is open returns that one."""
        waiting = cls.objects(
            user=user_id, state__in=[Progress.REQUESTED, Progress.RUNNING, Progress.BLOCKED]
        ).first()
        if waiting:
            return waiting
        return cls(user=user_id, user_number=number, reason=reason, requested_by=acting().name).save(now=now)
