"""Ready-made replies: the register, and how each reads once it is filled in."""

from typing import Any

from admin.governed import GovernedView
from admin.i18n import gettext as _
from documents.conversation.canned_reply import CannedReply, render
from language.languages import Language
from records.declaration.record import Governed

EXAMPLE = {
    "number": "C-2026-000012",
    "user_number": "U-000345",
    "due": "2026-12-01 18:00",
    "progress_due": "2026-11-26 12:00",
    "handler": "李雷",
}


class CannedRepliesView(GovernedView):
    """The register, with a preview of each text."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        return [
            *super().extra_panels(record),
            *([_preview(record)] if isinstance(record, CannedReply) else []),
        ]


def _preview(reply: CannedReply) -> dict[str, Any]:
    entries = [
        {"title": _(language.label), "body": render(reply.text(language), EXAMPLE), "about": []}
        for language in Language
    ]
    return {"label": _("As the user reads it"), "template": "steward/entries.html", "entries": entries}
