"""Complaints and feedback: their papers, their line of time, and the board of those that are open."""

from typing import Any, ClassVar

from flask import request
from flask_admin import expose
from flask_babel import gettext as _

from admin.current_user import me
from admin.governed import GovernedView
from admin.tickets import board, manual
from admin.tickets.conversation import said_so_far
from admin.tickets.rating_banner import to_be_asked
from admin.tickets.related_banner import kindred
from admin.tickets.related_records import panels
from admin.tickets.time_left import next_time
from admin.tickets.timeline import timeline
from documents.tickets.ticket import Ticket
from records.declaration.record import Governed
from security.permissions import Action


class TicketsView(GovernedView):
    """One register of tickets."""

    kind: type[Ticket]

    OPENS: ClassVar[dict[str, Action]] = {
        **GovernedView.OPENS,
        "timeline_view": Action.VIEW,
        "board_view": Action.VIEW,
    }

    def extra_panels(self, record: Any) -> list[dict[str, Any]]:
        step = manual.panels(record.state)
        return [*super().extra_panels(record), *step, *panels(record, self.display(whole=True))]

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        line = {"label": _("Timeline"), "url": f"{self.home}timeline/?id={record.pk}"}
        return [line, *super().record_actions(record)]

    def list_actions(self) -> list[dict[str, Any]]:
        return [*super().list_actions(), {"label": _("Board"), "url": f"{self.home}board/"}]

    def badges(self, record: Governed) -> list[dict[str, Any]]:
        left = next_time(record.stored or {}, self.display().now)
        return [*super().badges(record), *([left] if left else [])]

    def banners(self, record: Governed) -> list[dict[str, Any]]:
        mine = [*kindred(record), *to_be_asked(record)] if isinstance(record, Ticket) else []
        return [*super().banners(record), *mine]

    def beside(self, record: Governed) -> list[dict[str, Any]]:
        return said_so_far(record, self.display(whole=True)) if isinstance(record, Ticket) else []

    @expose("/timeline/")
    def timeline_view(self) -> str:
        record = self.wanted()
        return self.render_page(
            "timeline",
            {
                "title": _("Timeline of %(record)s", record=record),
                "actions": [{"label": _("Back"), "url": self.details_url(record)}],
                "events": timeline(record, self.display(whole=True)),
                "now": self.display().now,
            },
        )

    @expose("/board/")
    def board_view(self) -> str:
        chosen = board.Chosen.read(self.kind, request.args, me())
        return self.render_page(
            "board",
            {
                "title": _("Board: %(what)s", what=_(self.kind.policy.title)),
                "actions": [{"label": _("List"), "url": f"{self.home}?closed_at=empty{chosen.as_list()}"}],
                "columns": board.columns(self.kind, self.display(), chosen, self.home),
                "filters": chosen.controls(),
                "narrowed": bool(chosen.query),
                "clear_url": f"{self.home}board/",
            },
        )
