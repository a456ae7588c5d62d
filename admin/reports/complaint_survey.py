"""The page on how complaints were dealt with, as people see it: grades and causes by quarter (R70)."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort
from flask_admin import BaseView, expose

from admin.current_user import may, me
from admin.formatting import choice_words
from admin.i18n import gettext as _
from admin.locale import time_zone
from documents.tickets.complaint import Complaint
from documents.tickets.ticket_choices import Grade
from reports.complaint_survey import Quarter, complaint_survey
from security.permissions import PAGES, Action

MAIN_CAUSES = 3


class SurveyView(BaseView):
    """The last two years; only reads."""

    OPENS = {"index": Action.VIEW}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["complaint-survey"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["complaint-survey"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        quarters = complaint_survey(datetime.now(UTC), ZoneInfo(time_zone()))
        page = SimpleNamespace(
            title=_("How complaints are dealt with"),
            lead=_("What people say of it on follow-up visits, and the main causes of what was closed."),
            grades=[_(grade.label) for grade in Grade],
            quarters=[_shown(quarter) for quarter in quarters],
        )
        return self.render("steward/complaint_survey.html", page=page)


def _shown(quarter: Quarter) -> dict[str, Any]:
    causes = choice_words(Complaint._fields["cause"])
    return {
        "name": quarter.name,
        "asked": quarter.asked,
        "answered": quarter.answered,
        "score": f"{quarter.score:.1f}" if quarter.score is not None else "—",
        "grades": [
            {"label": _(grade.label), "count": quarter.grades[grade], "share": quarter.share(grade)}
            for grade in Grade
        ],
        "causes": [
            (causes.get(cause, cause), count) for cause, count in quarter.causes.most_common(MAIN_CAUSES)
        ],
    }
