"""What is done better because of a ticket: repaired, built later, a process reviewed, people trained (R53, R69)."""

from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.service.corrective_action import CorrectiveAction, MeasureKind
from language.words import N_
from records.declaration.actions import ActionGroup, ActionInput, action
from records.storage import writer
from security.permissions import Action


class HasCorrectiveActions:
    """The verb of a record that shows what could be better; `documents.tickets.ticket.Ticket` has it."""

    pk: Any
    number: str
    cause: Any

    @action(
        N_("Have something done better"),
        Action.EDIT,
        when=lambda ticket: not ticket.anonymised_at,
        inputs=(
            ActionInput("how", N_("How"), "choice", choices=MeasureKind),
            ActionInput(
                "what",
                N_("What is to be done"),
                "long-text",
                help=N_("Everybody may read it: please name no user."),
            ),
            ActionInput("owner", N_("Who sees to it"), "reference", collection="staff"),
            ActionInput("due_at", N_("To be done by"), "moment"),
        ),
        group=ActionGroup.PROMISES,
    )
    def improve(self, now: datetime, how: MeasureKind, what: str, owner: ObjectId, due_at: datetime) -> None:
        """Put it into the register of measures, with the root cause as far as it is known."""
        measure = CorrectiveAction(
            how=how, what=what, owner=owner, due_at=due_at, cause=self.cause,
            collection=self.collection_name(), ticket=self.pk, number=self.number,  # type: ignore[attr-defined]
        )  # fmt: skip
        if "way" in self._fields:  # type: ignore[attr-defined]
            self.way = how.value
        writer.save(self, measure, now=now)  # type: ignore[arg-type]
