"""The page Retention: what each rule ends when, what another rule would end, and what went."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request
from flask_admin import BaseView, expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.acting import may, me
from admin.counts import count_text
from admin.display import collection_title, label_of
from admin.language import time_zone
from documents.declaration.policy import DeclarationError, Fate, Keep
from documents.declaration.record import Governed
from documents.privacy.retention import ruled
from documents.purge_stop import PurgeStop, StopState
from documents.quarantine import Quarantined, Whereabouts
from reports.retention import BY_HAND, REQUESTED, Month, went, what_if
from security.permissions import PAGES, Action

TOLD = timedelta(days=365)
MOST_YEARS, MOST_DAYS = 100, 36_500


class RetentionView(BaseView):
    """What goes when, and what if; only reads."""

    OPENS = {"index": Action.VIEW}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["retention"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["retention"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now, zone = datetime.now(UTC), ZoneInfo(time_zone())
        rules = ruled()
        page = SimpleNamespace(
            title=_("Retention"),
            lead=_("How long each kind of record is kept, what that will end, and what went already."),
            actions=(),
            tiles=_tiles(),
            registers=[(kind.collection_name(), _(kind.policy.title)) for kind, _keep in rules],
            rules=[_rule(kind, keep, what_if(kind, keep, now, zone)) for kind, keep in rules],
            thought=_thought(rules, now, zone),
            gone=_gone(now),
        )
        return self.render("steward/retention.html", page=page)


def _rule(kind: type[Governed], keep: Keep, months: list[Month]) -> dict[str, Any]:
    return {
        "register": _(kind.policy.title),
        "name": kind.collection_name(),
        "time": span(keep),
        "after": label_of(kind, keep.after),
        "then": _(keep.then.label),
        "basis": keep.basis,
        "over": months[0].count,
        "held": months[0].held,
        "soon": sum(month.count for month in months[1:]),
    }


def span(keep: Keep) -> str:
    """How long, in words."""
    years = ngettext("%(num)s year", "%(num)s years", keep.years) if keep.years else ""
    days = ngettext("%(num)s day", "%(num)s days", keep.days) if keep.days else ""
    return _("%(years)s and %(days)s", years=years, days=days) if years and days else years or days


def _thought(
    rules: list[tuple[type[Governed], Keep]], now: datetime, zone: ZoneInfo
) -> dict[str, Any] | None:
    """The rule the reader thinks of beside the one that holds; None where they asked for none."""
    found = [one for one in rules if one[0].collection_name() == request.args.get("register")]
    if not found:
        return None
    kind, keep = found[0]
    years, days = _number("years"), _number("days")
    asked = {"register": kind.collection_name(), "years": years, "days": days}
    try:
        other = Keep(
            after=keep.after,
            then=keep.then,
            basis=keep.basis,
            years=min(years or 0, MOST_YEARS),
            days=min(days or 0, MOST_DAYS),
        )
    except DeclarationError:
        return {**asked, "error": _("Please say how many years or days.")}
    today, then = what_if(kind, keep, now, zone), what_if(kind, other, now, zone)
    most = max([1, *(month.count for month in [*today, *then])])
    return {
        **asked,
        "title": _("%(register)s, kept for %(time)s", register=_(kind.policy.title), time=span(other)),
        "now": span(keep),
        "then": span(other),
        "most": most,
        "months": [
            _month(one, two, zone, first=one is today[0]) for one, two in zip(today, then, strict=True)
        ],
        "difference": then[0].count - today[0].count,
    }


def _month(today: Month, then: Month, zone: ZoneInfo, *, first: bool) -> dict[str, Any]:
    name = _("Over already") if first else today.begins.astimezone(zone).strftime("%Y-%m")
    return {"name": name, "today": today.count, "then": then.count, "held": then.held}


def _number(name: str) -> int | None:
    text = request.args.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) <= 6 else None


def _tiles() -> list[dict[str, Any]]:
    """What waits for somebody, for those who may see it."""
    found = []
    for kind, label, state in (
        (PurgeStop, _("Purges that wait for leave"), StopState.WAITING),
        (Quarantined, _("Records that can come back"), Whereabouts.KEPT),
    ):
        if may(Action.VIEW, kind.policy.access):
            value = count_text(kind, {"state": state.value})
            url = f"/admin/{kind.collection_name()}/?state={state.value}"
            risky = kind is PurgeStop and value != "0"
            found.append({"label": label, "value": value, "url": url, "tone": "risk" if risky else None})
    return found


def _gone(now: datetime) -> list[dict[str, Any]]:
    fates = {fate.value: _(fate.label) for fate in Fate}
    rules = {BY_HAND: _("Deleted by hand"), REQUESTED: _("Deletion requests")}
    return [
        {
            "register": collection_title(gone.kind),
            "rule": rules.get(gone.rule, gone.rule.partition(": ")[2] or gone.rule),
            "fate": fates.get(gone.fate, gone.fate),
            "count": gone.count,
            "months": sorted(gone.months.items(), reverse=True)[:3],
        }
        for gone in went(now - TOLD)
    ]
