"""The working calendars: when each region's clocks run, and which days are off."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo

from language.words import N_
from working_time.explanation import Explanation
from working_time.local_time import to_utc
from working_time.public_holidays import makeup_workdays, public_holidays
from working_time.spans import (
    LATEST_YEAR,
    ImpossibleDeadline,
    Pauses,
    Span,
    State,
    checked,
    elapsed,
    in_utc,
    until_done,
)

DAY = timedelta(days=1)
MIDNIGHT = time(0)
NOTHING = timedelta(0)

WORKING_HOURS = N_("Working hours")
MAKE_UP_WORKDAY = N_("Make-up workday")
OUTSIDE_HOURS = N_("Outside working hours")
BREAK = N_("Break between shifts")
WEEKEND = N_("Weekend")
DAY_OFF = N_("Day off")


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours worked in one go, by the clock on the wall. Midnight as the close is the end of the day."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.closes != MIDNIGHT and self.closes <= self.opens:
            raise ValueError(N_("A shift ends on the day it begins, and later than it begins."))


@dataclass(frozen=True, slots=True)
class Override:
    """What the company says of one day, against holidays and weekends: its shifts, or none when closed."""

    day: date
    shifts: tuple[Shift, ...]
    reason: str


@dataclass(frozen=True)
class Calendar:
    """When the clocks of one region run.

    `week` gives the shifts of each weekday, Monday first. `country` names whose public holidays and
    make-up workdays hold, by ISO 3166 code. `published_through` is the last year whose make-up workdays
    are known: raise it together with overrides that enter a notice by hand.
    """

    name: str
    zone: ZoneInfo
    week: tuple[tuple[Shift, ...], ...]
    country: str | None = None
    published_through: int | None = None
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise ValueError(N_("A calendar has seven weekdays, and a shift on at least one of them."))
        for shifts in (*self.week, *(override.shifts for override in self.overrides)):
            if any(one.closes == MIDNIGHT or one.closes > then.opens for one, then in pairwise(shifts)):
                raise ValueError(
                    N_("The shifts of a day are in order, and none begins before the last ended.")
                )
        if len({override.day for override in self.overrides}) < len(self.overrides):
            raise ValueError(N_("One day has one rule of its own, not two."))

    def after(self, start: datetime, work: timedelta, pauses: Pauses = ()) -> datetime:
        """When `work` is done if the clock starts at `start`. Aware in, UTC out.

        Raises `ImpossibleDeadline` while an open pause holds the clock: it has no deadline then.
        """
        due = self.due(start, work, pauses)
        if due is None:
            raise ImpossibleDeadline(N_("The clock stands still: there is no deadline until it runs again."))
        return due

    def due(self, start: datetime, work: timedelta, pauses: Pauses = ()) -> datetime | None:
        """As `after`, with None while an open pause holds the clock."""
        pauses = tuple(pauses)
        return self.explain(start, work, pauses).due if pauses else self._looked_up(start, work)

    def _looked_up(self, start: datetime, work: timedelta) -> datetime:
        """What `explain` comes to without pauses, read off a table: most deadlines are only stored."""
        start, left = in_utc(start), checked(work)
        for year in range(start.astimezone(self.zone).year, LATEST_YEAR + 1):
            shifts, worked = _worked_in_year(self, year)
            first = bisect_right(shifts, start, key=attrgetter("end"))
            if first < len(shifts):
                left += max(start - shifts[first].start, NOTHING) + worked[first]
                last = bisect_left(worked, left, lo=first + 1) - 1
                if last < len(shifts):
                    return shifts[last].start + (left - worked[last])
                left -= worked[-1]
        raise ImpossibleDeadline(N_("The calendars cover the years 1971 to 2099."))

    def between(self, start: datetime, end: datetime, pauses: Pauses = ()) -> timedelta:
        """Working time that passes from `start` to `end`, both aware. Raises when `end` is before `start`."""
        start, end = in_utc(start), in_utc(end)
        if end < start:
            raise ImpossibleDeadline(N_("Working time is counted forwards: the end is before the start."))
        return elapsed(self.timeline(start), end, pauses)

    def explain(
        self, start: datetime, work: timedelta, pauses: Pauses = (), language: str = "en"
    ) -> Explanation:
        """When `work` is done, and every span on the way there. Holidays are named in `language`."""
        start = in_utc(start)
        spans = until_done(self.timeline(start, language), checked(work), pauses)
        return Explanation(self.name, self.zone, start, work, tuple(spans), self.published_through)

    def timeline(self, start: datetime, language: str = "en") -> Iterator[Span]:
        """What the clock does from `start` on, gap-free. Raises `ImpossibleDeadline` past the last year."""
        for year in range(start.astimezone(self.zone).year, LATEST_YEAR + 1):
            spans = _spans_of_year(self, year, language)
            first = bisect_right(spans, start, key=attrgetter("start")) - 1
            if first >= 0:
                yield Span(spans[first].state, start, spans[first].end, spans[first].reason)
            yield from spans[first + 1 :]
        raise ImpossibleDeadline(N_("The calendars cover the years 1971 to 2099."))

    def day(self, day: date, language: str = "en") -> Iterator[Span]:
        """What the clock does on one day of the calendar's zone, from midnight to midnight."""
        shifts, reason = self._rule(day, language)
        at, midnight = to_utc(day, MIDNIGHT, self.zone), to_utc(day + DAY, MIDNIGHT, self.zone)
        if not shifts:
            yield Span(State.CLOSED, at, midnight, reason)
            return
        closed = OUTSIDE_HOURS
        for shift in shifts:
            opens = to_utc(day, shift.opens, self.zone)
            closes = midnight if shift.closes == MIDNIGHT else to_utc(day, shift.closes, self.zone)
            if at < opens:
                yield Span(State.CLOSED, at, opens, closed)
            if opens < closes:
                yield Span(State.RUNNING, opens, closes, reason)
            at, closed = closes, BREAK
        if at < midnight:
            yield Span(State.CLOSED, at, midnight, OUTSIDE_HOURS)

    def _rule(self, day: date, language: str) -> tuple[tuple[Shift, ...], str]:
        """The shifts of one day and the reason for them, or for having none."""
        for override in self.overrides:
            if override.day == day:
                return override.shifts, override.reason
        if self.country and day in makeup_workdays(self.country, day.year):
            return next(filter(None, self.week)), MAKE_UP_WORKDAY
        if self.country and (name := public_holidays(self.country, day.year, language).get(day)):
            return (), name
        if shifts := self.week[day.weekday()]:
            return shifts, WORKING_HOURS
        return (), WEEKEND if day.weekday() >= 5 else DAY_OFF


