"""How long until a promised time, or how long ago it was, in a few words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from admin.i18n import gettext as _
from documents.deadlines.deadline_record import DeadlineStatus, deadline_status

TONES = {DeadlineStatus.OVERDUE: "overdue", DeadlineStatus.AT_RISK: "risk"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def time_left(left: timedelta) -> str:
    """“2 h left”, “3 d overdue”: in the largest unit that fills twice, rounded down."""
    size = abs(left)
    if left >= timedelta(0):
        if size >= 2 * DAY:
            return _("%(count)s d left", count=size // DAY)
        if size >= 2 * HOUR:
            return _("%(count)s h left", count=size // HOUR)
        return _("%(count)s min left", count=size // timedelta(minutes=1))
    if size >= 2 * DAY:
        return _("%(count)s d overdue", count=size // DAY)
    if size >= 2 * HOUR:
        return _("%(count)s h overdue", count=size // HOUR)
    return _("%(count)s min overdue", count=size // timedelta(minutes=1))


def next_time(row: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """How long the next promised time of an open record is away, and how pressing that is: `{"text",
    "tone"}`; None where nothing is promised, or all is done."""
    due = row.get("next_due_at")
    if row.get("closed_at"):
        return None
    if due is None:
        return {"text": _("Paused"), "tone": "muted"} if row.get("paused_at") else None
    stands = deadline_status(row.get("created_at"), due, None, now) or DeadlineStatus.AHEAD
    return {"text": time_left(due - now), "tone": TONES.get(stands)}


def age(since: timedelta) -> str:
    """“5 d”, “3 h”: how old something is."""
    if since >= DAY:
        return _("%(count)s d", count=since // DAY)
    return _("%(count)s h", count=since // HOUR)
