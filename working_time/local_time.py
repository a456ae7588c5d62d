"""When the clocks on the wall show a time, also on the days they are put forward or back."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def to_utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which the clocks of `zone` show `at` or later on that day.

    A time that the clocks skip in spring is the moment they skip it; one that they show twice in autumn
    is the first of the two. So a later time is never an earlier moment.
    """
    wall = datetime.combine(day, at)
    before_change = wall.replace(tzinfo=zone).astimezone(UTC)
    after_change = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if before_change <= after_change:
        return before_change
    # The time is skipped: the two readings lie on either side of the change, so look for it between them.
    seconds = range(int(after_change.timestamp()), int(before_change.timestamp()) + 1)
    change = bisect_left(seconds, wall, key=lambda second: _wall(second, zone))
    return datetime.fromtimestamp(seconds[change], UTC)


def _wall(second: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(second, zone).replace(tzinfo=None)
