"""What is published edition by edition: only a draft has a form."""

from typing import Any

from admin.governed import GovernedView
from admin.words import gettext as _
from documents.declaration.record import Governed
from documents.editions.edition import EditionState


class EditionsView(GovernedView):
    """The generated pages; what is approved is read, and followed by the next edition."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        actions = super().record_actions(record)
        if getattr(record, "state", None) == EditionState.DRAFT:
            return actions
        return [action for action in actions if action["label"] != _("Edit")]
