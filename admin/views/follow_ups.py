"""Follow-up visits: with the standard of how they are made, and what was said about the ticket before."""

from dataclasses import replace
from typing import Any

from admin.current_user import may
from admin.governed import GovernedView
from admin.tickets import manual
from admin.tickets.conversation import said_so_far
from documents.tickets.follow_up import FollowUp
from documents.tickets.service_standard import AT_FOLLOW_UP
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from security.permissions import Action


class FollowUpsView(GovernedView):
    """The generated pages."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        return [*super().extra_panels(record), *manual.panels(AT_FOLLOW_UP)]

    def beside(self, record: Governed) -> list[dict[str, Any]]:
        """Whoever records a visit sees what it is about."""
        kind: Any = by_collection(record.collection) if isinstance(record, FollowUp) else None
        ticket = kind and kind.objects(pk=record.ticket).first()
        if not ticket or not may(Action.VIEW, kind.policy.access):
            return []
        return said_so_far(ticket, replace(self.display(whole=True), kind=kind))
