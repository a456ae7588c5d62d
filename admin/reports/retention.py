"""The page Retention: which rule holds and what it ends soon, another rule thought through, and what went."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, request
from flask_admin import BaseView, expose

from admin.current_user import may, me
from admin.formatting import collection_title, label_of
from admin.i18n import gettext as _
from admin.locale import time_zone
from admin.pages.counts import count_text
from admin.pages.page import list_url, record_url
from admin.reports.retention_preview import beside
from admin.rule_labels import rule_said, span
from documents.retention import purge_limit
from documents.retention.purge_approval import PurgeApproval, StopState
from documents.retention.quarantine import QuarantinedRecord, QuarantineState
from documents.retention.retention_in_force import EffectiveRule, effective_rules
from documents.retention.retention_rule import MOST_DAYS, MOST_YEARS, RetentionRule
from documents.retention.retention_rule_label import BY_HAND, REQUESTED
from exchange.exporting.csv_and_xlsx import CsvSheet
from records.declaration.policy import DeclarationError, Fate, Keep
from records.storage import writer
from records.storage.audit import AuditAction
from reports.retention import Gone, soon, went
from security.permissions import PAGES, Action

TOLD = timedelta(days=365)
LONGEST = timedelta(days=3660)
FIRST_YEAR = 2000


class RetentionView(BaseView):
    """What goes when, what if, and what went; only reads."""

    OPENS = {"index": Action.VIEW, "went_view": Action.VIEW, "went_file_view": Action.EXPORT}

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
        rules = effective_rules(now)
        guard = purge_limit.current_limits(now)
        page = SimpleNamespace(
            title=_("Retention"),
            lead=_("How long each kind of record is kept, what that will end, and what went already."),
            actions=_actions(),
            tiles=_tiles(),
            registers=[(one.kind.collection_name(), _(one.kind.policy.title)) for one in rules],
            rules=[_rule(one, now) for one in rules],
            guard={"percent": f"{guard.share:.0%}", "days": guard.kept.days, "url": list_url("purge_guards")},
            thought=_thought(rules, now, zone),
            gone=[_gone(gone) for gone in went(now - TOLD)],
        )
        return self.render("steward/retention.html", page=page)

    @expose("/went/")
    def went_view(self) -> str:
        """What went by which rule, month by month (R25)."""
        since, until = _asked(datetime.now(UTC))
        gone = went(since, until)
        months = sorted({month for one in gone for month in one.months}, reverse=True)
        actions = [{"label": _("Back"), "url": "/admin/retention/"}]
        if may(Action.EXPORT, PAGES["retention"]):
            url = f"/admin/retention/went.csv?from={since:%Y-%m}&until={until - timedelta(days=1):%Y-%m}"
            actions.insert(0, {"label": "CSV", "url": url})
        page = SimpleNamespace(
            title=_("What went by which rule"),
            lead=_(
                "Read off the tombstones: one for each record that was erased or anonymised. Months in UTC."
            ),
            actions=actions,
            since=f"{since:%Y-%m}",
            until=f"{until - timedelta(days=1):%Y-%m}",
            months=months,
            rows=[{**_gone(one), "by_month": [one.months.get(month, 0) for month in months]} for one in gone],
        )
        return self.render("steward/retention_went.html", page=page)

    @expose("/went.csv")
    def went_file_view(self) -> Response:
        """The same as a table: a line a month, register, rule and fate."""
        now = datetime.now(UTC)
        since, until = _asked(now)
        file = io.BytesIO()
        sheet = CsvSheet(file)
        sheet.header([_("Month"), _("Register"), _("Rule"), _("What was done"), _("Records")])
        for gone in went(since, until):
            told = _gone(gone)
            sheet.rows(
                [month, told["register"], told["rule"], told["fate"], count]
                for month, count in sorted(gone.months.items())
            )
        sheet.close()
        writer.record_event(AuditAction.EXPORT, "tombstones", None, f"{since:%Y-%m} – {until:%Y-%m-%d}", now)
        answer = Response(file.getvalue(), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="went-{since:%Y-%m}.csv"'
        return answer


def _actions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"label": _("What went by which rule"), "url": "/admin/retention/went/"}]
    if may(Action.CREATE, RetentionRule.policy.access):
        found.append(
            {"label": _("Put a rule forward"), "url": "/admin/retention_rules/new/", "primary": True}
        )
    return found


def _rule(one: EffectiveRule, now: datetime) -> dict[str, Any]:
    over, next_ = soon(one.kind, one.keep, now)
    return {
        "register": _(one.kind.policy.title),
        "name": one.kind.collection_name(),
        "time": span(one.keep),
        "after": label_of(one.kind, one.keep.after),
        "then": _(one.keep.fate.label),
        "basis": _(one.keep.basis),
        "rule": one.rule.number if one.rule else _("Declared in the product"),
        "url": record_url("retention_rules", one.rule.pk) if one.rule else None,
        "over": over,
        "soon": next_,
    }


def _thought(rules: list[EffectiveRule], now: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    """The rule the reader thinks of beside the one that holds; None where they asked for none."""
    found = [one for one in rules if one.kind.collection_name() == request.args.get("register")]
    if not found:
        return None
    kind, keep = found[0].kind, found[0].keep
    years, days = _number("years"), _number("days")
    asked = {"register": kind.collection_name(), "years": years, "days": days}
    try:
        other = Keep(
            after=keep.after,
            fate=keep.fate,
            basis=keep.basis,
            years=min(years or 0, MOST_YEARS),
            days=min(days or 0, MOST_DAYS),
        )
    except DeclarationError:
        return {**asked, "error": _("Please say how many years or days.")}
    return {**asked, **beside(kind, keep, other, now, zone)}


def _number(name: str) -> int | None:
    text = request.args.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) <= 6 else None


def _tiles() -> list[dict[str, Any]]:
    """What waits for somebody, for those who may see it."""
    found = []
    for kind, label, state in (
        (PurgeApproval, _("Purges that wait for leave"), StopState.WAITING),
        (QuarantinedRecord, _("Records that can come back"), QuarantineState.KEPT),
    ):
        if may(Action.VIEW, kind.policy.access):
            value = count_text(kind, {"state": state.value})
            url = f"/admin/{kind.collection_name()}/?state={state.value}"
            risky = kind is PurgeApproval and value != "0"
            found.append({"label": label, "value": value, "url": url, "tone": "risk" if risky else None})
    return found


def _gone(gone: Gone) -> dict[str, Any]:
    fates = {fate.value: _(fate.label) for fate in Fate}
    by_hand = {BY_HAND: _("Deleted by hand"), REQUESTED: _("Deletion requests")}
    return {
        "register": collection_title(gone.kind),
        "rule": by_hand.get(gone.rule) or rule_said(gone.rule),
        "fate": fates.get(gone.fate, gone.fate),
        "count": gone.count,
        "months": sorted(gone.months.items(), reverse=True)[:3],
    }


def _asked(now: datetime) -> tuple[datetime, datetime]:
    """From the first moment of one month to the last of another, in UTC; the last year, where none is said."""
    until = _after(min(_month("until") or now, now))
    since = _month("from") or (until - TOLD).replace(day=1)
    return max(since, _after(until - LONGEST)), until


def _month(name: str) -> datetime | None:
    try:
        month = datetime.strptime(request.args.get(name, "").strip()[:7], "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return None
    return month if month.year >= FIRST_YEAR else None


def _after(moment: datetime) -> datetime:
    """The first moment of the next month."""
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
