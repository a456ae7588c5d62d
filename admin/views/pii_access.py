"""Reveals: looked over by a supervisor, the unusual ones first."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_admin import expose

from admin.formatting import collection_title, fields_said
from admin.governed import GovernedView
from admin.i18n import gettext as _
from admin.locale import time_zone
from admin.pages.page import record_url
from reports.unusual_reveals import Unusual, unusual_reveals
from security.actor import current_actor
from security.permissions import Action


class RevealsView(GovernedView):
    """The register, and a page with those that look unusual."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "unusual_view": Action.VIEW}

    def list_actions(self) -> list[dict[str, Any]]:
        return [{"label": _("Unusual ones"), "url": f"{self.home}unusual/"}, *super().list_actions()]

    @expose("/unusual/")
    def unusual_view(self) -> str:
        found = unusual_reveals(datetime.now(UTC), ZoneInfo(time_zone()))
        return self.render_page(
            "unusual_reveals",
            {
                "title": _("Unusual reveals"),
                "lead": _(
                    "Of the last 30 days, without a ticket of their own, at odd hours, or many at once."
                ),
                "actions": [{"label": _("Back to the list"), "url": self.home}],
                "reveals": [self._look(one) for one in found],
                "may_review": self.may(Action.APPROVE),
                "review_url": f"{self.home}action/",
            },
        )

    def _look(self, one: Unusual) -> dict[str, Any]:
        look = one.reveal
        return {
            "id": str(look.pk),
            "url": self.details_url(look),
            "own": look.by == current_actor().id,
            "who": look.by_name,
            "at": look.created_at,
            "what": f"{collection_title(look.kind)}: {fields_said(look.kind, look.fields_shown)}",
            "record_url": record_url(look.kind, look.record),
            "reason": " · ".join(filter(None, [look.ticket_number, look.reason])),
            "oddities": [_(oddity.label) for oddity in one.oddities],
        }
