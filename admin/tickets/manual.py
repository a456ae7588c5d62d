"""The service manual where its steps happen: the standard of what is being done, one click away (R38)."""

from datetime import UTC, datetime
from typing import Any

from admin.i18n import gettext as _
from admin.locale import language
from admin.pages.page import record_url
from documents.tickets.service_standard import ServiceStandard, standards_at
from language.translated_fields import localized


def panels(where: str) -> list[dict[str, Any]]:
    """The part of a page that tells how a step is done, closed until it is wanted; none where the manual
    says nothing. One query."""
    found = standards_at(where, datetime.now(UTC))
    if not found:
        return []
    steps = [_step(standard, language()) for standard in found]
    return [
        {"label": _("How we do this step"), "template": "steward/manual.html", "early": True, "steps": steps}
    ]


def _step(standard: ServiceStandard, code: str) -> dict[str, Any]:
    return {
        "name": localized(standard, "name", code),
        "duty": localized(standard, "duty", code),
        "standard": localized(standard, "standard", code),
        "department": standard.department,
        "edition": standard.number,
        "url": record_url(standard.collection_name(), standard.pk),
        "approved": standard.approved_by,
        "since": standard.effective_from,
    }
