"""Erasure plans: everything of a person with its fate, looked over and approved by two people (R24, R25)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Self

import pymongo
from bson import ObjectId
from mongoengine import DictField, IntField, ListField, LongField, ObjectIdField, StringField

from documents.erasure.erasure_plan_item import (
    COLLECTION,
    ONE_BY_ONE,
    Decision,
    Question,
    Summary,
    changed,
    count_undecided,
    fingerprint,
    items,
)
from documents.work.notification import NotificationKind, notification, send
from documents.work.task import Task, TaskKind
from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField, TranslatableField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.registry import kind_of
from records.storage import keys, writer
from records.storage.database import after_commit, database, session
from records.subject_records import (
    NO_RECORDS,
    MatchReason,
    identities,
    kinds_with_personal_data,
    linked_users,
    owned_by,
    summarize_records,
)
from security.actor import current_actor
from security.permissions import ERASURE_PLANS, Action, Role

ERASURES = "carry-out-erasures"
SECONDS = 30
"""How long the database may take to sum up a person's records, of whom there may be many."""
UNOWNED_MATCHES = (MatchReason.IDENTITY, MatchReason.MENTION)
"""How records were found that do not name the person: few, whose versions are looked at one by one."""
FINGERPRINT_SHOWN = 8
"""So many characters of the fingerprint an approver copies, to have looked at this very plan."""


class PlanState(Choice):
    """How far a plan has come."""

    PREPARING = "preparing", N_("Being prepared")
    READY = "ready", N_("Waiting for approval")
    APPROVED = "approved", N_("Approved")
    DONE = "done", N_("Carried out")
    VOID = "void", N_("Void")


