"""Consent receipts: what a person agreed to, for them to keep, with the fields of ISO/IEC TS 27560:2023.

The names, and which of them must be there, follow the table "ISO 27560:2023, EU GDPR, and DPV" of the
W3C community group's guide (https://w3id.org/dpv/guides/consent-27560): sections 6.3.3 to 6.3.7 of the
standard. A field that must be there and of which we were told nothing says so with null.
"""

from datetime import datetime, timedelta
from typing import Any

from documents.privacy.consent import IN_FORCE, Consent, ConsentState
from documents.privacy.privacy_notice import PrivacyNotice
from records.declaration.purpose import NEED_CONSENT, Purpose

SCHEMA = "ISO/IEC TS 27560:2023"
CONTROLLER = "controller"
UNTIL_WITHDRAWN = "until withdrawn"


def receipt(
    consent: Consent, notice: PrivacyNotice | None, principal: str, language: str, now: datetime
) -> dict[str, Any]:
    """Return the receipt of a consent as plain data, moments in ISO 8601, UTC.

    `principal` is what the person is called in our register, their number: the receipt itself holds no
    personal value. `notice` is the version that was shown, None for one that is not in the register.
    """
    return {
        "schema_version": SCHEMA,
        "receipt_id": f"{consent.pk}-{consent.version}",
        "receipt_time": now.isoformat(timespec="seconds"),
        "record_id": str(consent.pk),
        "pii_principal_id": principal,
        "pii_processing": {
            "privacy_notice": {
                "version": consent.notice_version,
                "sha256": consent.notice_hash,
                "text": notice.text(language) if notice else None,
            },
            "language": language.replace("_", "-"),
            "purposes": [_purpose(consent, notice)],
        },
        "party_identification": _parties(consent, notice),
        "events": [_event(consent, number, principal) for number in range(len(consent.events))],
    }


def _purpose(consent: Consent, notice: PrivacyNotice | None) -> dict[str, Any]:
    purpose = Purpose(consent.purpose)
    return {
        "purpose": purpose.label,
        "purpose_type": purpose.value,
        "lawful_basis": "consent" if purpose in NEED_CONSENT else "notice",
        "pii_information": [{"pii_type": one} for one in notice.categories] if notice else [],
        "pii_controllers": [CONTROLLER] if notice else [],
        "collection_method": consent.given_how,
        "evidence": consent.evidence,
        "storage_locations": [notice.storage] if notice and notice.storage else [],
        "retention_period": notice.kept_for if notice else None,
        "jurisdiction": notice.jurisdiction if notice else None,
        "recipient_third_parties": _recipients(consent, notice),
        "withdrawal_method": notice.contact if notice else None,
        "privacy_rights": notice.contact if notice else None,
    }


def _recipients(consent: Consent, notice: PrivacyNotice | None) -> list[str]:
    if consent.third_party:
        return [str(consent.third_party)]
    return [notice.recipients] if notice and notice.recipients else []


def _parties(consent: Consent, notice: PrivacyNotice | None) -> list[dict[str, Any]]:
    """Who takes part, as far as we were told: we ourselves, and the third party it names."""
    found: list[dict[str, Any]] = []
    if notice:
        found.append(
            {
                "party_id": CONTROLLER,
                "party_name": notice.controller,
                "party_role": "pii_controller",
                "party_type": "data_controller",
                "party_address": notice.address,
                "party_contact": notice.contact,
            }
        )
    if consent.third_party:
        found.append(
            {"party_id": str(consent.third_party), "party_role": "third_party", "party_type": "recipient"}
        )
    return found


def _event(consent: Consent, number: int, principal: str) -> dict[str, Any]:
    """One event, by whom it came about: the person, or the end of the time that was agreed."""
    event = consent.events[number]
    state = ConsentState(event.state)
    return {
        "event_time": event.at.isoformat(timespec="seconds"),
        "validity_duration": _duration(event.at, event.until) if state in IN_FORCE else None,
        "entity_id": CONTROLLER if state is ConsentState.EXPIRED else principal,
        "event_type": "explicit" if consent.is_written else "expressed",
        "event_state": state.value,
    }


def _duration(start: datetime, end: datetime | None) -> str:
    """How long it lasts, in ISO 8601."""
    if end is None:
        return UNTIL_WITHDRAWN
    days, rest = divmod(end - start, timedelta(days=1))
    seconds = int(rest.total_seconds())
    return f"P{days}D" + (f"T{seconds}S" if seconds else "")
