"""Those who work on a ticket together, across departments, and hear of each other's notes (R65)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import ListField

from documents.conversation.note import Note
from documents.tickets.assignment import acting_staff, check_assignable, is_open, name_of
from documents.work.notification import NotificationKind, notification, send
from language.words import N_
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField
from records.storage import writer
from security.permissions import Action


class Collaborative:
    """What a record has that several deal with; `documents.tickets.ticket.Ticket` is one."""

    pk: Any
    number: str
    assignee: Any
    anonymised_at: Any

    team = ListField(ReferenceIdField("staff"), system=True, verbose_name=N_("Team"))

    @action(
        N_("Bring in a colleague"),
        Action.EDIT,
        when=is_open,
        inputs=(
            ActionInput("who", N_("Who"), "reference", collection="staff"),
            ActionInput("why", N_("What we need from them"), "long-text"),
        ),
        group=ActionGroup.PEOPLE,
    )
    def bring_in(self, now: datetime, who: ObjectId, why: str) -> None:
        """Let somebody work on it as well; they are told, and what is needed stands with the ticket as a
        note. Raises `ActionRefused` for who works on it already."""
        if who == self.assignee or who in self.team:
            raise ActionRefused(
                N_("%(name)s works on %(number)s already."), name=name_of(who), number=self.number
            )
        self.team = [*self.team, check_assignable(who)]
        writer.save(self, now=now)  # type: ignore[arg-type]
        note = Note.on(self, why, now)
        send([_told(self, NotificationKind.BROUGHT_IN, note, [who], now)])

    @action(
        N_("Leave the team"),
        Action.EDIT,
        when=lambda ticket: is_open(ticket) and acting_staff() in ticket.team,
        group=ActionGroup.PEOPLE,
    )
    def leave(self, now: datetime) -> None:
        """What was needed of me is done. Safe to repeat."""
        self.team = [person for person in self.team if person != acting_staff()]
        writer.save(self, now=now)  # type: ignore[arg-type]

    @action(
        N_("Add a note"),
        Action.EDIT,
        when=lambda ticket: not ticket.anonymised_at,
        comment=N_("For colleagues only"),
        group=ActionGroup.PAPERS,
    )
    def add_note(self, now: datetime, note: str) -> None:
        """Keep a note for colleagues; whoever else works on the ticket is told."""
        kept = Note.on(self, note, now)
        others = {self.assignee, *self.team} - {None, acting_staff()}
        if others and is_open(self):
            send([_told(self, NotificationKind.NOTED, kept, sorted(others), now)])


def _told(
    ticket: Any, what: NotificationKind, note: Note, to: Iterable[ObjectId], now: datetime
) -> dict[str, Any]:
    key = f"{what.value}:{note.pk}"
    return notification(key, what, ticket.collection_name(), ticket.pk, ticket.number, now, to)
