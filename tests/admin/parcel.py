"""A register that only tests know: it declares something of everything a document can declare."""

from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import StringField

from documents.fields import Reference
from documents.policy import Policy
from documents.record import Governed
from documents.verbs import Ask, Refused, Upload, verb
from documents.words import N_, Choice
from security.permissions import TICKETS, Action


class Why(Choice):
    """Why a parcel changes hands."""

    MOVED = "moved", N_("Moved away")
    OTHER = "other", N_("Other")


class Parcel(Governed):
    """A thing that is handed over."""

    policy = Policy(
        title="Parcels", one="Parcel", group="Tickets", access=TICKETS, label="number", columns=("number",)
    )

    number = StringField(required=True, max_length=20, verbose_name="Number")
    keeper = Reference("staff", system=True, verbose_name="Keeper")
    handed: list[dict[str, Any]] = []

    meta = {"collection": "parcels"}

    @verb(
        N_("Hand over"),
        Action.EDIT,
        asks=(
            Ask("words", N_("In a word")),
            Ask("story", N_("The story"), "long-text", required=False),
            Ask("why", N_("Why"), "choice", choices=Why),
            Ask("to", N_("To whom"), "reference", collection="staff"),
            Ask("at", N_("When"), "moment", required=False),
            Ask("letter", N_("Their letter"), "file", required=False),
            Ask("sure", N_("The parcel is whole"), "check"),
        ),
    )
    def hand_over(
        self,
        now: datetime,
        words: str,
        story: str,
        why: Why,
        to: ObjectId,
        at: datetime | None,
        letter: Upload | None,
        sure: bool,
    ) -> None:
        if to == self.keeper:
            raise Refused(N_("%(number)s is theirs already (%(why)s)."), number=self.number, why=why)
        self.keeper = to
        self.save(now=now, reason=words)
        self.handed.append({"story": story, "why": why, "at": at, "letter": letter, "sure": sure})
