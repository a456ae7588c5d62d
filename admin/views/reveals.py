"""Reveals: looked over by a supervisor, the unusual ones first."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_admin import expose

from admin.display import collection_title
from admin.governed import GovernedView
from admin.language import time_zone
from admin.words import gettext as _
from reports.unusual_reveals import Unusual, unusual_reveals
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
            },
        )

    def _look(self, one: Unusual) -> dict[str, Any]:
        return {
            "url": self.details_url(one.reveal),
            "who": one.reveal.by_name,
            "at": one.reveal.created_at,
            "what": f"{collection_title(one.reveal.kind)}: {', '.join(one.reveal.fields_shown)}",
            "reason": one.reveal.reason or one.reveal.ticket_number,
            "oddities": [_(oddity.label) for oddity in one.oddities],
        }
