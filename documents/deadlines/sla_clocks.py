"""The clocks of a ticket: what is promised by when, and the pauses in which they stand still.

Nothing here is counted up and kept. The promise is stored when it is made, the pauses are read off
the ticket's own steps, and the calendar is taken as it stood when the promise was made; so a deadline
is the same however often it is worked out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mongoengine import IntField, StringField

from language.words import N_, Choice
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Promise
from records.declaration.subdocument import Subdocument
from working_time.calendars import Calendar
from working_time.explanation import Explanation
from working_time.spans import Pauses


class Clock(Choice):
    """What is owed to a person by a promised time (R33–R35)."""

    ACKNOWLEDGEMENT = "acknowledgement", N_("Acknowledgement")
    FIRST_RESPONSE = "first_response", N_("First response")
    RESOLUTION = "resolution", N_("Resolution")
    PROGRESS = "progress", N_("Next progress update")


DUE: Mapping[Clock, str] = {
    Clock.ACKNOWLEDGEMENT: "acknowledgement_due_at",
    Clock.FIRST_RESPONSE: "first_response_due_at",
    Clock.RESOLUTION: "due_at",
    Clock.PROGRESS: "progress_due_at",
}
"""The field that stores by when."""

DONE: Mapping[Clock, str] = {
    Clock.ACKNOWLEDGEMENT: "acknowledged_at",
    Clock.FIRST_RESPONSE: "responded_at",
    Clock.RESOLUTION: "closed_at",
    Clock.PROGRESS: "closed_at",
}
"""The field that stores when it was done, which stops the clock for good."""


class SlaSnapshot(Subdocument):
    """The promise as it was made: working time in seconds, by which calendar and rule, as of when.

    No rule means that the product's own declaration held. `hastened_by` is the channel whose own,
    shorter promise of a first response went before that (R33).
    """

    calendar = StringField(required=True)
    as_of = UTCDateTimeField(required=True)
    rule = ReferenceIdField("deadline_rules")
    rule_version = IntField()
    acknowledgement = IntField()
    first_response = IntField()
    resolution = IntField()
    progress = IntField()
    hastened_by = StringField()

    def within(self, clock: Clock) -> timedelta | None:
        """How much working time is promised; None where nothing is."""
        seconds = getattr(self, clock.value)
        return None if seconds is None else timedelta(seconds=seconds)


def snapshot(
    promise: Promise, calendar: str, as_of: datetime, rule: Any = None, version: int | None = None
) -> SlaSnapshot:
    """The stored form of a promise, to the second."""
    seconds = {
        clock.value: None
        if (within := getattr(promise, clock.value)) is None
        else round(within.total_seconds())
        for clock in Clock
    }
    return SlaSnapshot(calendar=calendar, as_of=as_of, rule=rule, rule_version=version, **seconds)


def pauses(moves: Sequence[Any], pausing: Mapping[str, str], until: datetime | None = None) -> Pauses:
    """The times in which it was not for us to act, read off a ticket's steps (R35).

    `pausing` maps each state in which a clock stands still to the reason that an explanation gives. The last
    pause has no end while it lasts. What is done at `until` stops the clock, so nothing
    after that counts.
    """
    following = [*(move.at for move in moves[1:]), None]
    for move, following_at in zip(moves, following, strict=False):  # no steps, no pause
        reason = pausing.get(move.state)
        ends = [at for at in (following_at, until) if at]
        end = min(ends) if ends else None
        if reason and (end is None or move.at < end):
            yield move.at, end, reason


def explain(ticket: Any, clock: Clock, calendar: Calendar, language: str = "en") -> Explanation | None:
    """How one deadline of a ticket comes about, span by span; None where nothing is promised."""
    within = ticket.promise.within(clock) if ticket.promise else None
    if within is None:
        return None
    return calendar.explain(began(ticket, clock), within, _pauses(ticket, clock), language)


def due(ticket: Any, clock: Clock, calendar: Calendar, share: float = 1) -> datetime | None:
    """When `share` of the promised time will have passed; None while the clock stands still before that,
    and where nothing is promised."""
    within = ticket.promise.within(clock)
    if within is None:
        return None
    return calendar.due(began(ticket, clock), within * share, _pauses(ticket, clock))


def began(ticket: Any, clock: Clock) -> datetime:
    """When the clock began to run: a progress update starts its own anew."""
    if clock is Clock.PROGRESS and ticket.progressed_at:
        return ticket.progressed_at
    return ticket.created_at


def done_at(ticket: Any, clock: Clock) -> datetime | None:
    return getattr(ticket, DONE[clock])


def _pauses(ticket: Any, clock: Clock) -> Pauses:
    return pauses(getattr(ticket, "moves", ()), ticket.PAUSING_STATES, done_at(ticket, clock))
