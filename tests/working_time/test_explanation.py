"""A deadline explained, for the reader at a terminal and for a program."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from working_time.calendars import CALENDARS
from working_time.spans import read_hours, read_start

CN = CALENDARS["CN"]
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_reader_sees_every_span_and_the_deadline():
    explanation = CN.explain(read_start("2026-02-13T09:00:00+00:00"), read_hours("8"))

    assert list(explanation.lines()) == [
        "8 h of working time from Fri 2026-02-13 17:00",
        "by the calendar CN, Asia/Shanghai:",
        "  running  Fri 2026-02-13 17:00 – Fri 2026-02-13 18:00      1.00 h  Working hours",
        "  closed   Fri 2026-02-13 18:00 – Sat 2026-02-14 09:00     15.00 h  Outside working hours",
        "  running  Sat 2026-02-14 09:00 – Sat 2026-02-14 12:00      3.00 h  Make-up workday",
        "  closed   Sat 2026-02-14 12:00 – Sat 2026-02-14 13:30      1.50 h  Break between shifts",
        "  running  Sat 2026-02-14 13:30 – Sat 2026-02-14 17:30      4.00 h  Make-up workday",
        "Due Sat 2026-02-14 17:30",
    ]


def test_a_program_reads_the_same_in_the_zone_of_the_calendar():
    pause = (at("2026-03-06 17:30"), at("2026-03-07 10:00"), "Waiting for the user")
    told = json.loads(json.dumps(CN.explain(at("2026-03-06 17:00"), HOUR, [pause]).as_json()))

    assert told == {
        "due": "2026-03-09T09:30:00+08:00",
        "calendar": "CN",
        "zone": "Asia/Shanghai",
        "start": "2026-03-06T17:00:00+08:00",
        "hours": 1.0,
        "spans": [
            _span("2026-03-06T17:00:00+08:00", "2026-03-06T17:30:00+08:00", "running", "Working hours", 0.5),
            _span(
                "2026-03-06T17:30:00+08:00",
                "2026-03-06T18:00:00+08:00",
                "paused",
                "Waiting for the user",
                0.5,
            ),
            _span(
                "2026-03-06T18:00:00+08:00",
                "2026-03-07T00:00:00+08:00",
                "closed",
                "Outside working hours",
                6.0,
            ),
            _span("2026-03-07T00:00:00+08:00", "2026-03-09T00:00:00+08:00", "closed", "Weekend", 48.0),
            _span(
                "2026-03-09T00:00:00+08:00",
                "2026-03-09T09:00:00+08:00",
                "closed",
                "Outside working hours",
                9.0,
            ),
            _span("2026-03-09T09:00:00+08:00", "2026-03-09T09:30:00+08:00", "running", "Working hours", 0.5),
        ],
        "provisional_years": [],
    }


def test_while_the_clock_stands_still_there_is_no_deadline_to_tell():
    pause = (at("2026-03-06 17:30"), None, "Waiting for the user")
    explanation = CN.explain(at("2026-03-06 17:00"), HOUR, [pause])

    assert list(explanation.lines())[-2:] == [
        "  paused   Fri 2026-03-06 17:30 – still open  Waiting for the user",
        "Not due while the clock stands still",
    ]
    told = explanation.as_json()
    assert told["due"] is None
    assert told["spans"][-1] == _span(
        "2026-03-06T17:30:00+08:00", None, "paused", "Waiting for the user", None
    )


@pytest.mark.parametrize(("start", "told"), [("2026-12-31 16:00", False), ("2026-12-31 17:30", True)])
def test_a_reader_is_told_of_make_up_days_not_published_yet(start, told):
    last = list(CN.explain(at(start), HOUR).lines())[-1]
    assert last.startswith("The make-up workdays of 2027 are not published yet") is told


def test_seconds_are_shown_where_they_matter():
    explanation = CN.explain(at("2026-03-04 09:00"), timedelta(seconds=1))
    assert list(explanation.lines())[-1] == "Due Wed 2026-03-04 09:00:01"


def test_no_work_from_inside_working_hours_has_no_span():
    explanation = CN.explain(at("2026-03-04 10:00"), timedelta(0))
    assert (explanation.due, explanation.spans) == (at("2026-03-04 10:00"), ())


def _span(start: str, end: str | None, state: str, reason: str, hours: float | None) -> dict[str, object]:
    return {"from": start, "to": end, "state": state, "reason": reason, "hours": hours}
