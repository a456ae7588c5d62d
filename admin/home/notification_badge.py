"""How many notices wait to be read, in the top line of every page."""

from contextlib import suppress
from datetime import UTC, datetime

from bson import ObjectId
from pymongo.errors import PyMongoError

from admin.current_user import me, roles
from admin.i18n import gettext as _
from admin.i18n import ngettext
from documents.work import notification
from records.storage.ttl_cache import TTLCache

MOST, SECONDS = 99, 10
"""More are not counted; and nobody's are counted more often than that."""
_counts: TTLCache[ObjectId, int] = TTLCache(maxsize=2_000, ttl=SECONDS)


def badge() -> dict[str, str] | None:
    """The count as it is shown and as it is read out; None where nothing is new."""
    count = _count()
    if not count:
        return None
    if count > MOST:
        return {"text": f"{MOST}+", "said": _("More than %(num)s new notices", num=MOST)}
    return {"text": str(count), "said": ngettext("%(num)s new notice", "%(num)s new notices", count)}


def _count() -> int:
    mine = me().pk  # type: ignore[union-attr]
    if mine not in _counts:
        with suppress(PyMongoError):  # a page that says what is wrong needs no count
            _counts[mine] = notification.unread_count(mine, roles(), datetime.now(UTC), MOST + 1)
    return _counts.get(mine, 0)


def recount() -> None:
    """Somebody has just read: count anew for their next page."""
    _counts.pop(me().pk, None)  # type: ignore[union-attr]
