"""Reveals: who saw which personal values of which record, why, and who looked it over (R8)."""

from datetime import datetime
from typing import Any, Self

from bson import ObjectId
from mongoengine import BooleanField, ObjectIdField, StringField

from documents.tickets.ticket import Ticket
from language.words import N_, Choice
from records.declaration.actions import ActionRefused, action
from records.declaration.fields import FieldNamesField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import RegisterChoices
from records.declaration.registry import registered
from records.storage import writer
from records.storage.audit import AuditAction
from records.storage.database import database, in_transaction
from security.actor import current_actor
from security.permissions import REVEALS, Action


class ReviewOutcome(Choice):
    """What looking it over came to."""

    OPEN = "open", N_("To be looked over")
    IN_ORDER = "in-order", N_("In order")
    QUESTIONED = "questioned", N_("Questioned")


class PiiAccess(Governed):
    """One look at masked values. Which values they were is not in it, only which fields."""

    policy = Policy(
        title=N_("Reveals"),
        singular=N_("Reveal"),
        group=N_("Administration"),
        icon="eye",
        access=REVEALS,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(3)2: who saw personal data, and why"),
        keep=Keep(
            after="created_at", years=2, fate=Fate.ERASE, basis=N_("Data minimisation, User policy 2(3)")
        ),
        label="by_name",
        columns=("by_name", "kind", "fields_shown", "reason", "on_own_ticket", "finding", "created_at"),
        filters=("finding", "on_own_ticket", "by_staff", "kind", "created_at"),
        sections=(
            (N_("The look"), ("by_name", "created_at", "kind", "fields_shown", "reason")),
            (N_("The ticket it was for"), ("ticket_number", "on_own_ticket")),
            (N_("Looked over"), ("finding", "reviewed_by", "reviewed_at", "remark")),
        ),
    )

    by = StringField(required=True, internal=True)
    by_name = StringField(system=True, verbose_name=N_("Who"))
    by_staff = ReferenceIdField("staff", system=True, verbose_name=N_("Account"))
    kind = StringField(choices=RegisterChoices(), required=True, system=True, verbose_name=N_("Register"))
    record = ObjectIdField(required=True, internal=True)
    fields_shown = FieldNamesField("kind", system=True, verbose_name=N_("What was shown"))
    reason = StringField(max_length=500, system=True, verbose_name=N_("Reason"))
    ticket_number = StringField(max_length=24, system=True, verbose_name=N_("Ticket"))
    on_own_ticket = BooleanField(default=False, system=True, verbose_name=N_("For a ticket assigned to them"))
    finding = StringField(
        choices=list(ReviewOutcome), default=ReviewOutcome.OPEN, system=True, verbose_name=N_("Finding")
    )
    reviewed_by = StringField(system=True, verbose_name=N_("Looked over by"))
    reviewed_at = UTCDateTimeField(system=True, verbose_name=N_("Looked over"))
    remark = StringField(max_length=2000, system=True, verbose_name=N_("Remark"))

    meta = {
        "collection": "reveals",
        "indexes": [
            {"fields": ["finding", "-created_at"], "name": "to_review"},
            {"fields": ["by", "-created_at"], "name": "of_staff"},
        ],
    }

    @classmethod
    def keep(cls, record: Governed, fields: set[str], reason: str, ticket_number: str, now: datetime) -> Self:
        """Keep that who acts sees these fields of `record`, with the entry in the audit trail.

        Raises `ActionRefused` for a ticket number that nobody gave out.
        """
        actor = current_actor()
        ticket = record if isinstance(record, Ticket) else _ticket(ticket_number)
        place, _colon, pk = actor.id.partition(":")
        staff = ObjectId(pk) if place == "staff" and ObjectId.is_valid(pk) else None
        kept = cls(
            by=actor.id,
            by_name=actor.name,
            by_staff=staff,
            kind=record.collection_name(),
            record=record.pk,
            fields_shown=sorted(fields),
            reason=reason or None,
            ticket_number=ticket.number if ticket else None,
            on_own_ticket=bool(ticket and staff and ticket.assignee == staff),
        )
        said = " ".join(filter(None, [reason or ticket_number, f"({', '.join(sorted(fields))})"]))

        def keep() -> Any:
            writer.save(kept, now=now)
            writer.record_event(AuditAction.REVEAL, record.collection_name(), record.pk, said)

        in_transaction(keep)
        return kept

    @action(N_("In order"), Action.APPROVE, when=lambda r: r.finding != ReviewOutcome.IN_ORDER, bulk=True)
    def approve(self, now: datetime) -> None:
        """Record that this look was right. Nobody looks over their own: raises `ActionRefused`."""
        self._review(ReviewOutcome.IN_ORDER, "", now)

    @action(
        N_("Question it"),
        Action.APPROVE,
        when=lambda r: r.finding != ReviewOutcome.QUESTIONED,
        comment=N_("What has to be explained"),
    )
    def flag(self, now: datetime, note: str) -> None:
        """Record that this look has to be explained. Raises `ActionRefused` as above."""
        self._review(ReviewOutcome.QUESTIONED, note, now)

    def _review(self, finding: ReviewOutcome, remark: str, now: datetime) -> None:
        if current_actor().id == self.by:
            raise ActionRefused(N_("Somebody else has to look over what you looked at."))
        self.finding, self.remark = finding, remark or None
        self.reviewed_by, self.reviewed_at = current_actor().name, now
        self.save(now=now, reason=remark)


def _ticket(number: str) -> Any:
    """The ticket of a number, or None where none is given. Raises `ActionRefused` where there is no such."""
    wanted = number.strip().upper()
    if not wanted:
        return None
    for kind in registered():
        if issubclass(kind, Ticket):
            row = database()[kind.collection_name()].find_one({"number": wanted})
            if row:
                return kind._from_son(row)
    raise ActionRefused(N_("There is no ticket %(number)s."), number=wanted)
