"""Days that the company rules by hand: typhoons, outings, a make-up workday announced late.

A day once entered is never edited: it is withdrawn, or ruled anew, and the latest entry holds. So it
can always be told what the calendar said at the moment a promise was made.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self

from mongoengine import BooleanField, StringField, ValidationError

from documents.deadlines import recompute_request
from language.words import N_, Choice
from records.declaration.actions import action
from records.declaration.errors import InvalidValue
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage.database import database, session
from security.permissions import RULES, Action
from working_time.calendars import CALENDARS, MIDNIGHT, Calendar, Override, Shift

MOST_DAYS = 5_000
SHIFT = re.compile(r"(\d{1,2}:\d\d)\s*[-–—~至]\s*(\d{1,2}:\d\d)")


class CalendarName(Choice):
    """The calendars that ship."""

    CN = "CN", N_("Mainland China")
    TW = "TW", N_("Taiwan")
    ALWAYS = "24/7", N_("Round the clock")


class CalendarDay(Governed):
    """One day of a working calendar, against holidays and weekends: its hours, or none when closed."""

    policy = Policy(
        title=N_("Working days by hand"),
        singular=N_("Working day by hand"),
        group=N_("Administration"),
        icon="calendar",
        access=RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="day",
        columns=("day", "calendar", "hours", "reason", "withdrawn_at", "created_at"),
        filters=("calendar", "withdrawn_at", "created_at"),
        search=("day", "reason"),
        order="-day",
        sections=(
            (N_("The day"), ("calendar", "day", "hours", "reason", "settles_year")),
            (N_("Since when it holds"), ("created_at", "withdrawn_at")),
        ),
    )

    calendar = StringField(
        choices=list(CalendarName), required=True, locked=True, verbose_name=N_("Calendar")
    )
    day = StringField(
        required=True,
        locked=True,
        max_length=10,
        verbose_name=N_("Day"),
        help_text=N_("Year, month and day, such as 2026-07-10."),
    )
    hours = StringField(
        locked=True,
        max_length=200,
        verbose_name=N_("Working hours"),
        help_text=N_("Such as 09:00–12:00, 13:30–18:00. Leave it empty where the whole day is off."),
    )
    reason = StringField(
        required=True,
        locked=True,
        max_length=200,
        verbose_name=N_("Reason"),
        help_text=N_("Every explanation of a deadline that meets this day shows it."),
    )
    settles_year = BooleanField(
        default=False,
        locked=True,
        verbose_name=N_("All make-up workdays of this year are entered"),
        help_text=N_("Deadlines in this year are then no longer called provisional."),
    )
    withdrawn_at = UTCDateTimeField(system=True, verbose_name=N_("Withdrawn"))

    meta = {
        "collection": "calendar_days",
        "indexes": [
            {"fields": ["day", "_id"], "name": "by_day"},
            {"fields": ["created_at", "_id"], "name": "in_order"},
            {"fields": ["calendar", "day"], "name": "of_calendar"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, and a day and hours that exist. Raises mongoengine's ValidationError."""
        super().validate(clean)
        for name, read in (("day", _day), ("hours", shifts)):
            try:
                read(getattr(self, name) or "")
            except InvalidValue as error:
                raise ValidationError(str(error), errors={name: error}) from error

    @action(
        N_("Withdraw"),
        Action.EDIT,
        when=lambda day: day.withdrawn_at is None,
        comment=N_("Why it no longer holds"),
        danger=True,
    )
    def withdraw(self, now: datetime, note: str) -> None:
        """Let the day be as the calendar has it, for promises made from now on."""
        self.withdrawn_at = now
        self.save(now=now, reason=note)

    @action(
        N_("Recompute open tickets"),
        Action.EDIT,
        comment=N_("Why the deadlines of open tickets are to follow"),
    )
    def recompute(self, now: datetime, note: str) -> None:
        """Let the deadlines of open tickets follow the calendars of today; a task does it."""
        recompute_request.request_recomputation(self.collection_name(), self.day, note, now)


