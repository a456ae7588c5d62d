"""Reviews: each with the measures that came of it."""

from typing import Any

from admin.display import Display
from admin.governed import GovernedView
from admin.pages.page import record_url
from admin.words import gettext as _
from documents.declaration.record import Governed
from documents.lists.labels import labels
from documents.measure import Measure, MeasureState

MOST = 100


class ReviewsView(GovernedView):
    """The register of reviews."""

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        found = list(Measure.objects(review=record.pk).order_by("id").limit(MOST))
        names = labels({"staff": [measure.owner for measure in found]})
        entries = [_entry(one, names.get(("staff", one.owner), ""), self.display()) for one in found]
        panel = {"label": _("Measures"), "template": "steward/entries.html", "entries": entries}
        return [*super().extra_panels(record), *([panel] if entries else [])]


def _entry(measure: Measure, owner: str, display: Display) -> dict[str, Any]:
    late = measure.state == MeasureState.OPEN and measure.due_at < display.now
    return {
        "title": measure.what,
        "url": record_url(measure.collection_name(), measure.pk),
        "body": measure.outcome,
        "about": [
            _(MeasureState(measure.state).label),
            owner,
            _("to be done by %(moment)s", moment=display.moment(measure.due_at)),
            _("overdue") if late else None,
        ],
    }
