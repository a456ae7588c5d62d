"""The moment at which the clocks on the wall show a time, by hand from the tables of the zones."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from working_time.local_time import to_utc

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (SPRING, time(1, 59, 59), datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        (SPRING, time(2), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # skipped: the clocks go on to 03:00
        (SPRING, time(2, 45), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (SPRING, time(3), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (SPRING, time(3, 0, 1), datetime(2026, 3, 29, 1, 0, 1, tzinfo=UTC)),
        (AUTUMN, time(1, 59, 59), datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
        (AUTUMN, time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # shown twice: the first
        (AUTUMN, time(3), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_berlin_through_both_changes_of_2026(day, at, utc):
    assert to_utc(day, at, ZoneInfo("Europe/Berlin")) == utc


def test_a_day_that_begins_with_the_change_begins_with_it():
    # Beirut goes from 00:00 to 01:00 on 29 March 2026; until then it is two hours ahead.
    assert to_utc(SPRING, time(0), ZoneInfo("Asia/Beirut")) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def test_zones_without_changes_are_read_straight():
    assert to_utc(SPRING, time(2, 30), ZoneInfo("Asia/Taipei")) == datetime(2026, 3, 28, 18, 30, tzinfo=UTC)
