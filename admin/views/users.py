"""Users: beside their facts, what they had consented to at any time."""

from typing import Any

from admin.governed import GovernedView
from admin.views.consents import consents_panel
from documents.people.user import User
from records.declaration.record import Governed


class UsersView(GovernedView):
    """The generated pages, with what a person has consented to."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        panels = super().extra_panels(record)
        panel = consents_panel(record) if isinstance(record, User) else None
        return [*panels, panel] if panel else panels
