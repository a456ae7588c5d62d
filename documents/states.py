"""The life of a ticket: its states, and which may follow which (R45, R52, R62, R68)."""

from documents.verbs import Refused
from documents.words import N_, Choice


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


S = State
CLOSED = frozenset({S.CLOSED, S.DROPPED})

NEXT: dict[State, frozenset[State]] = {
    S.RECEIVED: frozenset({S.SCREENING, S.ASSIGNED, S.INVESTIGATING}),
    S.SCREENING: frozenset({S.ASSIGNED, S.WAITING, S.DROPPED}),
    S.WAITING: frozenset({S.SCREENING, S.INVESTIGATING, S.DROPPED}),
    S.ASSIGNED: frozenset({S.INVESTIGATING, S.WAITING}),
    S.OUTSIDE: frozenset({S.INVESTIGATING, S.PROPOSED}),
    S.INVESTIGATING: frozenset({S.PROPOSED, S.ANSWERED, S.WAITING, S.OUTSIDE, S.ASSIGNED}),
    S.PROPOSED: frozenset({S.ANSWERED, S.INVESTIGATING}),
    S.ANSWERED: frozenset({S.CONFIRMED, S.DISSATISFIED, S.CLOSED}),
    S.CONFIRMED: frozenset({S.CLOSED}),
    S.DISSATISFIED: frozenset({S.INVESTIGATING, S.NEGOTIATION}),
    S.NEGOTIATION: frozenset({S.PROPOSED, S.ARBITRATION, S.LITIGATION, S.CLOSED}),
    S.ARBITRATION: frozenset({S.LITIGATION, S.CLOSED}),
    S.LITIGATION: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.DROPPED: frozenset({S.SCREENING}),
}


class MayNot(Refused):
    """This step does not follow from where the ticket stands; nothing was changed."""

    def __init__(self, here: State, there: State) -> None:
        super().__init__(N_("A ticket that is “%(here)s” cannot become “%(there)s”."), here=here, there=there)
        self.here, self.there = here, there
