"""Users: beside their facts, what they had consented to at any time."""

from typing import Any

from admin.governed import GovernedView
from admin.views.consents import consents_panel
from admin.words import gettext as _
from documents.declaration.record import Governed
from documents.privacy import restriction
from documents.user import User


class UsersView(GovernedView):
    """The generated pages, with what a person has consented to and what they have had restricted."""

    def banners(self, record: Governed) -> list[dict[str, Any]]:
        found = super().banners(record)
        if isinstance(record, User) and record.restricted_at:
            why = _("The reason: %(reason)s", reason=record.restriction or "—")
            found = [{"text": f"{_(restriction.WHY)} {why}", "url": None, "tone": "error"}, *found]
        return found

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        panels = super().extra_panels(record)
        panel = consents_panel(record) if isinstance(record, User) else None
        return [*panels, panel] if panel else panels
