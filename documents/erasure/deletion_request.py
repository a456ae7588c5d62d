"""Requests to delete a person's data, and how far each has come (R24)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from bson import ObjectId
from mongoengine import DictField, IntField, ListField, StringField

import runtime
from documents.erasure.erasure_plan import ERASURES, ErasurePlan, PlanState
from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import ReferenceIdField, TranslatableField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage import writer
from records.storage.database import after_commit, database, in_transaction, session
from security.actor import current_actor
from security.permissions import ERASURE_PLANS, Action


class Progress(Choice):
    """How far a request has come."""

    REQUESTED = "requested", N_("Requested")
    RUNNING = "running", N_("Running")
    DONE = "done", N_("Done")
    BLOCKED = "blocked", N_("Blocked by a legal hold")
    PROPOSED = "proposed", N_("Waiting for an approved plan")
    WITHDRAWN = "withdrawn", N_("Withdrawn")


OPEN = (Progress.REQUESTED, Progress.RUNNING, Progress.BLOCKED, Progress.PROPOSED)


class DeletionRequest(Governed):
    """A request made in the panel; a job carries it out. It names the person by reference only,
    so nothing of them is left in it once they are gone.

    A planned one waits for a plan that a second officer approves (`documents.erasure.erasure_plan`); the
    other kind takes all that names the person as soon as the job comes to it.
    """

    policy = Policy(
        title=N_("Deletion requests"),
        singular=N_("Deletion request"),
        group=N_("Deletion"),
        icon="requests",
        access=ERASURE_PLANS,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: a record of what was deleted"),
        label="user_number",
        columns=("user_number", "state", "requested_by", "created_at", "done", "of", "finished_at"),
        filters=("state", "created_at", "finished_at"),
        sections=(
            (N_("The request"), ("user_number", "user", "also", "reason", "requested_by", "created_at")),
            (N_("How far it is"), ("state", "plan", "done", "of", "outcome", "finished_at", "certificate")),
        ),
    )

    user = ReferenceIdField("users", required=True, locked=True, verbose_name=N_("User"))
    user_number = StringField(locked=True, verbose_name=N_("User number"))
    also = ListField(
        ReferenceIdField("users"), system=True, verbose_name=N_("The same person, as other users")
    )
    reason = TranslatableField(required=True, max_length=2000, locked=True, verbose_name=N_("Reason"))
    requested_by = StringField(required=True, locked=True, verbose_name=N_("Requested by"))
    asked_by = StringField(locked=True, internal=True, unaudited=True)
    state = StringField(choices=list(Progress), default=Progress.REQUESTED, verbose_name=N_("State"))
    plan = ReferenceIdField("erasure_plans", system=True, verbose_name=N_("Erasure plan"))
    of = IntField(unaudited=True, verbose_name=N_("Records"))
    done = IntField(default=0, unaudited=True, verbose_name=N_("Done"))
    outcome = DictField(unaudited=True, verbose_name=N_("Outcome"))
    begun_at = UTCDateTimeField(internal=True, unaudited=True)
    finished_at = UTCDateTimeField(verbose_name=N_("Finished"))
    certificate = ReferenceIdField("certificates", system=True, verbose_name=N_("Certificate"))

    meta = {
        "collection": "deletion_requests",
        "indexes": [
            {"fields": ["state", "created_at"], "name": "waiting"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def create_request(
        cls, user_id: ObjectId, number: str, reason: str, now: datetime, *, planned: bool = False
    ) -> Self:
        """Ask for all data of a user to be deleted; asking again while one is open returns that one.

        A `planned` one waits for an approved plan, and every one does where approval is required.
        """
        return cls.ask_for({user_id: number}, reason, now, planned=planned)[user_id]

    @classmethod
    def ask_for(
        cls, users: Mapping[ObjectId, str], reason: str, now: datetime, *, planned: bool = False
    ) -> dict[ObjectId, Self]:
        """Ask it for many users, by their numbers: all or none, and in as few commands as for one."""
        planned = planned or runtime.current().erasure_approval

        def ask() -> dict[ObjectId, Self]:
            waiting = cls._open_of(users)
            made = [
                cls(
                    id=ObjectId(),
                    user=user,
                    user_number=number,
                    reason=reason,
                    requested_by=current_actor().name,
                    asked_by=current_actor().id,
                    state=Progress.PROPOSED if planned else Progress.REQUESTED,
                )
                for user, number in users.items()
                if user not in waiting
            ]
            if planned:
                for request, plan in zip(made, ErasurePlan.prepare_plans(made, now), strict=True):
                    request.plan = plan.pk
            writer.save(*made, now=now)
            if made and not planned:
                after_commit(lambda: job_state.schedule_now(ERASURES, now))
            return waiting | {request.user: request for request in made}

        return in_transaction(ask)

    @classmethod
    def _open_of(cls, users: Iterable[ObjectId]) -> dict[ObjectId, Self]:
        """The requests that are open already, by user; one query."""
        wanted = {"user": {"$in": list(users)}, "state": {"$in": [state.value for state in OPEN]}}
        rows = database()[cls.collection_name()].find(wanted, session=session())
        return {row["user"]: cls._from_son(row) for row in rows}

    @property
    def people(self) -> list[ObjectId]:
        """The person, under every name by which the register of users knows them."""
        return [self.user, *self.also]

    def include(self, users: list[ObjectId], now: datetime) -> None:
        """Count other users as the same person: everything of theirs goes as well, by a new plan."""
        self.also = list(dict.fromkeys([*self.also, *users]))
        self.make_plan(now)

    def is_planned(self) -> bool:
        """Whether it waits for an approved plan."""
        return self.state == Progress.PROPOSED

    def make_plan(self, now: datetime) -> None:
        """Have everything of the person found and laid out; asked for again, it is laid out anew."""
        self.plan = ErasurePlan.prepare_for(self, now).pk
        self.save(now=now)

    @action(
        N_("Make a plan"),
        Action.REQUEST_DELETION,
        when=lambda request: (
            request.state in {Progress.REQUESTED, Progress.PROPOSED} and not request.has_live_plan()
        ),
    )
    def plan_first(self, now: datetime) -> None:
        """Let it wait for a plan that a second officer approves."""
        self.state = Progress.PROPOSED
        self.make_plan(now)

    def has_live_plan(self) -> bool:
        """Whether a plan is being made, decided on, or approved."""
        live = [PlanState.PREPARING, PlanState.READY, PlanState.APPROVED]
        return bool(self.plan) and ErasurePlan.objects(pk=self.plan, state__in=live).first() is not None

    @action(
        N_("Withdraw the request"),
        Action.REQUEST_DELETION,
        when=lambda request: request.state in {Progress.REQUESTED, Progress.PROPOSED, Progress.BLOCKED},
        comment=N_("Why the data are to stay"),
    )
    def withdraw(self, now: datetime, note: str) -> None:
        """Let the data stay after all. Raises `ActionRefused` once it has begun."""
        if self.state not in {Progress.REQUESTED, Progress.PROPOSED, Progress.BLOCKED}:
            raise ActionRefused(N_("This request has begun already."))
        self.state, self.finished_at = Progress.WITHDRAWN, now
        self.save(now=now, reason=note)
        for plan in ErasurePlan.objects(
            request=self.pk, state__in=[PlanState.PREPARING, PlanState.READY, PlanState.APPROVED]
        ):
            plan.invalidate(N_("The request was withdrawn."), now)
