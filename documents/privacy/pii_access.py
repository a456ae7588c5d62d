"""Reveals: who saw which personal values of which record, why, and who looked it over (R8)."""

from datetime import datetime
from typing import Any, Self

from bson import ObjectId
from mongoengine import BooleanField, ObjectIdField, StringField

from documents.tickets.ticket import Ticket
from language.words import N_, Choice
from records.declaration.actions import Refused, verb
from records.declaration.fields import FieldNames, Moment, Reference
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.record import Governed
from records.declaration.register_choices import AnyRegister
from records.declaration.registry import governed
from records.storage import writer
from records.storage.audit import Deed
from records.storage.database import atomically, database
from security.actor import acting
from security.permissions import REVEALS, Action


class Finding(Choice):
    """What looking it over came to."""

    OPEN = "open", N_("To be looked over")
    IN_ORDER = "in-order", N_("In order")
    QUESTIONED = "questioned", N_("Questioned")


class Reveal(Governed):
    """One look at masked values. Which values they were is not in it, only which fields."""

    policy = Policy(
        title=N_("Reveals"),
        one=N_("Reveal"),
        group=N_("Administration"),
        icon="eye",
        access=REVEALS,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(3)2: who saw personal data, and why"),
        keep=Keep(
            after="created_at", years=2, then=Fate.ERASE, basis=N_("Data minimisation, User policy 2(3)")
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
    by_staff = Reference("staff", system=True, verbose_name=N_("Account"))
    kind = StringField(choices=AnyRegister(), required=True, system=True, verbose_name=N_("Register"))
    record = ObjectIdField(required=True, internal=True)
    fields_shown = FieldNames("kind", system=True, verbose_name=N_("What was shown"))
    reason = StringField(max_length=500, system=True, verbose_name=N_("Reason"))
    ticket_number = StringField(max_length=24, system=True, verbose_name=N_("Ticket"))
    on_own_ticket = BooleanField(default=False, system=True, verbose_name=N_("For a ticket assigned to them"))
    finding = StringField(
        choices=list(Finding), default=Finding.OPEN, system=True, verbose_name=N_("Finding")
    )
    reviewed_by = StringField(system=True, verbose_name=N_("Looked over by"))
    reviewed_at = Moment(system=True, verbose_name=N_("Looked over"))
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

        Raises `Refused` for a ticket number that nobody gave out.
        """
        actor = acting()
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
            writer.note(Deed.REVEAL, record.collection_name(), record.pk, said)

        atomically(keep)
        return kept

    @verb(N_("In order"), Action.APPROVE, when=lambda r: r.finding != Finding.IN_ORDER, many=True)
    def accept(self, now: datetime) -> None:
        """Record that this look was right. Nobody looks over their own: raises `Refused`."""
        self._review(Finding.IN_ORDER, "", now)

    @verb(
        N_("Question it"),
        Action.APPROVE,
        when=lambda r: r.finding != Finding.QUESTIONED,
        note=N_("What has to be explained"),
    )
    def question(self, now: datetime, note: str) -> None:
        """Record that this look has to be explained. Raises `Refused` as above."""
        self._review(Finding.QUESTIONED, note, now)

    def _review(self, finding: Finding, remark: str, now: datetime) -> None:
        if acting().id == self.by:
            raise Refused(N_("Somebody else has to look over what you looked at."))
        self.finding, self.remark = finding, remark or None
        self.reviewed_by, self.reviewed_at = acting().name, now
        self.save(now=now, reason=remark)


def _ticket(number: str) -> Any:
    """The ticket of a number, or None where none is given. Raises `Refused` where there is no such."""
    wanted = number.strip().upper()
    if not wanted:
        return None
    for kind in governed():
        if issubclass(kind, Ticket):
            row = database()[kind.collection_name()].find_one({"number": wanted})
            if row:
                return kind._from_son(row)
    raise Refused(N_("There is no ticket %(number)s."), number=wanted)
