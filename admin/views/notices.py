"""Privacy notices: once published, their words are shown and no longer offered for change."""

from typing import Any

from flask_babel import gettext as _

from admin.governed import GovernedView
from documents.declaration.record import Governed
from documents.privacy_notice import NoticeState


class NoticesView(GovernedView):
    """The generated pages; only a draft has a form."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        actions = super().record_actions(record)
        if getattr(record, "state", None) == NoticeState.DRAFT:
            return actions
        return [action for action in actions if action["label"] != _("Edit")]
