"""The escalation ladder: who is told when, as a promised time passes (R34, R51, R56).

A rung is reached when its share of the promised working time has passed; what is paused climbs no
further. Each rung is climbed once, whatever becomes of the due time later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.deadlines import sla_clocks
from documents.deadlines.sla_clocks import Clock
from documents.work.notification import NotificationKind
from language.words import N_, Choice
from working_time.calendars import Calendar

RETURNS = 2
"""How often somebody may say that it did not help before others must look at it."""


class Audience(Choice):
    """Who is told, seen from the ticket. Who is away is stood in for (documents/staff/absence.py)."""

    ASSIGNEE = "assignee", N_("The assignee")
    DEPUTY = "deputy", N_("The assignee's deputy")
    SUPERVISOR = "supervisor", N_("The assignee's supervisor, or else every supervisor")
    HEAD = "head", N_("The head of the department, or else every supervisor")


@dataclass(frozen=True)
class EscalationLevel:
    """One step of the ladder: the clock, how much of its time has passed, who is told what."""

    clock: Clock
    share: float
    to: tuple[Audience, ...]
    occasion: NotificationKind

    @property
    def name(self) -> str:
        return f"{self.clock.value}@{self.share:.0%}"


A, C = Audience, Clock
ESCALATION_LEVELS = (
    EscalationLevel(C.ACKNOWLEDGEMENT, 1.00, (A.ASSIGNEE, A.SUPERVISOR), NotificationKind.NOT_ACKNOWLEDGED),
    EscalationLevel(C.FIRST_RESPONSE, 0.75, (A.ASSIGNEE,), NotificationKind.RESPONSE_DUE_SOON),
    EscalationLevel(
        C.FIRST_RESPONSE, 1.00, (A.ASSIGNEE, A.DEPUTY, A.SUPERVISOR), NotificationKind.NOT_RESPONDED
    ),
    EscalationLevel(C.RESOLUTION, 0.75, (A.ASSIGNEE,), NotificationKind.DUE_SOON),
    EscalationLevel(C.RESOLUTION, 1.00, (A.ASSIGNEE, A.DEPUTY, A.SUPERVISOR), NotificationKind.OVERDUE),
    EscalationLevel(C.RESOLUTION, 1.50, (A.DEPUTY, A.SUPERVISOR, A.HEAD), NotificationKind.LONG_OVERDUE),
)
RETURNED = EscalationLevel(C.RESOLUTION, 0, (A.SUPERVISOR, A.HEAD), NotificationKind.RETURNED)
"""Beside the ladder: the person was not satisfied twice, and it goes to another handler (R52)."""


def upcoming_levels(ticket: Any, calendar: Calendar) -> Iterator[tuple[datetime, EscalationLevel, str]]:
    """The rungs not climbed yet that can be foreseen: when each is reached, and the name it is kept by."""
    for rung in ESCALATION_LEVELS:
        if rung.name not in ticket.rungs and sla_clocks.done_at(ticket, rung.clock) is None:
            reached = sla_clocks.due(ticket, rung.clock, calendar, rung.share)
            if reached:
                yield reached, rung, rung.name
    returns = [move.at for move in getattr(ticket, "moves", ()) if move.state == ticket.UNSATISFIED_STATE]
    for count, at in enumerate(returns, start=1):
        name = f"returned@{count}"
        if count >= RETURNS and name not in ticket.rungs and ticket.closed_at is None:
            yield at, RETURNED, name


def next_level_at(ticket: Any, calendar: Calendar) -> datetime | None:
    """When the next rung is reached, as far as it can be foreseen."""
    return min((at for at, _rung, _name in upcoming_levels(ticket, calendar)), default=None)


def reached_levels(
    ticket: Any, calendar: Calendar, now: datetime
) -> list[tuple[datetime, EscalationLevel, str]]:
    """The rungs that lie behind at `now`, the earliest first; what is reached exactly now does not."""
    return sorted(
        (step for step in upcoming_levels(ticket, calendar) if step[0] < now),
        key=lambda step: (step[0], step[1].share),
    )
