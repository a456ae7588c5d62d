"""How long until a promised time, or how long ago it was, in a few words."""

from datetime import timedelta

from admin.words import gettext as _

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


def age(since: timedelta) -> str:
    """“5 d”, “3 h”: how old something is."""
    if since >= DAY:
        return _("%(count)s d", count=since // DAY)
    return _("%(count)s h", count=since // HOUR)
