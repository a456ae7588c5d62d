"""Feedback: what users tell us of products and service, in their own words."""

from datetime import timedelta

from mongoengine import IntField, StringField

from documents.tickets.ticket import Priority, Ticket
from documents.tickets.ticket_choices import FeedbackResolution
from documents.tickets.workflows import FEEDBACK_WORKFLOW
from language.words import N_, Choice
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Deadlines, Fate, Keep, Mask, Personal, Policy, Promise
from records.declaration.purpose import Purpose
from security.permissions import TICKETS


class FeedbackKind(Choice):
    """R43; what people report of our own systems, trouble and ideas, is told apart (R57)."""

    USAGE = "usage", N_("Usage problem")
    QUALITY = "quality", N_("Product quality")
    SUGGESTION = "suggestion", N_("Feature suggestion")
    RATING = "rating", N_("Service rating")
    COMPLAINT = "complaint", N_("Service complaint")
    OPINION = "opinion", N_("Opinion")
    SYSTEM = "system", N_("Our website or app itself")


class Screening(Choice):
    """The first look (R45)."""

    PENDING = "pending", N_("Not screened yet")
    VALID = "valid", N_("Valid")
    FALSE = "false", N_("Not true")
    UNRELATED = "unrelated", N_("Not our business")
    REPEATED = "repeated", N_("Said before")
    INCOMPLETE = "incomplete", N_("Incomplete: the user is asked")


class Feedback(Ticket):
    """One piece of feedback; its words stay as the user said them (R46–R48)."""

    original = "words"
    workflow = FEEDBACK_WORKFLOW

    policy = Policy(
        title=N_("Feedback"),
        singular=N_("Feedback"),
        group=N_("Tickets"),
        icon="feedback",
        access=TICKETS,
        purpose=Purpose.BUSINESS,
        subject="user",
        on_erasure=Fate.ANONYMISE,
        deadlines=Deadlines(
            promises={
                (Priority.URGENT,): Promise(
                    timedelta(minutes=30), timedelta(hours=8), timedelta(minutes=15), timedelta(hours=4)
                ),
                (Priority.HIGH,): Promise(timedelta(hours=2), timedelta(hours=24), timedelta(hours=1)),
            },
            otherwise=Promise(timedelta(hours=8), timedelta(hours=56), timedelta(hours=4)),
            calendar="CN",
        ),
        keep=Keep(after="closed_at", years=2, fate=Fate.ANONYMISE, basis=N_("Feedback policy 1(3)4; User policy 2(5)")),
        label="number",
        columns=("number", "words", "kind", "state", "priority", "user", "assignee", "due_at", "created_at"),
        filters=(
            "state", "kind", "priority", "assignee", "channel", "screening", "user", "created_at", "due_at", "closed_at",
        ),
        search=("number", "words", "recorder_note", "source_key"),
        sections=(
            (N_("What the user said"), ("words", "kind", "channel", "received_at", "score", "user", "frequency", "impact")),
            (
                N_("Handling"),
                ("state", "screening", "cycle", "merged_into", "priority", "assignee", "recorder_note", "moves"),
            ),
            (
                N_("Findings and measures"),
                ("way", "responsibility", "remedy", "cause", "cause_note", "measures", "delay_reason", "next_step"),
            ),
            (N_("Afterwards"), ("satisfaction", "asked", "grades", "follow_up_at")),
            (
                N_("Promised times"),
                (
                    "acknowledgement_due_at", "acknowledged_at", "first_response_due_at", "responded_at",
                    "progress_due_at", "progressed_at", "due_at", "paused_at", "closed_at", "overdue_at",
                    "region",
                ),
            ),
            (N_("Where it comes from"), ("source", "source_key")),
        ),
    )  # fmt: skip

    kind = StringField(
        choices=list(FeedbackKind), required=True, default=FeedbackKind.OPINION, verbose_name=N_("Kind")
    )
    words = EncryptedStringField(
        required=True,
        locked=True,
        multiline=True,
        verbose_name=N_("In the user's words"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    score = IntField(min_value=0, max_value=5, verbose_name=N_("Rating"))
    way = StringField(choices=list(FeedbackResolution), verbose_name=N_("How it is dealt with"))
    merged_into = ReferenceIdField("feedback", system=True, verbose_name=N_("Goes on in"))
    screening = StringField(
        choices=list(Screening), default=Screening.PENDING, required=True, verbose_name=N_("Screening")
    )
    recorder_note = EncryptedStringField(
        multiline=True,
        verbose_name=N_("Note of the recorder"),
        help_text=N_("Your own remarks; the user's words above stay as they are."),
        personal=Personal("user.content", mask=Mask.OPEN),
    )

    prefix = "F"
    meta = {
        "collection": "feedback",
        "indexes": [
            {"fields": ["anonymised_at", "closed_at"], "name": "to_end"},
        ],
    }
