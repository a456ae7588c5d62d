"""Explain a deadline: every span from its start to the moment it is due, for people and for programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from language.words import N_
from working_time.spans import Span

NOT_PUBLISHED = N_(
    "The make-up workdays of %(years)s are not published yet: "
    "this deadline may move when they are, or when they are entered by hand."
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a deadline came about. Moments are in UTC inside, in the calendar's zone where they are shown."""

    calendar: str
    zone: ZoneInfo
    start: datetime
    work: timedelta
    spans: tuple[Span, ...]
    published_through: int | None

    @property
    def due(self) -> datetime | None:
        """When the work is done, in UTC; nothing while an open pause holds the clock."""
        if not self.spans:
            return self.start
        last = self.spans[-1]
        return None if last.is_open else last.end

    @property
    def provisional_years(self) -> list[int]:
        """The years on the way whose make-up workdays are not published yet."""
        if self.published_through is None:
            return []
        reached = self.due or self.spans[-1].start
        first, last = (moment.astimezone(self.zone).year for moment in (self.start, reached))
        return [year for year in range(first, last + 1) if year > self.published_through]

    def lines(self) -> Iterator[str]:
        """The explanation for a reader at a terminal, in English."""
        yield f"{_hours(self.work):g} h of working time from {self._shown(self.start)}"
        yield f"by the calendar {self.calendar}, {self.zone.key}:"
        for span in self.spans:
            end = "still open" if span.is_open else f"{self._shown(span.end)}  {_hours(span.length):>8.2f} h"
            yield f"  {span.state:<8} {self._shown(span.start)} – {end}  {span.reason}"
        yield f"Due {self._shown(self.due)}" if self.due else "Not due while the clock stands still"
        if years := ", ".join(map(str, self.provisional_years)):
            yield NOT_PUBLISHED % {"years": years}

    def as_json(self) -> dict[str, Any]:
        """The explanation for a program: moments in ISO 8601 in the calendar's zone, lengths in hours."""
        return {
            "due": self._iso(self.due) if self.due else None,
            "calendar": self.calendar,
            "zone": self.zone.key,
            "start": self._iso(self.start),
            "hours": _hours(self.work),
            "spans": [self._span_as_json(span) for span in self.spans],
            "provisional_years": self.provisional_years,
        }

    def _span_as_json(self, span: Span) -> dict[str, Any]:
        return {
            "from": self._iso(span.start),
            "to": None if span.is_open else self._iso(span.end),
            "state": span.state.value,
            "reason": span.reason,
            "hours": None if span.is_open else _hours(span.length),
        }

    def _iso(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat()

    def _shown(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        whole = not local.second and not local.microsecond
        return f"{local:%a %Y-%m-%d} {local.time().isoformat('minutes' if whole else 'auto')}"


def _hours(length: timedelta) -> float:
    return round(length / timedelta(hours=1), 6)
