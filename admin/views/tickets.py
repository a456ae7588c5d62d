"""Complaints and feedback: their papers, their line of time, and the board of those that are open."""

from typing import Any, ClassVar

from bson import ObjectId
from flask import request
from flask_admin import expose
from flask_babel import gettext as _

from admin import board, manual
from admin.acting import me
from admin.display import choice_words
from admin.governed import GovernedView
from admin.papers import panels
from admin.said import said_so_far
from admin.timeline import timeline
from documents.declaration.record import Governed
from documents.tickets.ticket import Ticket
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

    def _list_actions(self) -> list[dict[str, Any]]:
        return [*super()._list_actions(), {"label": _("Board"), "url": f"{self.home}board/"}]

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
        kinds = choice_words(self.kind._fields["kind"])
        kind, mine = request.args.get("kind", ""), request.args.get("mine") == "1"
        assignee = request.args.get("assignee", "")
        chosen: dict[str, Any] = {"kind": kind} if kind in kinds else {}
        staff = me()
        if mine and staff:
            assignee = str(staff.pk)
        if ObjectId.is_valid(assignee):
            chosen["assignee"] = ObjectId(assignee)
        keep = "".join(f"&{name}={value}" for name, value in chosen.items())
        return self.render_page(
            "board",
            {
                "title": _("Board: %(what)s", what=_(self.kind.policy.title)),
                "actions": [{"label": _("List"), "url": self.home}],
                "columns": board.columns(self.kind, self.display(), chosen, self.home, keep),
                "kinds": kinds,
                "kind": chosen.get("kind", ""),
                "mine": mine,
            },
        )
