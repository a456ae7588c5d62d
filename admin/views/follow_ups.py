"""Follow-up visits: with the standard of how they are made."""

from typing import Any

from admin.governed import GovernedView
from admin.tickets import manual
from documents.declaration.record import Governed
from documents.service_standard import AT_FOLLOW_UP


class FollowUpsView(GovernedView):
    """The generated pages."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        return [*super().extra_panels(record), *manual.panels(AT_FOLLOW_UP)]
