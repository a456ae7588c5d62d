"""Measures as they are shown beside what they come from: a review, a ticket."""

from typing import Any

from admin.current_user import may
from admin.formatting import Display
from admin.i18n import gettext as _
from admin.pages.page import record_url
from documents.service.corrective_action import CorrectiveAction, MeasureState
from records.lists.reference_labels import labels
from security.permissions import Action

MOST = 100


def measures_of(where: dict[str, Any], display: Display) -> list[dict[str, Any]]:
    """The measures that match, the oldest first; none for who may not see them. Two queries."""
    if not may(Action.VIEW, CorrectiveAction.policy.access):
        return []
    found = list(CorrectiveAction.objects(__raw__=where).order_by("id").limit(MOST))
    names = labels({"staff": [measure.owner for measure in found]}) if found else {}
    return [_entry(one, names.get(("staff", one.owner), ""), display) for one in found]


def _entry(measure: CorrectiveAction, owner: str, display: Display) -> dict[str, Any]:
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
