"""Complaints: what a person says went wrong, and the answer we owe them."""

from datetime import datetime, timedelta
from typing import Any, Self

from bson import ObjectId
from mongoengine import StringField

from documents.staff.staff import Department
from documents.tickets.dispute import HasDispute
from documents.tickets.refundable import Refundable
from documents.tickets.ticket import Priority, Ticket
from documents.tickets.workflows import COMPLAINT_WORKFLOW
from language.words import N_, Choice
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Deadlines, Fate, Keep, Mask, Personal, Policy, Promise
from records.declaration.purpose import Purpose
from security.permissions import TICKETS


class ComplaintKind(Choice):
    """R60."""

    SERVICE = "service", N_("Service")
    QUALITY = "quality", N_("Quality of the work")
    DELAY = "delay", N_("Delay")
    PRICE = "price", N_("Price and billing")
    CONTRACT = "contract", N_("Contract")
    PRIVACY = "privacy", N_("Personal data")
    OTHER = "other", N_("Other")


OF_FEEDBACK = {"quality": ComplaintKind.QUALITY, "usage": ComplaintKind.QUALITY}
"""What kind of complaint a kind of feedback becomes, if not one about service."""


def _promise(response: float, resolution: float, acknowledgement: float, progress: float) -> Promise:
    """A promise in hours of working time."""
    return Promise(*(timedelta(hours=hours) for hours in (response, resolution, acknowledgement, progress)))


COMPLAINT_DEADLINES = Deadlines(
    by=("kind", "priority"),
    promises={
        **{(kind, Priority.URGENT): _promise(0.5, 16, 0.25, 4) for kind in ComplaintKind},
        **{(kind, Priority.HIGH): _promise(2, 40, 1, 8) for kind in ComplaintKind},
        (ComplaintKind.PRIVACY, Priority.URGENT): _promise(0.5, 8, 0.25, 4),
        (ComplaintKind.PRIVACY, Priority.HIGH): _promise(1, 16, 0.5, 8),
    },
    otherwise=_promise(4, 80, 2, 24),
    calendar="CN",
)


class Complaint(Refundable, HasDispute, Ticket):
    """One complaint, recorded with content, time and contact (R59), answered in a promised time (R60)."""

    original = "content"
    department = Department.COMPLAINTS
    workflow = COMPLAINT_WORKFLOW

    policy = Policy(
        title=N_("Complaints"),
        singular=N_("Complaint"),
        group=N_("Tickets"),
        icon="complaints",
        access=TICKETS,
        purpose=Purpose.BUSINESS,
        subject="user",
        on_erasure=Fate.ANONYMISE,
        deadlines=COMPLAINT_DEADLINES,
        keep=Keep(after="closed_at", years=3, fate=Fate.ANONYMISE, basis=N_("User policy 2(5)2; limitation of claims")),
        label="number",
        columns=(
            "number",
            "content",
            "kind",
            "state",
            "priority",
            "user",
            "assignee",
            "due_at",
            "created_at",
        ),
        filters=(
            "state",
            "kind",
            "priority",
            "assignee",
            "channel",
            "user",
            "created_at",
            "due_at",
            "closed_at",
            "cause",
        ),
        search=(
            "number", "content", "measures", "topic", "place", "arbitration_number", "court_number", "source_key",
        ),
        sections=(
            (
                N_("The complaint"),
                (
                    "content", "kind", "topic", "place", "channel", "received_at", "wanted", "frequency", "impact",
                ),
            ),
            (N_("What it is about"), ("service", "delivered_at")),
            (N_("Who complains"), ("user", "contact_name", "contact_phone", "contact_email")),
            (
                N_("Handling"),
                ("state", "cycle", "merged_into", "priority", "assignee", "responsible_department", "moves"),
            ),
            (
                N_("Findings and measures"),
                ("responsibility", "remedy", "cause", "cause_note", "measures", "delay_reason", "next_step"),
            ),
            (N_("The dispute"), ("proceedings", "arbitration_number", "court_number")),
            (N_("Afterwards"), ("satisfaction", "asked", "grades", "follow_up_at")),
            (
                N_("Promised times"),
                (
                    "acknowledgement_due_at",
                    "acknowledged_at",
                    "first_response_due_at",
                    "responded_at",
                    "progress_due_at",
                    "progressed_at",
                    "due_at",
                    "paused_at",
                    "closed_at",
                    "overdue_at",
                    "region",
                ),
            ),
            (N_("Where it comes from"), ("source", "source_key")),
        ),
    )  # fmt: skip

    kind = StringField(
        choices=list(ComplaintKind), required=True, default=ComplaintKind.SERVICE, verbose_name=N_("Kind")
    )
    content = EncryptedStringField(
        required=True,
        locked=True,
        multiline=True,
        verbose_name=N_("What went wrong"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    wanted = EncryptedStringField(
        max_length=2000,
        multiline=True,
        verbose_name=N_("What the person asks for"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    topic = StringField(max_length=200, verbose_name=N_("Topic"))
    place = StringField(max_length=200, verbose_name=N_("Place"))
    contact_name = EncryptedStringField(
        max_length=120, verbose_name=N_("Name"), personal=Personal("user.name", mask=Mask.NAME)
    )
    contact_phone = EncryptedStringField(
        max_length=40,
        verbose_name=N_("Phone"),
        personal=Personal("user.contact.phone", mask=Mask.PHONE, identity="phone"),
    )
    contact_email = EncryptedStringField(
        max_length=254,
        verbose_name=N_("E-mail"),
        personal=Personal("user.contact.email", mask=Mask.EMAIL, identity="email"),
    )
    responsible_department = StringField(max_length=120, verbose_name=N_("Responsible department"))
    merged_into = ReferenceIdField("complaints", system=True, verbose_name=N_("Goes on in"))

    @classmethod
    def out_of(cls, feedback: Any, now: datetime) -> Self:
        """The complaint that a piece of feedback really is (R43), with its number and promised times, not
        stored yet: the same words of the same person, what is black in them as well."""
        kept = ("user", "channel", "region", "priority", "assignee", "frequency", "impact")
        complaint = cls(
            id=ObjectId(),
            content=feedback.words,
            kind=OF_FEEDBACK.get(feedback.kind, ComplaintKind.SERVICE),
            received_at=feedback.received_at or feedback.created_at,
            redactions=[one.of_field("content") for one in feedback.redactions],
            **{name: getattr(feedback, name) for name in kept},
        )
        cls.prepare([complaint], now)
        return complaint

    prefix = "C"
    meta = {
        "collection": "complaints",
        "indexes": [
            {"fields": ["anonymised_at", "closed_at"], "name": "to_end"},
        ],
    }
