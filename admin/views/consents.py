"""Consents: the receipt a person keeps, to print and as data; and what had been consented to when."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask import abort, jsonify, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.current_user import may
from admin.formatting import choice_words, label_of
from admin.governed import GovernedView
from admin.locale import language, time_zone
from documents.people.user import User
from documents.privacy import consent_history
from documents.privacy.consent import Consent
from documents.privacy.privacy_notice import Category, PrivacyNotice
from documents.privacy.receipt import receipt
from records.declaration.purpose import Purpose
from records.declaration.record import Governed
from records.lists import reference_labels
from records.storage import writer
from records.storage.audit import AuditAction
from security.permissions import CONSENTS, Action


class ConsentsView(GovernedView):
    """The generated pages, with a receipt for each consent."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "receipt_view": Action.VIEW}

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        page = url_for("consents.receipt_view", id=str(record.pk))
        return [*super().record_actions(record), {"label": _("Receipt"), "url": page}]

    @expose("/receipt/")
    def receipt_view(self) -> str | Response:
        """The receipt of a consent, as a page to print, or as JSON with `format=json`."""
        consent, now = self.wanted(), datetime.now(UTC)
        if not isinstance(consent, Consent):
            abort(404)
        notice = PrivacyNotice.objects(pk=consent.notice).first() if consent.notice else None
        number = reference_labels.labels({"users": [consent.user]}).get(
            ("users", consent.user), str(consent.user)
        )
        made = receipt(consent, notice, number, language(), now)
        writer.record_event(
            AuditAction.EXPORT, self.kind.collection_name(), consent.pk, made["receipt_id"], now
        )
        if request.args.get("format") == "json":
            answer = jsonify(made)
            answer.headers["Content-Disposition"] = (
                f'attachment; filename="receipt-{made["receipt_id"]}.json"'
            )
            return answer
        page = {
            "title": _("Consent receipt"),
            "lead": _("Please keep this as proof of what was agreed."),
            "actions": [
                {"label": "JSON", "url": url_for("consents.receipt_view", id=str(consent.pk), format="json")},
                {"label": _("Back"), "url": self.details_url(consent)},
            ],
            "receipt": made,
            "purpose": _(Purpose(consent.purpose).label),
            "events": [_event(consent, number) for number in range(len(consent.events))],
            "how": choice_words(Consent._fields["given_how"])[consent.given_how],
            "labels": {name: label_of(PrivacyNotice, name) for name in PrivacyNotice._fields_ordered},
            "notice": notice,
            "categories": [_(Category(one).label) for one in notice.categories] if notice else [],
        }
        return self.render_page("receipt", page)


def consents_panel(user: User) -> dict[str, Any] | None:
    """What a person had consented to at the moment the reader asks for, `?at=`; now, if they do not.
    None for a reader who may not see consents."""
    if not may(Action.VIEW, CONSENTS):
        return None
    now, zone = datetime.now(UTC), ZoneInfo(time_zone())
    moment = _asked(request.args.get("at", ""), zone) or now
    return {
        "label": _("What this person has consented to"),
        "template": "steward/consented.html",
        "at": moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        "zone": zone.key,
        "is_past": moment != now,
        "moment": moment,
        "user": str(user.pk),
        "rows": [_row(word) for word in consent_history.status_at(user.pk, moment)],
    }


def _row(word: consent_history.ConsentStatus) -> dict[str, Any]:
    return {
        "url": f"/admin/consents/details/?id={word.consent.pk}",
        "purpose": _(Purpose(word.consent.purpose).label),
        "state": _(word.state.label),
        "tone": "done" if word.holds else "muted",
        "since": word.since,
        "until": word.until,
        "notice": word.consent.notice_version,
    }


def _asked(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment as the browser sends it, to the minute, in the reader's zone."""
    try:
        return datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _event(consent: Consent, number: int) -> dict[str, Any]:
    event = consent.events[number]
    states = choice_words(type(event)._fields["state"])
    return {"state": states[event.state], "at": event.at, "by": event.by, "until": event.until}