@dataclass(frozen=True)
class CalendarOverrides:
    """Every day ruled by hand, as read in one query; it gives a calendar as it stood at a moment."""

    rows: Sequence[dict[str, Any]]

    @classmethod
    def read(cls) -> Self:
        kept = _reading.get()
        if kept is None:
            return cls(_all_days())
        if not kept:
            kept.append(cls(_all_days()))
        return kept[0]

    @classmethod
    @contextmanager
    def read_once(cls) -> Iterator[None]:
        """Let everything that is worked out meanwhile go by one reading, made when it is first needed."""
        token = _reading.set([])
        try:
            yield
        finally:
            _reading.reset(token)

    def calendar(self, name: str, as_of: datetime) -> Calendar:
        """The calendar `name` with what was ruled by hand at `as_of`, aware."""
        days: dict[date, Override] = {}
        settled: set[int] = set()
        for row in self.rows:
            if row["calendar"] != name or not _held(row, as_of):
                continue
            day = _day(row["day"])
            days[day] = Override(day, shifts(row.get("hours") or ""), row["reason"])
            if row.get("settles_year"):
                settled.add(day.year)
        return _ruled(name, tuple(days.values()), frozenset(settled))


_reading: ContextVar[list[Any] | None] = ContextVar("reading", default=None)


def _all_days() -> list[dict[str, Any]]:
    found = database()[CalendarDay.collection_name()].find({}, {"search": 0}, session=session())
    return list(found.sort([("created_at", 1), ("_id", 1)]).limit(MOST_DAYS))


def _held(row: dict[str, Any], as_of: datetime) -> bool:
    withdrawn = row.get("withdrawn_at")
    return row["created_at"] <= as_of and (withdrawn is None or withdrawn > as_of)


@lru_cache(maxsize=64)
def _ruled(name: str, overrides: tuple[Override, ...], settled: frozenset[int]) -> Calendar:
    """A calendar that ships with days ruled by hand: made once, since it remembers its years."""
    shipped = CALENDARS[name]
    published = shipped.published_through
    while published is not None and published + 1 in settled:
        published += 1
    return replace(shipped, overrides=overrides, published_through=published)


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise InvalidValue(N_("“%(text)s” is not understood. Write the day like 2026-07-10."), text=text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(N_("There is no day %(day)s in the calendar."), day=text) from None


def shifts(text: str) -> tuple[Shift, ...]:
    """Read the shifts of a day, such as "09:00–12:00, 13:30–18:00"; none where it says nothing.

    24:00 is the end of the day. Raises `InvalidValue` where they make no sense.
    """
    if rest := SHIFT.sub("", text).strip(" ,;，、；\t"):
        raise InvalidValue(
            N_("“%(text)s” is not understood. Write the hours like 09:00–12:00, 13:30–18:00."), text=rest
        )
    found = [(f"{opens}–{closes}", _shift(opens, closes)) for opens, closes in SHIFT.findall(text)]
    for (before, earlier), (after, later) in pairwise(found):
        if earlier.closes == MIDNIGHT or earlier.closes > later.opens:
            raise InvalidValue(
                N_("%(later)s begins before %(earlier)s has ended."), later=after, earlier=before
            )
    return tuple(shift for _said, shift in found)


def _shift(opens: str, closes: str) -> Shift:
    begin, end = _time(opens), _time(closes)
    if end != MIDNIGHT and end <= begin:
        raise InvalidValue(N_("%(shift)s ends before it begins."), shift=f"{opens}–{closes}")
    return Shift(begin, end)


def _time(text: str) -> time:
    hours, minutes = map(int, text.split(":"))
    if (hours, minutes) == (24, 0):
        return MIDNIGHT
    if hours > 23 or minutes > 59:
        raise InvalidValue(N_("%(time)s is no time of the day."), time=text)
    return time(hours, minutes)
