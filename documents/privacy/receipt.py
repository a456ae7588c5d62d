"""Consent receipts: what a person agreed to, for them to keep, with the fields of ISO/IEC TS 27560:2023."""

from datetime import datetime
from typing import Any

from documents.consent import Consent
from documents.privacy.purpose import NEED_CONSENT, Purpose
from documents.privacy_notice import PrivacyNotice

SCHEMA = "ISO/IEC TS 27560:2023"


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
            "language": language,
            "purposes": [_purpose(consent, notice)],
        },
        "party_identification": [_controller(notice)] if notice else [],
        "events": [_event(consent, number) for number in range(len(consent.events))],
    }


def _purpose(consent: Consent, notice: PrivacyNotice | None) -> dict[str, Any]:
    purpose = Purpose(consent.purpose)
    return {
        "purpose": purpose.value,
        "purpose_name": purpose.label,
        "lawful_basis": "consent" if purpose in NEED_CONSENT else "notice",
        "pii_information": [{"pii_type": one} for one in notice.categories] if notice else [],
        "pii_controllers": [notice.controller] if notice else [],
        "recipient_third_parties": notice.recipients if notice else None,
        "recipient_third_party_id": str(consent.third_party) if consent.third_party else None,
        "collection_method": consent.given_how,
        "storage_location": notice.storage if notice else None,
        "retention_period": notice.kept_for if notice else None,
        "withdrawal_method": notice.contact if notice else None,
        "privacy_rights": notice.contact if notice else None,
        "consent_type": "written" if consent.is_written else "spoken",
        "evidence": consent.evidence,
    }


def _controller(notice: PrivacyNotice) -> dict[str, Any]:
    return {
        "party_id": notice.controller,
        "party_role": "pii_controller",
        "party_name": notice.controller,
        "party_contact": notice.contact,
    }


def _event(consent: Consent, number: int) -> dict[str, Any]:
    event = consent.events[number]
    return {
        "event_time": event.at.isoformat(timespec="seconds"),
        "event_type": "explicit" if number == 0 else "change",
        "event_state": event.state,
        "entity_id": event.by,
        "validity_until": event.until.isoformat(timespec="seconds") if event.until else None,
    }
