"""What feedback and complaints have in common: a life with states, a handler, and promised times."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Self

from mongoengine import (
    EmbeddedDocumentField,
    ListField,
    LongField,
    ObjectIdField,
    StringField,
)

from documents import sequence
from documents.database import database, session
from documents.due import Due, set_clocks
from documents.fields import Moment, Reference
from documents.part import Part
from documents.region import Region
from documents.states import CLOSED, NEXT, MayNot, State
from documents.verbs import verb
from documents.words import N_, Choice
from security.actor import acting
from security.permissions import Action


class Priority(Choice):
    """How soon we owe an answer (R34, R60)."""

    URGENT = "urgent", N_("Urgent")
    HIGH = "high", N_("High")
    NORMAL = "normal", N_("Normal")
    LOW = "low", N_("Low")


class Channel(Choice):
    """Where it reached us (R33, R42)."""

    WEBSITE = "website", N_("Website")
    APP = "app", N_("App")
    FORUM = "forum", N_("Product forum")
    WEIBO = "weibo", N_("Weibo")
    WECHAT = "wechat", N_("WeChat")
    DOUYIN = "douyin", N_("Douyin")
    STORE_BOX = "store-box", N_("Suggestion box in a store")
    EVENT = "event", N_("Exhibition or event")
    HOTLINE = "hotline", N_("Hotline")
    EMAIL = "email", N_("E-mail")
    CHAT = "chat", N_("Online service")
    OTHER = "other", N_("Other")


class Move(Part):
    """One step in a ticket's life; never edited."""

    state = StringField(choices=list(State), required=True, verbose_name=N_("State"))
    at = Moment(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("Who"))
    note = StringField(max_length=2000, verbose_name=N_("Note"))


