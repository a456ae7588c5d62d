"""What feedback and complaints have in common: a life with states, a handler, and promised times."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar, Self

from mongoengine import (
    EmbeddedDocumentField,
    IntField,
    ListField,
    StringField,
)

from documents.deadlines.deadline_record import compute_deadlines
from documents.deadlines.sla_clocks import Clock, SlaSnapshot
from documents.people.user import User
from documents.service.root_cause import RootCause
from documents.tickets.assignment import Assignable
from documents.tickets.attachments_and_notes import HasPapers
from documents.tickets.channel import HANDLING, Channel
from documents.tickets.collaborators import Collaborative
from documents.tickets.corrective_actions import HasCorrectiveActions
from documents.tickets.rating import Rateable
from documents.tickets.replies import Repliable
from documents.tickets.states import CLOSED_STATES, PAUSING_STATES, InvalidTransition, State
from documents.tickets.ticket_choices import Frequency, Impact, Remedy, Responsibility
from documents.tickets.workflow import Transition, TransitionInput, Workflow, action_for
from language.words import N_, Choice
from records import rows
from records.declaration.actions import ActionGroup, action
from records.declaration.fields import AuthorField, EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Mask, Personal
from records.declaration.subdocument import Subdocument
from records.legal_hold import Holdable
from records.storage import sequence, writer
from security.actor import current_actor
from security.permissions import Action
from working_time.regions import Region


class Priority(Choice):
    """How soon we owe an answer (R34, R60)."""

    URGENT = "urgent", N_("Urgent")
    HIGH = "high", N_("High")
    NORMAL = "normal", N_("Normal")
    LOW = "low", N_("Low")


class StateChange(Subdocument):
    """One step in a ticket's life; never edited."""

    state = StringField(choices=list(State), required=True, verbose_name=N_("State"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = AuthorField(verbose_name=N_("Who"))
    note = StringField(max_length=2000, verbose_name=N_("Note"))


SAID = Personal("user.content", mask=Mask.OPEN)


class Ticket(Assignable, Collaborative, Repliable, Rateable, HasCorrectiveActions, HasPapers, Holdable):
    """Something a person told us that somebody has to answer by a promised time.

    Its own words are fixed at entry; `life` is every step there is, and each is a verb.
    """

    workflow: ClassVar[Workflow]
    PAUSING_STATES = PAUSING_STATES
    UNSATISFIED_STATE = State.DISSATISFIED

    number = StringField(max_length=24, system=True, verbose_name=N_("Number"))
    user = ReferenceIdField("users", verbose_name=N_("User"))
    channel = StringField(
        choices=list(Channel), required=True, default=Channel.WEBSITE, verbose_name=N_("Channel")
    )
    priority = StringField(
        choices=list(Priority), required=True, default=Priority.NORMAL, verbose_name=N_("Priority")
    )
    state = StringField(
        choices=list(State), required=True, default=State.RECEIVED, system=True, verbose_name=N_("State")
    )
    assignee = ReferenceIdField("staff", verbose_name=N_("Assignee"))
    region = StringField(
        choices=list(Region),
        verbose_name=N_("Region"),
        help_text=N_("Whose working hours count; left open, those of the user's region."),
    )
    received_at = UTCDateTimeField(
        locked=True,
        verbose_name=N_("Reached us"),
        help_text=N_("When the person said it, where it was keyed in later."),
    )
    frequency = StringField(choices=list(Frequency), verbose_name=N_("How often"))
    impact = StringField(choices=list(Impact), verbose_name=N_("How much it matters"))
    responsibility = StringField(choices=list(Responsibility), verbose_name=N_("Whose doing it was"))
    remedy = StringField(choices=list(Remedy), verbose_name=N_("What the person gets"))
    cause = StringField(choices=list(RootCause), verbose_name=N_("Root cause"))
    cause_note = EncryptedStringField(multiline=True, verbose_name=N_("The cause in words"), personal=SAID)
    measures = EncryptedStringField(multiline=True, verbose_name=N_("Measures"), personal=SAID)
    delay_reason = EncryptedStringField(
        multiline=True, system=True, verbose_name=N_("Why it took longer than promised"), personal=SAID
    )
    next_step = EncryptedStringField(
        multiline=True, system=True, verbose_name=N_("What happens next"), personal=SAID
    )
    cycle = IntField(default=1, system=True, verbose_name=N_("Cycle"))
    follow_up_at = UTCDateTimeField(system=True, verbose_name=N_("Follow-up visit planned"))
    watched_at = UTCDateTimeField(internal=True, unaudited=True)
    moves = ListField(
        EmbeddedDocumentField(StateChange), append_only=True, system=True, verbose_name=N_("Steps")
    )
    source = StringField(max_length=40, system=True, verbose_name=N_("Imported from"))
    source_key = StringField(max_length=200, system=True, verbose_name=N_("Number there"))

    importable_system_fields: ClassVar[tuple[str, ...]] = (
        "created_at", "state", "closed_at", "due_at", "responded_at", "acknowledged_at", "progressed_at",
        "acknowledgement_due_at", "first_response_due_at", "progress_due_at", "paused_at", "follow_up_at",
        "delay_reason", "next_step", "satisfaction", "cycle",
    )  # fmt: skip

    meta = {
        "abstract": True,
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["due_at", "_id"], "name": "by_due"},
            {"fields": ["closed_at", "due_at", "_id"], "name": "open_by_due"},
            {"fields": ["closed_at", "overdue_at", "due_at"], "name": "to_flag"},
            {"fields": ["closed_at", "next_rung_at"], "name": "to_escalate"},
            {"fields": ["closed_at", "progress_due_at"], "name": "to_tell_of_progress"},
            {"fields": ["state", "due_at", "_id"], "name": "by_state"},
            {"fields": ["assignee", "due_at", "_id"], "name": "by_assignee"},
            {"fields": ["closed_at", "assignee", "next_due_at", "_id"], "name": "queue"},
            {"fields": ["closed_at", "next_due_at", "_id"], "name": "team_queue"},
            {"fields": ["closed_at", "team", "next_due_at", "_id"], "name": "helping_queue"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["watched_at", "created_at"], "name": "to_watch"},
            {"fields": ["state", "follow_up_at", "closed_at"], "name": "to_follow_up"},
        ],
    }

    prefix = "T"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for step in cls.workflow.transitions.values():
            setattr(cls, step.name, action_for(step))

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        by_year = groupby(sorted(records, key=_year(now)), key=_year(now))
        for year, group in by_year:
            tickets = list(group)
            _number([ticket for ticket in tickets if not ticket.number], year)
            for ticket in tickets:
                if not ticket.moves:
                    ticket.moves.append(
                        StateChange(state=ticket.state, at=ticket.created_at or now, by=current_actor().name)
                    )
        _settle_regions(records)
        super().prepare(records, now)

    def set_import_source(self, source: str, key: str) -> None:
        self.source, self.source_key = source, key or None

    def promise_is_elsewhere(self) -> bool:
        return bool(self.source)

    def apply_channel_target(self, promise: SlaSnapshot) -> None:
        """Where the channel promises a first response sooner than the rules, that holds (R33)."""
        known = self.channel in HANDLING  # one that is not is refused with the record's other faults
        channel = HANDLING[Channel(self.channel)].first_response if known else None
        ruled = promise.within(Clock.FIRST_RESPONSE)
        if channel and ruled and channel < ruled:
            promise.first_response = round(channel.total_seconds())
            promise.hastened_by = Channel(self.channel).value

    def move(self, to: State, now: datetime, note: str = "") -> None:
        """Take a step, whatever it requires of people. Raises `InvalidTransition`, changing nothing, where none leads there."""
        self._go(to, now, note)
        self.save(now=now, reason=note)

    def apply(self, step: Transition, now: datetime, answers: TransitionInput) -> None:
        """Take a step as it is declared. Raises `ActionRefused`, changing nothing, where it may not be."""
        here = State(self.state)
        if here not in step.sources or self.anonymised_at:
            raise InvalidTransition(here, step.target)
        step.check(self, answers, now)
        for name, value in {**step.sets, **answers}.items():
            if name in self._fields and (value or name in step.sets):
                setattr(self, name, value)
        others = step.effect(self, answers, now) if step.effect else ()
        note = answers.get("note") or ""
        self._go(step.target, now, note)
        writer.save(self, *others, now=now, reason=note)

    def can_apply(self, to: State) -> bool:
        return to in self.workflow.next[State(self.state)]

    def _go(self, to: State, now: datetime, note: str) -> None:
        if not self.can_apply(to):
            raise InvalidTransition(State(self.state), to)
        self.state = to
        self.moves.append(StateChange(state=to, at=now, by=current_actor().name, note=note or None))
        if to is State.ANSWERED and self.responded_at is None:
            self.responded_at = now
        self.closed_at = now if to in CLOSED_STATES else None
        compute_deadlines([self])

    @action(
        N_("Promise anew"),
        Action.EDIT,
        when=lambda t: bool(t.promise) and t.closed_at is None,
        comment=N_("Why the deadlines are to follow the rules of today"),
        group=ActionGroup.PROMISES,
    )
    def promise_anew(self, now: datetime, note: str) -> None:
        """Let the deadlines follow the rules, calendar, kind and priority of today. Safe to repeat."""
        self.make_promises([self], now)
        self.save(now=now, reason=note)


def _number(tickets: Sequence[Ticket], year: int) -> None:
    """Give each the next number of its register in that year."""
    if tickets:
        kind = type(tickets[0])
        first = sequence.next_numbers(f"{kind.collection_name()}-{year}", len(tickets))
        for offset, ticket in enumerate(tickets):
            ticket.number = f"{kind.prefix}-{year}-{first + offset:06d}"


def _year(now: datetime) -> Callable[[Ticket], int]:
    return lambda ticket: (ticket.created_at or now).year


def _settle_regions(tickets: Sequence[Ticket]) -> None:
    """Take the region of each ticket's person where nobody named one."""
    people = {ticket.user for ticket in tickets if ticket.user and not ticket.region}
    if people:
        users = rows(User, {"_id": {"$in": list(people)}}, ["region"])
        home = {row["_id"]: row.get("region") for row in users}
        for ticket in tickets:
            ticket.region = ticket.region or home.get(ticket.user)
