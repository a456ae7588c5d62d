"""A receipt of consent has the fields of ISO/IEC TS 27560:2023, and says nothing we were not told."""

from datetime import timedelta

import pytest

from documents.privacy.consent import GivenHow
from documents.privacy.receipt import SCHEMA, receipt
from records.declaration.purpose import Purpose
from tests.factories import MORNING, ConsentFactory, NoticeFactory, ThirdPartyFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

DAY = timedelta(days=1)
MUST = {
    "header": {"schema_version", "receipt_id", "record_id", "pii_principal_id"},
    "processing": {"privacy_notice", "language", "purposes"},
    "purpose": {
        "purpose", "pii_information", "pii_controllers", "storage_locations", "retention_period",
        "jurisdiction", "recipient_third_parties", "withdrawal_method",
    },
    "party": {"party_id", "party_address", "party_name", "party_contact", "party_type"},
    "event": {"event_time", "validity_duration", "entity_id", "event_type", "event_state"},
}  # fmt: skip
"""What the guide of the W3C community group calls mandatory."""


@pytest.fixture
def notice():
    notice = NoticeFactory(
        address="1 Riverside, Shanghai",
        jurisdiction="mainland China, PIPL",
        storage="Shanghai",
        kept_for="3 y",
    )
    notice.publish(MORNING)
    return notice


def made(consent, notice):
    return receipt(consent, notice, "U-000001", "zh_Hans_CN", MORNING + DAY)


@pytest.mark.clause("R17")
def test_every_mandatory_field_is_there(notice):
    one = made(ConsentFactory(notice_version=None), notice)

    processing = one["pii_processing"]
    assert one.keys() >= MUST["header"]
    assert processing.keys() >= MUST["processing"]
    assert processing["purposes"][0].keys() >= MUST["purpose"]
    assert one["party_identification"][0].keys() >= MUST["party"]
    assert one["events"][0].keys() >= MUST["event"]
    assert (one["schema_version"], processing["language"]) == (SCHEMA, "zh-Hans-CN")


def test_parties_are_named_by_the_ids_of_their_own_section(notice):
    party = ThirdPartyFactory()
    consent = ConsentFactory(notice_version=None, third_party=party.pk)

    one = made(consent, notice)

    ids = {each["party_id"] for each in one["party_identification"]}
    purpose = one["pii_processing"]["purposes"][0]
    assert ids == {*purpose["pii_controllers"], *purpose["recipient_third_parties"]}
    assert str(party.pk) in ids


@pytest.mark.parametrize(
    ("valid", "duration"),
    [(None, "until withdrawn"), (DAY * 30, "P30D"), (DAY + timedelta(hours=1), "P1DT3600S")],
)
def test_it_says_how_long_the_consent_lasts(valid, duration):
    consent = ConsentFactory(valid_until=MORNING + valid if valid else None)

    assert made(consent, None)["events"][0]["validity_duration"] == duration


def test_events_say_by_whom_and_how_explicitly():
    consent = ConsentFactory(given_how=GivenHow.CALL, valid_until=MORNING + DAY)
    consent.expire(MORNING + DAY)
    consent.save(now=MORNING + DAY)

    told = [
        (one["event_state"], one["entity_id"], one["event_type"], one["validity_duration"])
        for one in made(consent, None)["events"]
    ]

    assert told == [
        ("given", "U-000001", "expressed", "P1D"),
        ("expired", "controller", "expressed", None),
    ]


def test_of_a_notice_that_is_not_in_the_register_it_makes_nothing_up():
    one = made(ConsentFactory(purpose=Purpose.RESEARCH), None)

    purpose = one["pii_processing"]["purposes"][0]
    assert (purpose["pii_information"], purpose["jurisdiction"], one["party_identification"]) == (
        [],
        None,
        [],
    )


def test_a_fingerprint_taken_before_address_and_law_were_asked_still_holds():
    plain, fuller = NoticeFactory(), NoticeFactory(address="1 Riverside")

    before = plain.fingerprint()
    plain.publish(MORNING)

    assert plain.text_hash == before == NoticeFactory().fingerprint()
    assert fuller.fingerprint() != before
