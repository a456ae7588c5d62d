"""Where a ticket can stand, and what may be refused on the way (R45, R52, R62, R68)."""

from collections.abc import Mapping

from language.words import N_, Choice
from records.declaration.actions import ActionRefused


class State(Choice):
    """Where a ticket stands."""

    RECEIVED = "received", N_("Received")
    SCREENING = "screening", N_("Screening")
    WAITING = "waiting", N_("Waiting for the user")
    OUTSIDE = "outside", N_("Waiting for a third party")
    ASSIGNED = "assigned", N_("Assigned")
    INVESTIGATING = "investigating", N_("Investigating")
    PROPOSED = "proposed", N_("Solution proposed")
    ANSWERED = "answered", N_("Answered")
    CONFIRMED = "confirmed", N_("User satisfied")
    DISSATISFIED = "dissatisfied", N_("User not satisfied")
    NEGOTIATION = "negotiation", N_("Negotiation")
    ARBITRATION = "arbitration", N_("Arbitration")
    LITIGATION = "litigation", N_("Litigation")
    CLOSED = "closed", N_("Closed")
    DROPPED = "dropped", N_("Dropped")
    MERGED = "merged", N_("Merged into another")


CLOSED_STATES = frozenset({State.CLOSED, State.DROPPED, State.MERGED})

PAUSING_STATES: Mapping[str, str] = {
    State.WAITING: N_("Waiting for the user"),
    State.OUTSIDE: N_("Waiting for a third party"),
    State.ANSWERED: N_("Waiting for the user to say whether this helped"),
    State.ARBITRATION: N_("Before the arbitrators"),
    State.LITIGATION: N_("Before the court"),
    State.DROPPED: N_("Closed at that time"),
    State.CLOSED: N_("Closed at that time"),
}
"""The states in which it is not for us to act, and the reason that an explanation gives."""


class InvalidTransition(ActionRefused):
    """This step does not follow from where the ticket stands; nothing was changed."""

    def __init__(self, here: State, there: State) -> None:
        super().__init__(N_("A ticket that is “%(here)s” cannot become “%(there)s”."), here=here, there=there)
        self.here, self.there = here, there