@lru_cache(maxsize=64)
def _spans_of_year(calendar: Calendar, year: int, language: str) -> tuple[Span, ...]:
    """One year of one calendar, worked out once for the thousands of deadlines that fall into it."""
    first = date(year, 1, 1)
    days = (date(year + 1, 1, 1) - first).days
    return tuple(span for number in range(days) for span in calendar.day(first + number * DAY, language))


@lru_cache(maxsize=64)
def _worked_in_year(calendar: Calendar, year: int) -> tuple[tuple[Span, ...], tuple[timedelta, ...]]:
    """The shifts of one year, and how much has been worked before each and after the last."""
    shifts = tuple(span for span in _spans_of_year(calendar, year, "en") if span.state is State.RUNNING)
    return shifts, tuple(accumulate((shift.length for shift in shifts), initial=NOTHING))


def calendar_named(name: str) -> Calendar:
    """One of the calendars that ship. Raises `ImpossibleDeadline` with the names there are."""
    try:
        return CALENDARS[name]
    except KeyError:
        known = ", ".join(CALENDARS)
        raise ImpossibleDeadline(f"There is no calendar {name}. There are: {known}.") from None


def _weekdays(*shifts: Shift) -> tuple[tuple[Shift, ...], ...]:
    """The same shifts from Monday to Friday, none at the weekend."""
    return (shifts,) * 5 + ((),) * 2


CALENDARS = {
    calendar.name: calendar
    for calendar in (
        # The last notices: State Council for 2026 (make-up days), DGPA work calendar for 2026 (none).
        Calendar(
            name="CN",
            zone=ZoneInfo("Asia/Shanghai"),
            week=_weekdays(Shift(time(9), time(12)), Shift(time(13, 30), time(18))),
            country="CN",
            published_through=2026,
        ),
        Calendar(
            name="TW",
            zone=ZoneInfo("Asia/Taipei"),
            week=_weekdays(Shift(time(9), time(12)), Shift(time(13), time(18))),
            country="TW",
            published_through=2026,
        ),
        Calendar(name="24/7", zone=ZoneInfo("UTC"), week=((Shift(MIDNIGHT, MIDNIGHT),),) * 7),
    )
}
