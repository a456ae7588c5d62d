"""What this company rules for itself: a deadline of its own, days off, and who is away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from demo.colleagues import Colleagues
from documents.absence import Absence
from documents.deadline_rule import DeadlineRule
from documents.record import Record
from documents.working_calendar import CalendarDay
from security.permissions import Role

LONG_AGO = timedelta(days=800)
"""Before the oldest ticket came in, so that all of them were promised by these."""


def house_rules(now: datetime) -> Sequence[Record]:
    """One rule and one day, entered before anything came in."""
    began = now - LONG_AGO
    price = DeadlineRule(
        name="Price complaints, as agreed with accounting",
        register="complaints",
        kind="price",
        acknowledgement=2,
        first_response=4,
        progress=16,
        resolution=40,
        why="Accounting answers within three days, so five are enough.",
        created_at=began,
    )
    typhoon = CalendarDay(
        calendar="TW",
        day=f"{now:%Y}-07-10",
        reason="Typhoon: the city government closed offices",
        created_at=began,
    )
    return [price, typhoon]


def absences(now: datetime, staff: Colleagues) -> Sequence[Record]:
    """One handler is on leave these days, and a colleague stands in."""
    away, deputy, *_others = staff.handling("zh_CN")
    return [
        Absence(
            staff=away,
            starts_at=now - timedelta(days=2),
            ends_at=now + timedelta(days=5),
            deputy=deputy,
            note="Annual leave",
            created_at=now - timedelta(days=20),
        )
    ]


def name_superiors(staff: Colleagues) -> None:
    """Let each handler have a deputy, the next of the same language, and a supervisor. In memory only."""
    for group in staff.handlers.values():
        for number, handler in enumerate(group):
            handler.deputy = group[(number + 1) % len(group)]
            handler.supervisor = staff.accounts[Role.SUPERVISOR]