class Ticket(Due):
    """Something a person told us that somebody has to answer by a promised time."""

    number = StringField(max_length=24, system=True, verbose_name=N_("Number"))
    user = Reference("users", verbose_name=N_("User"))
    channel = StringField(
        choices=list(Channel), required=True, default=Channel.WEBSITE, verbose_name=N_("Channel")
    )
    priority = StringField(
        choices=list(Priority), required=True, default=Priority.NORMAL, verbose_name=N_("Priority")
    )
    state = StringField(
        choices=list(State), required=True, default=State.RECEIVED, system=True, verbose_name=N_("State")
    )
    assignee = Reference("staff", verbose_name=N_("Assignee"))
    region = StringField(
        choices=list(Region),
        verbose_name=N_("Region"),
        help_text=N_("Whose working hours count; left open, those of the user's region."),
    )
    moves = ListField(EmbeddedDocumentField(Move), append_only=True, system=True, verbose_name=N_("Steps"))
    source = StringField(max_length=40, system=True, verbose_name=N_("Imported from"))
    source_key = StringField(max_length=200, system=True, verbose_name=N_("Number there"))
    import_key = LongField(internal=True)
    import_batch = ObjectIdField(internal=True)

    meta = {
        "abstract": True,
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            # Sparse, not partial: both keep out what was not imported, and the embedded database
            # reads by a sparse index only.
            {"fields": ["import_key"], "unique": True, "sparse": True, "name": "imported_once"},
            {"fields": ["import_batch"], "sparse": True, "name": "of_import"},
            {"fields": ["-created_at", "-_id"], "name": "newest"},
            {"fields": ["due_at", "_id"], "name": "by_due"},
            {"fields": ["closed_at", "due_at", "_id"], "name": "open_by_due"},
            {"fields": ["closed_at", "overdue_at", "due_at"], "name": "to_flag"},
            {"fields": ["closed_at", "next_rung_at"], "name": "to_escalate"},
            {"fields": ["state", "due_at", "_id"], "name": "by_state"},
            {"fields": ["assignee", "due_at", "_id"], "name": "by_assignee"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    prefix = "T"

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        by_year = groupby(sorted(records, key=_year(now)), key=_year(now))
        for year, group in by_year:
            tickets = list(group)
            first = sequence.take(f"{cls.collection_name()}-{year}", len(tickets))
            for offset, ticket in enumerate(tickets):
                ticket.number = ticket.number or f"{cls.prefix}-{year}-{first + offset:06d}"
                if not ticket.moves:
                    ticket.moves.append(
                        Move(state=ticket.state, at=ticket.created_at or now, by=acting().name)
                    )
        _settle_regions(records)
        super().prepare(records, now)

    def promise_is_elsewhere(self) -> bool:
        return bool(self.source)

    def move(self, to: State, now: datetime, note: str = "") -> None:
        """Take the next step. Raises `MayNot`, changing nothing, where no step leads there."""
        here = State(self.state)
        if to not in NEXT[here]:
            raise MayNot(here, to)
        self.state = to
        self.moves.append(Move(state=to, at=now, by=acting().name, note=note or None))
        if to is State.ANSWERED and self.responded_at is None:
            self.responded_at = now
        self.closed_at = now if to in CLOSED else None
        set_clocks([self])
        self.save(now=now, reason=note)

    def can(self, to: State) -> bool:
        return to in NEXT[State(self.state)]

    @verb(N_("Start screening"), Action.EDIT, when=lambda t: t.can(State.SCREENING))
    def screen(self, now: datetime, note: str = "") -> None:
        self.move(State.SCREENING, now, note)

    @verb(N_("Ask the user"), Action.EDIT, when=lambda t: t.can(State.WAITING), note=N_("What we asked"))
    def ask(self, now: datetime, note: str = "") -> None:
        self.move(State.WAITING, now, note)

    @verb(N_("Mark as assigned"), Action.EDIT, when=lambda t: t.can(State.ASSIGNED))
    def assign(self, now: datetime, note: str = "") -> None:
        self.move(State.ASSIGNED, now, note)

    @verb(N_("Investigate"), Action.EDIT, when=lambda t: t.can(State.INVESTIGATING))
    def investigate(self, now: datetime, note: str = "") -> None:
        self.move(State.INVESTIGATING, now, note)

    @verb(
        N_("Wait for a third party"),
        Action.EDIT,
        when=lambda t: t.can(State.OUTSIDE),
        note=N_("For whom, and for what"),
    )
    def wait_outside(self, now: datetime, note: str = "") -> None:
        self.move(State.OUTSIDE, now, note)

    @verb(
        N_("Promise anew"),
        Action.EDIT,
        when=lambda t: bool(t.promise) and t.closed_at is None,
        note=N_("Why the deadlines are to follow the rules of today"),
    )
    def promise_anew(self, now: datetime, note: str) -> None:
        """Let the deadlines follow the rules, calendar, kind and priority of today. Safe to repeat."""
        self.make_promises([self], now)
        self.save(now=now, reason=note)

    @verb(
        N_("Propose a solution"), Action.EDIT, when=lambda t: t.can(State.PROPOSED), note=N_("The proposal")
    )
    def propose(self, now: datetime, note: str = "") -> None:
        self.move(State.PROPOSED, now, note)

    @verb(
        N_("Record our answer"),
        Action.EDIT,
        when=lambda t: t.can(State.ANSWERED),
        note=N_("What we answered"),
    )
    def answer(self, now: datetime, note: str = "") -> None:
        self.move(State.ANSWERED, now, note)

    @verb(N_("User is satisfied"), Action.EDIT, when=lambda t: t.can(State.CONFIRMED))
    def confirm(self, now: datetime, note: str = "") -> None:
        self.move(State.CONFIRMED, now, note)

    @verb(
        N_("User is not satisfied"), Action.EDIT, when=lambda t: t.can(State.DISSATISFIED), note=N_("Why not")
    )
    def dissatisfy(self, now: datetime, note: str = "") -> None:
        self.move(State.DISSATISFIED, now, note)

    @verb(N_("Negotiate"), Action.EDIT, when=lambda t: t.can(State.NEGOTIATION))
    def negotiate(self, now: datetime, note: str = "") -> None:
        self.move(State.NEGOTIATION, now, note)

    @verb(N_("To arbitration"), Action.EDIT, when=lambda t: t.can(State.ARBITRATION), note=N_("Where"))
    def arbitrate(self, now: datetime, note: str = "") -> None:
        self.move(State.ARBITRATION, now, note)

    @verb(N_("To court"), Action.EDIT, when=lambda t: t.can(State.LITIGATION), note=N_("Where"))
    def litigate(self, now: datetime, note: str = "") -> None:
        self.move(State.LITIGATION, now, note)

    @verb(N_("Close"), Action.EDIT, when=lambda t: t.can(State.CLOSED), note=N_("How it ended"))
    def close(self, now: datetime, note: str = "") -> None:
        self.move(State.CLOSED, now, note)

    @verb(
        N_("Drop"),
        Action.EDIT,
        when=lambda t: t.can(State.DROPPED),
        note=N_("Why it is not valid"),
        danger=True,
    )
    def drop(self, now: datetime, note: str = "") -> None:
        self.move(State.DROPPED, now, note)


def _year(now: datetime) -> Callable[[Ticket], int]:
    return lambda ticket: (ticket.created_at or now).year


def _settle_regions(tickets: Sequence[Ticket]) -> None:
    """Take the region of each ticket's person where nobody named one."""
    people = {ticket.user for ticket in tickets if ticket.user and not ticket.region}
    if people:
        rows = database()["users"].find({"_id": {"$in": list(people)}}, {"region": 1}, session=session())
        home = {row["_id"]: row.get("region") for row in rows}
        for ticket in tickets:
            ticket.region = ticket.region or home.get(ticket.user)
