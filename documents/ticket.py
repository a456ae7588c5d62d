"""What feedback and complaints have in common: a life with states, a handler, and promised times."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Self

from mongoengine import (
    EmbeddedDocument,
    EmbeddedDocumentField,
    ListField,
    LongField,
    ObjectIdField,
    StringField,
)

from documents import sequence
from documents.fields import Moment, Reference
from documents.record import Governed
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


class Standing(Choice):
    """How a promised time stands."""

    KEPT = "kept", N_("in time")
    LATE = "late", N_("late")
    OVERDUE = "overdue", N_("overdue")
    AT_RISK = "at-risk", N_("due soon")
    AHEAD = "ahead", N_("ahead")


def standing(
    since: datetime | None, due: datetime | None, done: datetime | None, now: datetime
) -> Standing | None:
    """How the promise made at `since` stands; None where none was made. At risk: a quarter is left."""
    if due is None:
        return None
    if done is not None:
        return Standing.KEPT if done <= due else Standing.LATE
    if due < now:
        return Standing.OVERDUE
    return Standing.AT_RISK if since and due - now < (due - since) / 4 else Standing.AHEAD


class Due(Governed):
    """A record with promised times: stored when the promise is made, so that a later change of the
    rule does not move them."""

    first_response_due_at = Moment(verbose_name=N_("First response due"), system=True)
    due_at = Moment(verbose_name=N_("Due"), system=True)
    responded_at = Moment(verbose_name=N_("First response"), system=True)
    closed_at = Moment(verbose_name=N_("Closed"), system=True)
    overdue_at = Moment(verbose_name=N_("Flagged overdue"), system=True)

    meta = {"abstract": True}

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        """Fix the promised times, unless a record brings its own."""
        deadlines = cls.policy.deadlines
        for record in records:
            if deadlines and not record.due_at and not record.promise_is_elsewhere():
                promise = deadlines.promise(tuple(getattr(record, name) or "" for name in deadlines.by))
                start = record.created_at or now
                record.first_response_due_at = deadlines.due(start, promise.first_response)
                record.due_at = deadlines.due(start, promise.resolution)

    def promise_is_elsewhere(self) -> bool:
        """Tell whether another register made the promise, if any was made."""
        return False

    def is_overdue(self, now: datetime) -> bool:
        """A question put to the stored time, never a stored answer."""
        return standing(self.created_at, self.due_at, self.closed_at, now) is Standing.OVERDUE


class Move(EmbeddedDocument):
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
            {"fields": ["state", "due_at", "_id"], "name": "by_state"},
            {"fields": ["assignee", "due_at", "_id"], "name": "by_assignee"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    prefix = "T"

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        super().prepare(records, now)
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
