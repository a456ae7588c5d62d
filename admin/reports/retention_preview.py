"""A rule of retention beside the one that holds: month by month, and some of the records between them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from admin.formatting import title_of
from admin.i18n import gettext as _
from admin.pages.page import record_url
from admin.rule_labels import span
from records.declaration.policy import Keep
from records.declaration.record import Governed
from reports.retention import Month, between, what_if


def beside(kind: type[Governed], keep: Keep, other: Keep, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What `other` would end instead of `keep`, for the template `what_if.html`. Only reads."""
    today, then = what_if(kind, keep, now, zone), what_if(kind, other, now, zone)
    return {
        "title": _("%(register)s, kept for %(time)s", register=_(kind.policy.title), time=span(other)),
        "now": span(keep),
        "then": span(other),
        "most": max([1, *(month.count for month in [*today, *then])]),
        "months": [
            _month(one, two, zone, first=one is today[0]) for one, two in zip(today, then, strict=True)
        ],
        "difference": then[0].count - today[0].count,
        "more": then[0].more or today[0].more,
        "sample": [
            {
                "label": f"{title_of(kind, record.stored or {})} ({_day(record, keep, zone)})",
                "url": record_url(kind.collection_name(), record.pk),
            }
            for record in between(kind, keep, other, now)
        ],
    }


def _day(record: Governed, keep: Keep, zone: ZoneInfo) -> str:
    """On which day its time began, on the reader's calendar."""
    return f"{getattr(record, keep.after).astimezone(zone):%Y-%m-%d}"


def _month(today: Month, then: Month, zone: ZoneInfo, *, first: bool) -> dict[str, Any]:
    name = _("Over already") if first else today.begins.astimezone(zone).strftime("%Y-%m")
    return {
        "name": name,
        "today": today.count,
        "today_more": today.more,
        "then": then.count,
        "then_more": then.more,
        "held": then.held,
    }
