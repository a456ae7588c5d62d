"""Those who work on a ticket together, across departments, and hear of each other's notes (R65)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import ListField

from documents.conversation.note import Note
from documents.tickets.assignment import able, acting_staff, is_open, name_of
from documents.work.notification import Occasion, notice, post
from language.words import N_
from records.declaration.actions import Ask, Group, Refused, verb
from records.declaration.fields import Reference
from records.storage import writer
from security.permissions import Action


class Shared:
    """What a record has that several deal with; `documents.tickets.ticket.Ticket` is one."""

    pk: Any
    number: str
    assignee: Any
    anonymised_at: Any

    team = ListField(Reference("staff"), system=True, verbose_name=N_("Team"))

    @verb(
        N_("Bring in a colleague"),
        Action.EDIT,
        when=is_open,
        asks=(
            Ask("who", N_("Who"), "reference", collection="staff"),
            Ask("why", N_("What we need from them"), "long-text"),
        ),
        group=Group.PEOPLE,
    )
    def bring_in(self, now: datetime, who: ObjectId, why: str) -> None:
        """Let somebody work on it as well; they are told, and what is needed stands with the ticket as a
        note. Raises `Refused` for who works on it already."""
        if who == self.assignee or who in self.team:
            raise Refused(N_("%(name)s works on %(number)s already."), name=name_of(who), number=self.number)
        self.team = [*self.team, able(who)]
        writer.save(self, now=now)  # type: ignore[arg-type]
        note = Note.on(self, why, now)
        post([_told(self, Occasion.BROUGHT_IN, note, [who], now)])

    @verb(
        N_("Leave the team"),
        Action.EDIT,
        when=lambda ticket: is_open(ticket) and acting_staff() in ticket.team,
        group=Group.PEOPLE,
    )
    def leave(self, now: datetime) -> None:
        """What was needed of me is done. Safe to repeat."""
        self.team = [person for person in self.team if person != acting_staff()]
        writer.save(self, now=now)  # type: ignore[arg-type]

    @verb(
        N_("Add a note"),
        Action.EDIT,
        when=lambda ticket: not ticket.anonymised_at,
        note=N_("For colleagues only"),
        group=Group.PAPERS,
    )
    def add_note(self, now: datetime, note: str) -> None:
        """Keep a note for colleagues; whoever else works on the ticket is told."""
        kept = Note.on(self, note, now)
        others = {self.assignee, *self.team} - {None, acting_staff()}
        if others and is_open(self):
            post([_told(self, Occasion.NOTED, kept, sorted(others), now)])


def _told(ticket: Any, what: Occasion, note: Note, to: Iterable[ObjectId], now: datetime) -> dict[str, Any]:
    key = f"{what.value}:{note.pk}"
    return notice(key, what, ticket.collection_name(), ticket.pk, ticket.number, now, to)
