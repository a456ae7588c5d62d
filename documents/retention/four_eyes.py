"""What the panel rules about deletion: put forward by one, and where it lets more go, approved by another.

A rule is never edited: the next one takes its place from a moment on, so that the list of rules is their
history. The newest that holds goes before what the product ships with.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from mongoengine import StringField

from documents.work.notification import NotificationKind, notification, send
from language.words import N_, Choice
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import UTCDateTimeField
from records.declaration.record import Governed
from records.storage import sequence
from records.storage.database import database, in_transaction, session
from security.actor import current_actor
from security.permissions import Action, Role

MOST = 1_000


class ApprovalState(Choice):
    """How far a rule has come."""

    WAITING = "waiting", N_("Waits for a second person")
    IN_FORCE = "in-force", N_("Approved")
    REFUSED = "refused", N_("Not approved")


class ApprovableRule(Governed):
    """A rule with its moment, its reason and the two people who answer for it; subclasses say what it rules."""

    number = StringField(max_length=80, system=True, locked=True, verbose_name=N_("Number"))
    why = StringField(
        required=True, max_length=2000, multiline=True, locked=True, verbose_name=N_("Why it is so")
    )
    valid_from = UTCDateTimeField(
        locked=True, verbose_name=N_("Valid from"), help_text=N_("Left open, or in the past: at once.")
    )
    state = StringField(
        choices=list(ApprovalState), default=ApprovalState.WAITING, system=True, verbose_name=N_("State")
    )
    holds_from = UTCDateTimeField(system=True, verbose_name=N_("Holds from"))
    proposed_by = StringField(internal=True, locked=True)
    proposer = StringField(system=True, locked=True, verbose_name=N_("Put forward by"))
    decider = StringField(system=True, verbose_name=N_("Decided by"))
    decided_at = UTCDateTimeField(system=True, verbose_name=N_("Decided"))

    prefix: ClassVar[str]
    meta = {"abstract": True}

    def weakens_protection(self, at: datetime) -> bool:
        """Whether from `at` on more would go, or sooner, than by the rule that it replaces."""
        raise NotImplementedError

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        """Name who puts it forward; what lets nothing more go holds without a second person."""
        first = sequence.next_numbers(cls.collection_name(), len(records))
        for offset, rule in enumerate(records):
            rule.number = rule.number or f"{cls.prefix}-{first + offset:04d}"
            rule.valid_from = max(rule.valid_from or now, now)
            if not rule.proposed_by:
                rule.proposed_by, rule.proposer = current_actor().id, current_actor().name
                if not rule.weakens_protection(rule.valid_from):
                    rule.state, rule.holds_from = ApprovalState.IN_FORCE, rule.valid_from

    def save(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> Self:
        """Store it; where it waits, those who may decide are told, in the same transaction."""
        is_new = self.stored is None

        def store() -> None:
            super(ApprovableRule, self).save(reason=reason or self.why or "", now=now)
            if is_new and self.state == ApprovalState.WAITING:
                moment = self.created_at
                send([
                    notification(
                        f"proposal:{self.pk}:{role}", NotificationKind.RULE_WAITING, self.collection_name(), self.pk,
                        str(self), moment, (), to_role=role.value,
                    )
                    for role in (Role.COMPLIANCE, Role.ADMIN)
                ])  # fmt: skip

        in_transaction(store)
        return self

    @action(
        N_("Approve this rule"),
        Action.APPROVE,
        when=lambda rule: rule.state == ApprovalState.WAITING,
        comment=N_("Why it is right"),
        danger=True,
    )
    def approve(self, now: datetime, note: str) -> None:
        """Let it hold from its moment on, or from now. Raises `ActionRefused` for who put it forward."""
        if self.state != ApprovalState.WAITING:
            raise ActionRefused(N_("This rule was decided on already."))
        if current_actor().id == self.proposed_by:
            raise ActionRefused(N_("You put this rule forward: somebody else approves it."))
        self._decide(ApprovalState.IN_FORCE, now, note)

    @action(
        N_("Do not approve"),
        Action.APPROVE,
        when=lambda rule: rule.state == ApprovalState.WAITING,
        comment=N_("Why not"),
    )
    def refuse(self, now: datetime, note: str) -> None:
        """Let what holds go on; who put it forward may take it back so as well."""
        if self.state != ApprovalState.WAITING:
            raise ActionRefused(N_("This rule was decided on already."))
        self._decide(ApprovalState.REFUSED, now, note)

    def _decide(self, state: ApprovalState, now: datetime, note: str) -> None:
        self.state, self.decider, self.decided_at = state, current_actor().name, now
        if state is ApprovalState.IN_FORCE:
            self.holds_from = max(self.valid_from, now)
        self.save(now=now, reason=note)

    @classmethod
    def holding(cls, at: datetime) -> list[Self]:
        """The rules whose moment has come at `at`, each before the one that takes its place. One query."""
        wanted = {"state": ApprovalState.IN_FORCE.value, "holds_from": {"$lte": at}}
        rows = database()[cls.collection_name()].find(wanted, session=session())
        rules = [cls._from_son(row) for row in rows.sort([("holds_from", -1), ("_id", -1)]).limit(MOST)]
        return rules[::-1]
