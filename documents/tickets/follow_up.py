"""Follow-up visits: some time after closing we ask whether it still helps (R54, R67, R71)."""

from datetime import datetime, timedelta
from typing import Any, Self

from mongoengine import BooleanField, IntField, ObjectIdField, StringField

from documents.conversation.note import about
from documents.tickets.channel import Channel
from documents.tickets.states import State
from documents.tickets.ticket_choices import Grade
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Mask, Personal, Policy
from records.declaration.registry import by_collection
from records.legal_hold import Holdable
from records.storage.database import database, session
from security.permissions import FOLLOW_UPS, Action

AFTER = timedelta(days=7)
"""How long after closing we ask."""
OLDEST = timedelta(days=60)
"""What was closed longer ago is asked about no more."""
WITHIN = timedelta(days=3)
"""Within how long of that."""


class Visit(Choice):
    """How a follow-up visit stands."""

    PLANNED = "planned", N_("Planned")
    DONE = "done", N_("Done")
    UNREACHABLE = "unreachable", N_("Nobody reached")


class By(Choice):
    """How the person was asked (R54)."""

    PHONE = "phone", N_("By phone")
    QUESTIONNAIRE = "questionnaire", N_("By questionnaire")
    IN_PERSON = "in-person", N_("In person")


CHANNELS = {By.PHONE: Channel.HOTLINE, By.QUESTIONNAIRE: Channel.EMAIL, By.IN_PERSON: Channel.OTHER}
"""On which channel of a ticket each way of asking gives its answer."""


class FollowUp(Holdable):
    """One planned visit for one closing of a ticket, and what the person said then."""

    policy = Policy(
        title=N_("Follow-up visits"),
        singular=N_("Follow-up visit"),
        group=N_("Tickets"),
        icon="calendar",
        access=FOLLOW_UPS,
        subject="user",
        on_erasure=Fate.ERASE,
        label="number",
        columns=("number", "state", "due_at", "assignee", "satisfaction", "back_again", "done_at"),
        filters=("state", "assignee", "satisfaction", "back_again", "due_at", "done_at"),
        search=("number",),
        order="due_at",
    )

    collection = StringField(required=True, internal=True, locked=True)
    ticket = ObjectIdField(required=True, internal=True, locked=True)
    number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    user = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    cycle = IntField(default=1, system=True, verbose_name=N_("Cycle"))
    assignee = ReferenceIdField("staff", verbose_name=N_("Who asks"))
    due_at = UTCDateTimeField(system=True, verbose_name=N_("To be done by"))
    state = StringField(choices=list(Visit), default=Visit.PLANNED, system=True, verbose_name=N_("State"))
    done_at = UTCDateTimeField(system=True, verbose_name=N_("Done"))
    way = StringField(choices=list(By), system=True, verbose_name=N_("How they were asked"))
    satisfaction = StringField(choices=list(Grade), system=True, verbose_name=N_("How satisfied they are"))
    handling = StringField(
        choices=list(Grade), system=True, verbose_name=N_("How satisfied they are with how we dealt with it")
    )
    back_again = BooleanField(system=True, verbose_name=N_("The trouble came back"))
    said = EncryptedStringField(
        system=True,
        multiline=True,
        verbose_name=N_("What they said"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )

    meta = {
        "collection": "follow_ups",
        "indexes": [
            {"fields": ["ticket", "cycle"], "unique": True, "name": "one_a_closing"},
            {"fields": ["state", "due_at", "_id"], "name": "by_state"},
            {"fields": ["due_at", "_id"], "name": "by_due"},
            {"fields": ["state", "done_at"], "name": "answered"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def planned(cls, ticket: Any, now: datetime) -> Self:
        """The visit for a ticket that was closed, not stored yet."""
        return cls(**about(ticket), cycle=ticket.cycle, assignee=ticket.assignee, due_at=now + WITHIN)

    @action(
        N_("Record the visit"),
        Action.EDIT,
        when=lambda visit: visit.state != Visit.DONE,
        inputs=(
            ActionInput("way", N_("How they were asked"), "choice", choices=By),
            ActionInput("satisfaction", N_("How satisfied they are"), "choice", choices=Grade),
            ActionInput(
                "handling", N_("How satisfied they are with how we dealt with it"), "choice", choices=Grade,
                required=False,
            ),
            ActionInput("back_again", N_("The trouble came back"), "check", required=False),
            ActionInput("said", N_("What they said"), "long-text", required=False),
        ),
    )  # fmt: skip
    def record(
        self,
        now: datetime,
        way: By,
        satisfaction: Grade,
        back_again: bool,
        said: str,
        handling: Grade | None = None,
    ) -> None:
        """Keep what the person said; where it did not help, their ticket is opened again."""
        self.state, self.done_at = Visit.DONE, now
        self.way, self.satisfaction, self.back_again = way, satisfaction, back_again
        self.handling = handling
        self.said = said or None
        if back_again or not Grade(satisfaction).is_content:
            self._reopen(now, satisfaction, said)
        self.save(now=now)

    def _reopen(self, now: datetime, satisfaction: Grade, said: str) -> None:
        kind = by_collection(self.collection)
        if kind is None:
            return
        row = database()[self.collection].find_one({"_id": self.ticket}, session=session())
        ticket: Any = kind._from_son(row) if row else None
        if ticket and ticket.state == State.CLOSED and not ticket.anonymised_at:
            if not said:
                raise ActionRefused(N_("Their ticket is opened again: please say what they said."))
            grade = satisfaction if not Grade(satisfaction).is_content else Grade.DISSATISFIED
            ticket.dissatisfy(now, note=said, satisfaction=grade, told_on=CHANNELS.get(By(self.way)))

    @action(N_("Nobody reached"), Action.EDIT, when=lambda visit: visit.state == Visit.PLANNED)
    def miss(self, now: datetime) -> None:
        """Nobody answered; a visit can still be recorded later."""
        self.state = Visit.UNREACHABLE
        self.save(now=now)
