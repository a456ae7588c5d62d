"""The brake on large purges: one that would take more than a set share of a register waits for leave.

A wrong rule, a wrong clock or a wrong import would otherwise empty a register in one night.
"""

from datetime import datetime, timedelta
from typing import Any

import pymongo
from mongoengine import IntField, StringField

from documents.retention.retention_in_force import expired
from documents.retention.retention_rule_label import RuleName
from documents.work.notification import NotificationKind, notification, send
from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import RuleNameField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import RegisterChoices
from records.lists.index_selection import EARLIEST, match_stages
from records.lists.paging import count_up_to
from records.storage import writer
from records.storage.database import after_commit, database, session
from security.actor import current_actor
from security.permissions import PURGES, Action, Role

LEAST = 100
"""A purge of fewer records never waits, whatever its share of the register (documents/retention/purge_limit.py)."""
LEAVE = timedelta(days=7)
"""How long leave is good for."""
COUNT_SECONDS = 45


class StopState(Choice):
    """Whether a large purge may go on."""

    WAITING = "waiting", N_("Waits for leave")
    ALLOWED = "allowed", N_("Allowed")


class PurgeApproval(Governed):
    """One rule is about to take a large part of a register."""

    policy = Policy(
        title=N_("Stopped purges"),
        singular=N_("Stopped purge"),
        group=N_("Deletion"),
        icon="warning",
        access=PURGES,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: who allowed a purge; it concerns no person"),
        keep=Keep(
            after="allowed_until", years=3, fate=Fate.ERASE, basis=N_("User policy 2(5)2: for later audits")
        ),
        label="register",
        columns=("register", "rule", "count", "of", "before", "state", "created_at", "allowed_by"),
        filters=("state", "register", "created_at"),
        sections=(
            (N_("The purge"), ("register", "rule", "count", "of", "before", "state")),
            (N_("Leave"), ("allowed_by", "allowed_until", "why")),
        ),
    )

    register = StringField(
        choices=RegisterChoices(), required=True, locked=True, system=True, verbose_name=N_("Register")
    )
    rule = RuleNameField(required=True, locked=True, system=True, verbose_name=N_("Rule"))
    count = IntField(required=True, system=True, unaudited=True, verbose_name=N_("Records that would go"))
    of = IntField(required=True, system=True, unaudited=True, verbose_name=N_("Of"))
    before = UTCDateTimeField(
        required=True, system=True, unaudited=True, verbose_name=N_("Their time began before")
    )
    state = StringField(
        choices=list(StopState), default=StopState.WAITING, system=True, verbose_name=N_("State")
    )
    allowed_by = StringField(system=True, verbose_name=N_("Allowed by"))
    allowed_until = UTCDateTimeField(system=True, verbose_name=N_("Good until"))
    why = StringField(max_length=2000, system=True, verbose_name=N_("Why"))

    meta = {
        "collection": "purge_stops",
        "indexes": [
            {"fields": ["register", "state"], "name": "of_register"},
            {"fields": ["allowed_until", "_id"], "name": "retention"},
        ],
    }

    @action(
        N_("Allow this purge"),
        Action.ALLOW,
        when=lambda stop: stop.state == StopState.WAITING,
        comment=N_("Why it is right that so much goes"),
        danger=True,
    )
    def allow(self, now: datetime, note: str) -> None:
        """Let the purge go on, at once, up to the records it was stopped at. Raises `ActionRefused` where it
        was allowed before."""
        if self.state != StopState.WAITING:
            raise ActionRefused(N_("This purge was allowed already."))
        self.state, self.allowed_by, self.why = StopState.ALLOWED, current_actor().name, note
        self.allowed_until = now + LEAVE
        self.save(now=now, reason=note)
        after_commit(lambda: job_state.schedule_now("purge-expired", now))


def check_limit(
    kind: type[Governed], keep: Keep, now: datetime, share: float
) -> tuple[dict[str, Any], int, int]:
    """Return the query for what may be purged at `now`, and, where the rest is more than `share` of the
    register, so that it waits for leave, how many those are and of how many; else zeros. Only reads."""
    over = expired(keep, now)
    leave = _leave(kind, keep, now)
    free = {**over, keep.after: {"$gte": EARLIEST, "$lt": min(leave, keep.cutoff(now))}} if leave else None
    rest = {**over, keep.after: {"$gte": leave or EARLIEST, "$lt": keep.cutoff(now)}}
    with pymongo.timeout(COUNT_SECONDS):
        count = count_up_to(kind.collection_name(), rest)
        of = database()[kind.collection_name()].estimated_document_count() if count >= LEAST else 0
    if count < LEAST or count <= of * share:
        return over, 0, 0
    return free or {"_id": None}, count, of


def _leave(kind: type[Governed], keep: Keep, now: datetime) -> datetime | None:
    """Up to when leave was given under the very rule that holds now."""
    allowed = {
        "register": kind.collection_name(),
        "state": StopState.ALLOWED.value,
        "rule": str(RuleName.of(kind, keep)),
        "allowed_until": {"$gt": now},
    }
    name = PurgeApproval.collection_name()
    rows = database()[name].aggregate(
        [*match_stages(name, allowed), {"$limit": LEAST}, {"$project": {"before": 1}}]
    )
    return max((row["before"] for row in rows), default=None)


def request_approval(kind: type[Governed], keep: Keep, count: int, of: int, now: datetime) -> None:
    """Ask for leave, as part of the transaction under way; asking again brings the counts up to date."""
    name, rule = kind.collection_name(), str(RuleName.of(kind, keep))
    waiting = {"register": name, "state": StopState.WAITING.value, "rule": rule}
    row = database()[PurgeApproval.collection_name()].find_one(waiting, session=session())
    stop = PurgeApproval._from_son(row) if row else PurgeApproval(register=name, rule=rule)
    stop.count, stop.of, stop.before = count, of, keep.cutoff(now)
    writer.save(stop, now=now)
    if row is None:
        key = f"purge-stopped:{stop.pk}"
        told = (PurgeApproval.collection_name(), stop.pk, name, now, ())
        send([
            notification(f"{key}:{role}", NotificationKind.PURGE_STOPPED, *told, to_role=role.value)
            for role in (Role.COMPLIANCE, Role.ADMIN)
        ])  # fmt: skip
