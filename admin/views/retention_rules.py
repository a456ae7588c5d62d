"""Retention rules: before one is stored, and wherever it waits, what it would end is shown."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import mongoengine
from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from admin import forms
from admin.governed import GovernedView
from admin.i18n import gettext as _
from admin.locale import time_zone
from admin.pages.page import pick_url
from admin.reports.retention_preview import beside
from documents.retention.four_eyes import ApprovalState
from documents.retention.retention_rule import RetentionRule, keep_at
from records.declaration.record import Governed
from records.declaration.registry import by_collection


class RetentionRulesView(GovernedView):
    """The generated pages, with what a rule would end."""

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response | tuple[str, int]:
        """Ask for the rule, show what it would end, and store it once that was seen."""
        if request.method == "POST" and not request.form.get("confirmed"):
            form = forms.form_for(self.kind, None, ZoneInfo(time_zone()), pick_url)
            rule = RetentionRule()
            if form.validate() and not request.form.get("back"):
                forms.apply(form, rule)
                if _is_whole(rule):
                    return self._preview(rule)
            if request.form.get("back"):
                title = _("New: %(kind)s", kind=_(self.kind.policy.singular))
                form = forms.form_for(self.kind, None, ZoneInfo(time_zone()), pick_url)
                return self._form(form, title, self.home, new=True)
        return super().create_view()

    def _preview(self, rule: RetentionRule) -> str:
        now = datetime.now(UTC)
        return self.render_page(
            "retention_preview",
            {
                "title": _("What this rule would end"),
                "lead": _("Nothing is stored yet."),
                "thought": _thought(rule, now),
                "waits": rule.weakens_protection(_begins(rule, now)),
                "hidden": [
                    (name, value)
                    for name, value in request.form.items(multi=True)
                    if name not in {"csrf_token", "confirmed", "back"}
                ],
                "action_url": f"{self.home}new/",
                "cancel_url": self.home,
            },
        )

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        """For who is to approve it: what it would end, as of now."""
        panels = super().extra_panels(record)
        if not isinstance(record, RetentionRule) or record.state != ApprovalState.WAITING:
            return panels
        thought = _thought(record, datetime.now(UTC))
        panel = {
            "label": _("What this rule would end"),
            "template": "steward/what_if_panel.html",
            "thought": thought,
        }
        return [*panels, panel] if thought else panels


def _thought(rule: RetentionRule, now: datetime) -> dict[str, Any] | None:
    """What the rule would end beside the one that holds when it begins; None for a register that is gone."""
    kind = by_collection(rule.register)
    declared = kind.policy.keep if kind else None
    if kind is None or declared is None:
        return None
    keep = keep_at(kind, _begins(rule, now))
    return beside(kind, keep, rule.keep(declared), now, ZoneInfo(time_zone()))


def _begins(rule: RetentionRule, now: datetime) -> datetime:
    asked: datetime | None = rule.valid_from
    return max(asked, now) if asked else now


def _is_whole(rule: RetentionRule) -> bool:
    """Whether it says all a rule has to; what it lacks is said when it is to be stored."""
    try:
        rule.validate()
    except mongoengine.ValidationError:
        return False
    return True
