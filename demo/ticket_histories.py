"""How a ticket fares: the states it passes, and when, in working time up to now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.random_choices import one_of
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.ticket import Ticket
from working_time.calendars import CALENDARS, Calendar

S = State
_START = (S.RECEIVED, S.SCREENING, S.ASSIGNED, S.INVESTIGATING)
_DISPUTE = (*_START, S.ANSWERED, S.DISSATISFIED, S.NEGOTIATION)
Path = tuple[State, ...]

COMPLAINT_PATHS: dict[Path, float] = {
    (*_START, S.PROPOSED, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.38,
    (*_START, S.OUTSIDE, S.PROPOSED, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.06,
    (S.RECEIVED, S.ASSIGNED, S.INVESTIGATING, S.ANSWERED, S.CLOSED): 0.18,
    (S.RECEIVED, S.SCREENING, S.WAITING, S.SCREENING, *_START[2:], S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.11,
    (
        *_START,
        S.ANSWERED,
        S.DISSATISFIED,
        S.INVESTIGATING,
        S.PROPOSED,
        S.ANSWERED,
        S.CONFIRMED,
        S.CLOSED,
    ): 0.12,
    (*_DISPUTE, S.PROPOSED, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.04,
    (*_DISPUTE, S.CLOSED): 0.03,
    (*_DISPUTE, S.ARBITRATION, S.CLOSED): 0.03,
    (*_DISPUTE, S.ARBITRATION, S.LITIGATION, S.CLOSED): 0.02,
    (S.RECEIVED, S.SCREENING, S.DROPPED): 0.03,
}
FEEDBACK_PATHS: dict[Path, float] = {
    (*_START, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.46,
    (S.RECEIVED, S.INVESTIGATING, S.ANSWERED, S.CLOSED): 0.22,
    (S.RECEIVED, S.SCREENING, S.WAITING, S.INVESTIGATING, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.09,
    (*_START, S.ANSWERED, S.DISSATISFIED, S.INVESTIGATING, S.ANSWERED, S.CONFIRMED, S.CLOSED): 0.08,
    (S.RECEIVED, S.SCREENING, S.WAITING, S.DROPPED): 0.05,
}
UNRELATED_PATHS: dict[Path, float] = {(S.RECEIVED, S.SCREENING, S.DROPPED): 1.0}
STILL_OPEN_PATH: Path = _START
DISPUTED_PATHS: tuple[Path, ...] = (
    (*_DISPUTE, S.ARBITRATION),
    (*_DISPUTE, S.ARBITRATION, S.LITIGATION),
)
"""Disputes that are not over yet."""
PACES = {(0.15, 0.95): 0.74, (1.05, 2.0): 0.17, (2.5, 6.0): 0.09}
"""How much of the promised time a ticket takes: in time, late, or stuck for long."""
FLAGGED_WITHIN = timedelta(minutes=2)
DISPUTES_TAKE = (5.0, 14.0)


@dataclass(frozen=True)
class Step:
    state: State
    at: datetime


def life(rng: Random, ticket: Ticket, paths: Mapping[Path, float], now: datetime) -> list[Step]:
    """The steps of a ticket up to now, measured by what was promised; the last may close it. Never empty."""
    path = one_of(rng, paths)
    pace = DISPUTES_TAKE if S.NEGOTIATION in path else one_of(rng, PACES)
    office, created = CALENDARS[ticket.region], ticket.created_at
    work = office.between(created, ticket.due_at) * rng.uniform(*pace)
    return _walk(rng, path, created, work, office, now)


def _walk(
    rng: Random, path: Path, start: datetime, work: timedelta, office: Calendar, now: datetime
) -> list[Step]:
    """Spread the path over so much working time, each step at a moment somebody is at work."""
    shares = sorted(rng.uniform(0.02, 0.97) for _ in path[2:])
    steps = [Step(path[0], start)]
    for state, share in zip(path[1:], [*shares, 1.0], strict=True):
        at = office.after(start, work * share)
        if at > now:
            break
        steps.append(Step(state, at))
    return steps


def flag_overdue(tickets: Sequence[Ticket], now: datetime) -> None:
    """Flag what ran late as the job would have, and leave it the open ones that did so last."""
    late = sorted(
        (one for one in tickets if one.due_at and one.due_at < (one.closed_at or now)),
        key=lambda one: one.due_at,
    )
    still_open = [one for one in late if not one.closed_at]
    waiting = still_open[len(still_open) * 2 // 3 :]
    for ticket in late:
        if ticket not in waiting:
            ticket.overdue_at = min(ticket.due_at + FLAGGED_WITHIN, ticket.closed_at or now)


def is_over(steps: list[Step]) -> bool:
    return steps[-1].state in CLOSED_STATES
