"""Reveals that look unusual: without a ticket of one's own, at odd hours, or many at once (R8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from documents.privacy.pii_access import PiiAccess, ReviewOutcome
from language.words import N_, Choice

DAYS, MOST = 30, 500
EARLY, LATE = 7, 21
"""Working people look between these hours of the office's clock."""
MANY, WITHIN = 20, timedelta(hours=1)
"""So many looks of one person within this time are many."""


class Oddity(Choice):
    """Why a look is worth a second one."""

    NO_TICKET = "no-ticket", N_("No ticket assigned to them")
    ODD_HOUR = "odd-hour", N_("At night or on a weekend")
    MANY = "many", N_("One of many within an hour")


@dataclass(frozen=True)
class Unusual:
    """One reveal and what is odd about it."""

    reveal: PiiAccess
    oddities: tuple[Oddity, ...]


def unusual_reveals(now: datetime, zone: ZoneInfo) -> list[Unusual]:
    """The reveals of the last 30 days that look unusual and nobody found in order, the newest first.

    `zone` is that of the office. At most 500 reveals are looked at.
    """
    since = now - timedelta(days=DAYS)
    found = PiiAccess.objects(created_at__gte=since, finding__ne=ReviewOutcome.IN_ORDER)
    reveals = list(found.order_by("-created_at").limit(MOST))
    many = _among_many(reveals)
    judged = [Unusual(one, _oddities(one, zone, many=one.pk in many)) for one in reveals]
    return [one for one in judged if one.oddities]


def _oddities(reveal: PiiAccess, zone: ZoneInfo, *, many: bool) -> tuple[Oddity, ...]:
    local = reveal.created_at.astimezone(zone)
    found = []
    if not reveal.on_own_ticket:
        found.append(Oddity.NO_TICKET)
    if local.weekday() >= 5 or not EARLY <= local.hour < LATE:
        found.append(Oddity.ODD_HOUR)
    if many:
        found.append(Oddity.MANY)
    return tuple(found)


def _among_many(reveals: Iterable[PiiAccess]) -> set[object]:
    """Those that stand within an hour of so many others by the same person."""
    by_person: dict[str, list[PiiAccess]] = {}
    for one in sorted(reveals, key=lambda one: one.created_at):
        by_person.setdefault(one.by, []).append(one)
    found: set[object] = set()
    for looks in by_person.values():
        first = 0
        for last, look in enumerate(looks):
            while look.created_at - looks[first].created_at > WITHIN:
                first += 1
            if last - first + 1 >= MANY:
                found |= {one.pk for one in looks[first : last + 1]}
    return found
