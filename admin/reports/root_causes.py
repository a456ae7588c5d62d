"""The page on why people complain, and what is done about it (R69)."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request
from flask_admin import BaseView, expose
from werkzeug.exceptions import BadRequest

from admin.current_user import may, me
from admin.formatting import choice_words
from admin.i18n import gettext as _
from admin.locale import time_zone
from documents.tickets.complaint import Complaint
from language.words import N_
from reports.root_causes import CauseLine, root_causes
from security.permissions import PAGES, Action

SPANS = {90: N_("90 days"), 365: N_("A year"), 730: N_("Two years")}


class CausesView(BaseView):
    """Root causes of the last while; only reads."""

    OPENS = {"index": Action.VIEW}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["causes"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["causes"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now, days = datetime.now(UTC), request.args.get("days", "365")
        if days not in {str(span) for span in SPANS}:
            raise BadRequest(_("There is no such stretch of time."))
        since = now - timedelta(days=int(days))
        words = choice_words(Complaint._fields["cause"])
        page = SimpleNamespace(
            title=_("Why people complain"),
            lead=_("Root causes of the complaints that came in, and the measures against them."),
            spans=[
                (_(label), f"/admin/causes/?days={span}", str(span) == days) for span, label in SPANS.items()
            ],
            lines=[_shown(line, words, since) for line in root_causes(since, now)],
        )
        return self.render("steward/causes.html", page=page)


def _shown(line: CauseLine, words: dict[str, str], since: datetime) -> dict[str, Any]:
    first = since.astimezone(ZoneInfo(time_zone())).date()
    return {
        "cause": words.get(line.cause, line.cause),
        "url": f"/admin/complaints/?cause={line.cause}&created_at_from={first.isoformat()}",
        "measures_url": f"/admin/measures/?cause={line.cause}",
        "counts": [
            (_("Complaints"), line.complaints, False),
            (_("Came back"), line.came_back, False),
            (_("Overdue"), line.late, False),
            (_("Measures to be done"), line.open, False),
            (_("Measures overdue"), line.overdue, line.overdue > 0),
            (_("Measures done"), line.done, False),
        ],
        "advice": _("nothing is done about it yet") if line.is_neglected else None,
    }
