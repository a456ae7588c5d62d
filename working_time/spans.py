"""Working time: how long a clock has run, and when it will have run long enough.

A calendar (working_time/calendars.py) tells when its clock runs, as spans in order and without gaps.
What is done with such spans is settled here, by these rules:

- Spans are half-open: from their start up to, not including, their end.
- A clock started outside working hours begins at the next opening.
- A deadline that falls exactly at closing time is at closing time, not at the next opening.
- No time at all is due the moment the clock first runs: at once inside working hours, at the next
  opening outside them, for that is when work on it can begin.
- A pause takes away working time only. Where the calendar is closed anyway it takes nothing, so a
  pause over a weekend counts once, and pauses that overlap count once.
- Working time is time that really passes: a shift across a change of the clocks is an hour shorter
  or longer than the wall says.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from language.words import N_, Choice

EARLIEST_YEAR, LATEST_YEAR = 1971, 2099
MOST_WORK = timedelta(hours=20_000)
"""More than ten years of office hours: whoever asks for more has made a slip."""
FOREVER = datetime.max.replace(tzinfo=UTC)
"""The end of a span that nobody has ended yet."""

Pauses = Iterable[tuple[datetime, datetime | None, str]]


class ImpossibleDeadline(ValueError):
    """What was asked has no deadline; the sentence inside says why."""


class State(Choice):
    RUNNING = "running", N_("Running")
    PAUSED = "paused", N_("Paused")
    CLOSED = "closed", N_("Closed")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which the clock does one thing for one reason. Start and end are in UTC."""

    state: State
    start: datetime
    end: datetime
    reason: str

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def is_open(self) -> bool:
        """Whether this is a pause that nobody has ended yet."""
        return self.end == FOREVER


class Pause(NamedTuple):
    """A time in which the clock stands still, and why: to `FOREVER` while nobody has ended it."""

    start: datetime
    end: datetime
    reason: str


def read_start(text: str) -> datetime:
    """Read a moment written in ISO 8601 with its offset. Raises `ImpossibleDeadline` when it is not one."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ImpossibleDeadline(N_("Write the moment like 2026-02-13T17:00:00+08:00.")) from error
    return in_utc(moment)


def read_hours(text: str) -> timedelta:
    """Read hours of working time, decimals allowed. Raises `ImpossibleDeadline` when they make no sense."""
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not math.isfinite(hours):
        raise ImpossibleDeadline(N_("Write the hours as a number, such as 8 or 1.5."))
    # Brought within reach of a timedelta first; what lies beyond is refused all the same.
    return checked(timedelta(hours=max(-1e6, min(hours, 1e6))))


def checked(work: timedelta) -> timedelta:
    """Give back an amount of working time that is not negative and not beyond all use."""
    if work < timedelta(0):
        raise ImpossibleDeadline(N_("Working time cannot be negative."))
    if work > MOST_WORK:
        raise ImpossibleDeadline(
            N_("That is more than 20,000 hours of working time: please check the number.")
        )
    return work


def in_utc(moment: datetime) -> datetime:
    """Give back an aware moment in UTC. Raises `ImpossibleDeadline` for one without an offset."""
    if moment.utcoffset() is None:
        raise ImpossibleDeadline(N_("The moment needs its UTC offset, such as 2026-02-13T17:00:00+08:00."))
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ImpossibleDeadline(N_("The calendars cover the years 1971 to 2099."))
    return moment.astimezone(UTC)


def until_done(timeline: Iterable[Span], work: timedelta, pauses: Pauses = ()) -> list[Span]:
    """Every span from the start of `timeline` to the moment `work` is done, in order and without gaps.

    When an open pause holds the clock, the list ends with that pause. It is empty for no work at all
    from a moment at which the clock runs.
    """
    return list(_joined(_up_to(work, _with_pauses(timeline, pauses))))


def elapsed(timeline: Iterable[Span], end: datetime, pauses: Pauses = ()) -> timedelta:
    """Working time that passes from the start of `timeline` to `end`."""
    total = timedelta(0)
    for span in _with_pauses(timeline, pauses):
        if span.start >= end:
            break
        if span.state is State.RUNNING:
            total += min(span.end, end) - span.start
    return total


def _up_to(work: timedelta, spans: Iterable[Span]) -> Iterator[Span]:
    left = work
    for span in spans:
        if span.state is State.RUNNING:
            if span.length >= left:
                if left:
                    yield replace(span, end=span.start + left)
                return
            left -= span.length
        yield span


def _with_pauses(spans: Iterable[Span], pauses: Pauses) -> Iterator[Span]:
    """Lay pauses over the running spans. Nothing follows a pause that is still open."""
    in_order = sorted((_pause(*each) for each in pauses), key=lambda pause: pause.start)
    for span in spans:
        if span.state is not State.RUNNING:
            yield span
            continue
        for piece in _cut(span, in_order):
            yield piece
            if piece.is_open:
                return


def _cut(span: Span, pauses: list[Pause]) -> Iterator[Span]:
    """Cut one running span by pauses in order. Where two overlap, the one begun first is named."""
    at = span.start
    for pause in pauses:
        start = max(at, pause.start)
        if start >= min(pause.end, span.end):
            continue
        if at < start:
            yield replace(span, start=at, end=start)
        at = FOREVER if pause.end == FOREVER else min(pause.end, span.end)
        yield Span(State.PAUSED, start, at, pause.reason)
    if at < span.end:
        yield replace(span, start=at)


def _pause(start: datetime, end: datetime | None, reason: str) -> Pause:
    pause = Pause(in_utc(start), FOREVER if end is None else in_utc(end), reason)
    if pause.end < pause.start:
        raise ImpossibleDeadline(N_("A pause cannot end before it begins."))
    return pause


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Make one span of neighbours that say the same, such as an evening and the early morning after it."""
    last: Span | None = None
    for span in spans:
        if last and (last.state, last.reason) == (span.state, span.reason):
            last = replace(last, end=span.end)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
