"""What is done better because of a ticket: repaired, built later, a process reviewed, people trained (R53, R69)."""

from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.service.corrective_action import How, Measure
from language.words import N_
from records.declaration.actions import Ask, Group, verb
from records.storage import writer
from security.permissions import Action


class Improvable:
    """The verb of a record that shows what could be better; `documents.tickets.ticket.Ticket` has it."""

    pk: Any
    number: str
    cause: Any

    @verb(
        N_("Have something done better"),
        Action.EDIT,
        when=lambda ticket: not ticket.anonymised_at,
        asks=(
            Ask("how", N_("How"), "choice", choices=How),
            Ask(
                "what",
                N_("What is to be done"),
                "long-text",
                help=N_("Everybody may read it: please name no user."),
            ),
            Ask("owner", N_("Who sees to it"), "reference", collection="staff"),
            Ask("due_at", N_("To be done by"), "moment"),
        ),
        group=Group.PROMISES,
    )
    def improve(self, now: datetime, how: How, what: str, owner: ObjectId, due_at: datetime) -> None:
        """Put it into the register of measures, with the root cause as far as it is known."""
        measure = Measure(
            how=how, what=what, owner=owner, due_at=due_at, cause=self.cause,
            collection=self.collection_name(), ticket=self.pk, number=self.number,  # type: ignore[attr-defined]
        )  # fmt: skip
        if "way" in self._fields:  # type: ignore[attr-defined]
            self.way = how.value
        writer.save(self, measure, now=now)  # type: ignore[arg-type]
