"""Quiet hours: when something may be sent, by the reader's clock."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from working_time.local_time import to_utc

QUIET_FROM, QUIET_UNTIL = time(20), time(8)
"""By the clock of the ticket's calendar. What is urgent is told at any hour."""


DIGEST_AT = time(9)


def after_quiet(now: datetime, zone: ZoneInfo) -> datetime:
    """`now` by day; in the quiet hours their end. Aware, UTC."""
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return to_utc(day, QUIET_UNTIL, zone)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next daily digest is due, later than `now`. Aware, UTC."""
    local = now.astimezone(zone)
    return to_utc(local.date() + timedelta(days=local.time() >= DIGEST_AT), DIGEST_AT, zone)
