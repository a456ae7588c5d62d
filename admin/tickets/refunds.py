"""After the sale, on a complaint's page: until when we owe it, what was agreed, and money given back (R40)."""

from datetime import datetime
from typing import Any

from admin.formatting import Display
from admin.i18n import gettext as _
from admin.locale import language
from admin.pages.page import record_url
from admin.tickets.related_records import papers
from documents.service.price import OFFICE, Price, format_amount
from documents.tickets.complaint import Complaint
from documents.tickets.refund import Refund, RefundState
from documents.tickets.related_tickets import merged_with
from language.translated_fields import localized


def panels(complaint: Complaint, display: Display) -> list[dict[str, Any]]:
    """The warranty of the service that the complaint is about, and its refunds; what there is of them."""
    terms = complaint.terms() if complaint.service else None
    refunds = papers(Refund, [complaint.pk, *merged_with(complaint)])
    found = [
        (_("Warranty and refund terms"), [_terms(terms, complaint.delivered_at, display)] if terms else []),
        (_("Refunds"), [_refund(refund, display) for refund in refunds]),
    ]
    return [
        {"label": label, "template": "steward/entries.html", "entries": entries}
        for label, entries in found
        if entries
    ]


def _terms(terms: Price, delivered: datetime | None, display: Display) -> dict[str, Any]:
    code = language()
    return {
        "title": localized(terms, "name", code),
        "url": record_url(terms.collection_name(), terms.pk),
        "body": "\n".join(
            filter(None, [*_rights(terms, delivered, display.now), localized(terms, "refund_rule", code)])
        ),
        "about": [terms.number, format_amount(terms.amount, terms.currency)],
    }


def _rights(terms: Price, delivered: datetime | None, now: datetime) -> list[str]:
    """What the person may ask for, in sentences; days are those of the office."""
    if delivered is None:
        return [_("Say when it was delivered, and the end of the warranty is shown here.")]
    return [
        _warranty(terms.warranty_end(delivered), now),
        _money_back(terms.refund_end(delivered), now),
    ]


def _warranty(until: datetime | None, now: datetime) -> str:
    if until is None:
        return _("There is no warranty on this service.")
    if now <= until:
        return _("Under warranty until %(day)s.", day=_day(until))
    return _("The warranty ended on %(day)s.", day=_day(until))


def _money_back(until: datetime | None, now: datetime) -> str:
    if until is None:
        return ""
    if now <= until:
        return _("Money is given back until %(day)s.", day=_day(until))
    return _("Money was given back until %(day)s.", day=_day(until))


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(OFFICE):%Y-%m-%d}"


def _refund(refund: Refund, display: Display) -> dict[str, Any]:
    due = refund.due_at if refund.state == RefundState.APPROVED else None
    late = due is not None and due < display.now
    return {
        "title": f"{refund.number} · {format_amount(refund.amount, refund.currency)}",
        "url": record_url(refund.collection_name(), refund.pk),
        "body": refund.why,
        "about": [
            _(RefundState(refund.state).label),
            refund.asked_by,
            _("to be paid by %(moment)s", moment=display.moment(due)) if due else None,
            _("overdue") if late else None,
            display.moment(refund.paid_at) if refund.paid_at else None,
        ],
    }
