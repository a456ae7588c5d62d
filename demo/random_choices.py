"""Chance, and moments that look like a working life. All of it is drawn from one seeded `Random`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from bson import ObjectId

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")  # Taipei's clocks show the same
FIRST_HOUR, LAST_HOUR = 8, 21


def one_of(rng: Random, shares: Mapping[T, float]) -> T:
    """One of the keys, each as likely as its share."""
    return rng.choices(list(shares), list(shares.values()))[0]


def some_day(rng: Random, now: datetime, oldest: float, newest: float) -> datetime:
    """A moment between `oldest` and `newest_sample` days before `now`, at an hour at which people write to us."""
    day = (now - timedelta(days=rng.uniform(newest, oldest))).astimezone(ZONE)
    moment = day.replace(hour=rng.randint(FIRST_HOUR, LAST_HOUR), minute=rng.randrange(60)).astimezone(
        now.tzinfo
    )
    return min(moment, now - timedelta(days=newest))


def id_from(rng: Random, made_at: datetime) -> ObjectId:
    """An id such as the database would have made then."""
    return ObjectId(int(made_at.timestamp()).to_bytes(4, "big") + rng.randbytes(8))
