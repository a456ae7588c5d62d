"""Reviews: each with the measures that came of it."""

from typing import Any

from admin.governed import GovernedView
from admin.i18n import gettext as _
from admin.tickets.corrective_actions import measures_of
from records.declaration.record import Governed


class ReviewsView(GovernedView):
    """The register of reviews."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        entries = measures_of({"review": record.pk}, self.display())
        panel = {"label": _("Measures"), "template": "steward/entries.html", "entries": entries}
        return [*super().extra_panels(record), *([panel] if entries else [])]