class ErasurePlan(Governed):
    """What is to become of each record of a person. Its lines are kept beside it
    (`documents.erasure.erasure_plan_item`); the fingerprint over them is what is approved, so that a plan whose data
    or decisions change has to be approved anew."""

    policy = Policy(
        title=N_("Erasure plans"),
        singular=N_("Erasure plan"),
        group=N_("Deletion"),
        icon="check",
        access=ERASURE_PLANS,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: a record of what was deleted"),
        label="user_number",
        columns=("user_number", "state", "total", "undecided", "prepared_by", "approved_by", "created_at"),
        filters=("state", "request", "created_at"),
        sections=(
            (N_("The plan"), ("user_number", "user", "also", "request", "state", "why_void")),
            (N_("What it comes to"), ("total", "undecided", "planned_at", "fingerprint")),
            (N_("Who stands for it"), ("prepared_by", "approved_by", "approved_at")),
        ),
    )

    request = ReferenceIdField(
        "deletion_requests", required=True, locked=True, system=True, verbose_name=N_("Deletion request")
    )
    user = ReferenceIdField("users", required=True, locked=True, system=True, verbose_name=N_("User"))
    user_number = StringField(locked=True, system=True, verbose_name=N_("User number"))
    state = StringField(
        choices=list(PlanState), default=PlanState.PREPARING, system=True, verbose_name=N_("State")
    )
    why_void: Any = TranslatableField(system=True, verbose_name=N_("Why it is void"))
    planned_at = UTCDateTimeField(system=True, verbose_name=N_("Data as of"))
    counts = DictField(internal=True, unaudited=True)
    total = IntField(default=0, system=True, verbose_name=N_("Records"))
    undecided = IntField(default=0, system=True, verbose_name=N_("To be decided"))
    also = ListField(
        ReferenceIdField("users"),
        locked=True,
        system=True,
        verbose_name=N_("The same person, as other users"),
    )
    earlier = ObjectIdField(internal=True, unaudited=True)
    base = StringField(internal=True, unaudited=True)
    tallies = DictField(internal=True, unaudited=True)
    fingerprint = StringField(system=True, verbose_name=N_("Fingerprint"))
    identity = ListField(LongField(), internal=True, unaudited=True)
    prepared_by = StringField(system=True, verbose_name=N_("Prepared by"))
    asked_by = ListField(StringField(), internal=True, unaudited=True)
    approved_by = StringField(system=True, verbose_name=N_("Approved by"))
    approved_at = UTCDateTimeField(system=True, verbose_name=N_("Approved"))

    meta = {
        "collection": "erasure_plans",
        "indexes": [
            {"fields": ["state", "created_at"], "name": "waiting"},
            {"fields": ["request", "-created_at"], "name": "of_request"},
        ],
    }

    @classmethod
    def prepare_for(cls, request: Any, now: datetime) -> Self:
        """Have a plan made for a deletion request; a task finds the records. An earlier one is void, but
        what was decided in it on a record that has not changed holds."""
        earlier = cls.objects(request=request.pk).order_by("-created_at").first()
        for live in cls.objects(request=request.pk, state__in=[PlanState.PREPARING, PlanState.READY]):
            live.invalidate(N_("A new plan was made."), now)
        return cls.prepare_plans([request], now, earlier=earlier.pk if earlier else None)[0]

    @classmethod
    def prepare_plans(
        cls, requests: Sequence[Any], now: datetime, *, earlier: ObjectId | None = None
    ) -> list[Self]:
        """Have the plans made of requests that have none, in as few commands as for one."""
        known = {
            user.pk: user for user in linked_users([user for request in requests for user in request.people])
        }
        keys.get_keys(user.key_owner() for user in known.values())
        plans = [
            cls(
                request=request.pk,
                user=request.user,
                also=request.also,
                user_number=request.user_number,
                earlier=earlier,
                identity=identities(*(known[user] for user in request.people if user in known)),
                prepared_by=current_actor().name,
                asked_by=sorted({current_actor().id, request.asked_by or current_actor().id}),
            )
            for request in requests
        ]
        writer.save(*plans, now=now)
        Task.enqueue(
            [
                Task.create(
                    TaskKind.ERASURE_PLAN,
                    f"{request.user_number or request.user}",
                    Action.REQUEST_DELETION,
                    {"plan": plan.pk},
                    now,
                    about="users",
                    reason=request.reason,
                )
                for request, plan in zip(requests, plans, strict=True)
            ],
            now,
        )
        return plans

    @property
    def people(self) -> list[ObjectId]:
        """The person, under every name by which the register of users knows them."""
        return [self.user, *self.also]

    def invalidate(self, why: str, now: datetime) -> None:
        """Let the plan hold no longer. `why` is marked with `N_`."""
        self.state, self.why_void, self.identity = PlanState.VOID, why, []
        self.save(now=now)

    def complete(self, found: Summary, now: datetime) -> None:
        """All records are found, and summed up: let people decide and approve."""
        self.state, self.planned_at = PlanState.READY, now
        self.counts, self.base, self.tallies = found.counts, found.base, found.tallies
        self.total = sum(sum(fates.values()) for fates in self.counts.values())
        self.refresh_state()
        self.save(now=now)
        self.notify(NotificationKind.PLAN_READY, now)

    def notify(self, occasion: NotificationKind, now: datetime) -> None:
        """Have the officers told of it, as part of the transaction under way; each plan once."""
        name, key = self.collection_name(), f"{occasion.value}:{self.pk}"
        role = Role.COMPLIANCE.value
        send([notification(key, occasion, name, self.pk, self.user_number, now, [], to_role=role)])

    def refresh_state(self) -> None:
        """Bring the fingerprint and what is undecided up to date, in memory."""
        self.undecided = count_undecided(self.pk)
        self.fingerprint = fingerprint(self.pk, self.base)

    def decide(self, chosen: list[ObjectId] | None, decision: Decision, now: datetime) -> int:
        """Decide on lines that ask for it: on `chosen`, or on all that are undecided, but for those that
        have to be looked at one by one. Another user who is the same person becomes part of the request,
        and the plan is made anew. Raises `ActionRefused`."""
        if self.state != PlanState.READY:
            raise ActionRefused(
                N_("Nothing is to be decided: this plan is “%(state)s”."), state=PlanState(self.state)
            )
        apart = ONE_BY_ONE if decision is Decision.ACT else (Question.PERSON.value,)
        open_ones = {"asks": {"$nin": [None, *apart]}, "decision": None}
        where = open_ones if chosen is None else {"asks": {"$ne": None}, "_id": {"$in": chosen}}
        done = database()[COLLECTION].update_many(
            {"plan": self.pk, **where}, {"$set": {"decision": decision.value}}, session=session()
        )
        self.refresh_state()
        self.save(now=now, reason=f"decided: {decision.value}, {done.matched_count}")
        if same := [line.record for line in items(self.pk, asks=Question.PERSON, decision=Decision.ACT)]:
            self._request().include(same, now)
        return done.matched_count

    def _request(self) -> Any:
        """The request that this plan was made for. Raises `ActionRefused` where it is over."""
        request: Any = kind_of("deletion_requests").one({"_id": self.request})
        if request is None or not request.is_planned():
            raise ActionRefused(N_("The request that this plan was made for is over."))
        return request

    def has_changed(self) -> bool:
        """Tell whether the data are not those of which the plan was made: a record has changed, gone or
        come. What names the person is summed up by the database, and only the few other records are read."""
        with pymongo.timeout(SECONDS):
            for kind in kinds_with_personal_data():
                name = kind.collection_name()
                if summarize_records(name, owned_by(kind, *self.people)) != self.tallies.get(
                    name, NO_RECORDS
                ):
                    return True
            beside = chain.from_iterable(changed(self.pk, found=how.value) for how in UNOWNED_MATCHES)
            return next(beside, None) is not None

    @action(
        N_("Approve"),
        Action.APPROVE,
        when=lambda plan: plan.state == PlanState.READY,
        inputs=(
            ActionInput(
                "seen",
                N_("The first eight characters of the fingerprint"),
                help=N_("Copied from the plan's page: they stand for exactly these records and decisions."),
            ),
        ),
        danger=True,
    )
    def approve(self, now: datetime, seen: str) -> None:
        """Let the plan be carried out. Raises `ActionRefused` for who made it, and while anything is open."""
        if current_actor().id in self.asked_by:
            raise ActionRefused(N_("Who asked for an erasure or prepared its plan cannot approve it."))
        if self.undecided:
            raise ActionRefused(N_("%(count)s lines are still to be decided."), count=self.undecided)
        if seen.strip().lower() != (self.fingerprint or "")[:FINGERPRINT_SHOWN]:
            raise ActionRefused(
                N_("This is not the fingerprint of the plan as it stands. Please look at it again.")
            )
        if self.has_changed():
            raise ActionRefused(
                N_("The data have changed since this plan was made. Please have it made anew.")
            )
        self.state, self.approved_by, self.approved_at = PlanState.APPROVED, current_actor().name, now
        self.save(now=now)
        after_commit(lambda: job_state.schedule_now(ERASURES, now))

    @action(
        N_("Make the plan anew"),
        Action.REQUEST_DELETION,
        when=lambda plan: plan.state in {PlanState.READY, PlanState.VOID},
    )
    def renew(self, now: datetime) -> None:
        """Look at the data as they are now. Raises `ActionRefused` where the request is over."""
        self._request().make_plan(now)

    @action(
        N_("Refuse"),
        Action.APPROVE,
        when=lambda plan: plan.state == PlanState.READY,
        comment=N_("What has to be put right first"),
    )
    def refuse(self, now: datetime, note: str) -> None:
        """Send the plan back; the request waits for a new one."""
        self.state, self.why_void, self.identity = PlanState.VOID, note, []
        self.save(now=now, reason=note)


def approved(request: ObjectId) -> ErasurePlan | None:
    """The plan by which a request may be carried out."""
    return ErasurePlan.objects(request=request, state=PlanState.APPROVED).first()
