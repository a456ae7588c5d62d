"""What is past its time of all that declares by when somebody has to act, for the first page (R39, R40, R70)."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from admin.current_user import may
from admin.i18n import gettext as _
from admin.pages.counts import count_text
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.lists.filters import query
from security.permissions import Action


def tiles(now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """A count for each kind of record that has any whose last day is over; it leads to their list."""
    kinds = [kind for kind in registered() if kind.policy.remind and may(Action.VIEW, kind.policy.access)]
    found = [_tile(kind, now, zone) for kind in kinds]
    return [tile for tile in found if tile["value"] != "0"]


def _tile(kind: type[Governed], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    rule = kind.policy.remind
    assert rule  # noqa: S101 — for the type checker
    yesterday = (now.astimezone(zone) - timedelta(days=1)).date()
    asked = {"state": [rule.state], f"{rule.at}_to": [yesterday.isoformat()]}
    return {
        "label": _("%(kind)s: overdue", kind=_(kind.policy.title)),
        "value": count_text(kind, query(kind, asked, now, zone)),
        "url": f"/admin/{kind.collection_name()}/?{urlencode(asked, doseq=True)}",
        "tone": "overdue",
    }
