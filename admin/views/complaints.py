"""Complaints: beside what every ticket has, the terms of the service they are about, and refunds."""

from typing import Any

from admin.tickets import refunds
from admin.views.tickets import TicketsView


class ComplaintsView(TicketsView):
    """The register of complaints."""

    def extra_panels(self, record: Any) -> list[dict[str, Any]]:
        return [*super().extra_panels(record), *refunds.panels(record, self.display(whole=True))]
