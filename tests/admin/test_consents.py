"""Consents in the panel: what was agreed to when, and a receipt to take home."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.consent import Consent, ConsentState
from documents.privacy_notice import PrivacyNotice
from security.permissions import Role
from tests.factories import MORNING, ConsentFactory, NoticeFactory, UserFactory

DAY = timedelta(days=1)


@pytest.fixture
def user(app, actor):
    return UserFactory()


@pytest.fixture
def notice(user):
    notice = NoticeFactory()
    notice.publish(MORNING)
    return notice


@pytest.fixture
def clerk(signed_in, user):
    return signed_in(Role.STAFF)


@pytest.mark.clause("R3", "R17")
def test_a_consent_is_recorded_from_the_persons_page_with_the_notice_in_force(clerk, user, notice):
    form = {"purpose": "marketing", "answer": "given", "given_how": "online-form", "evidence": "web-forms/7"}

    answer = clerk.send(f"/admin/users/do/record_consent/?id={user.pk}", form)

    assert answer.status_code == 302, answer.text
    assert Consent.objects.get().notice == notice.pk


def test_without_a_published_notice_nothing_is_recorded(clerk, user):
    form = {"purpose": "marketing", "answer": "given", "given_how": "online-form", "evidence": "web-forms/7"}

    assert clerk.send(f"/admin/users/do/record_consent/?id={user.pk}", form).status_code == 422
    assert Consent.objects.count() == 0


@pytest.mark.clause("R17")
def test_a_use_without_consent_is_refused_with_the_reason(clerk, user):
    url, form = f"/admin/users/do/use/?id={user.pk}", {"purpose": "marketing", "what": "spring letter"}

    refused = clerk.send(url, form)
    ConsentFactory(user=user, now=datetime.now(UTC) - DAY)
    done = clerk.send(url, form)

    assert refused.status_code == 422
    assert "There is no consent of this person" in refused.text
    assert done.status_code == 302


@pytest.mark.parametrize(("after", "word"), [(DAY, "Given"), (3 * DAY, "Withdrawn")])
def test_the_persons_page_tells_what_they_had_consented_to_at_any_time(clerk, user, after, word):
    ConsentFactory(user=user, now=MORNING).withdraw(MORNING + 2 * DAY)
    moment = f"{MORNING + after:%Y-%m-%dT%H:%M}"

    page = clerk.get(f"/admin/users/details/?id={user.pk}&at={moment}").text

    panel = page.split("What this person has consented to</h2>")[1].split("</section>")[0]
    assert word in panel
    assert ({"Given", "Withdrawn"} - {word}).pop() not in panel


@pytest.mark.parametrize("text", ["", "yesterday", "9999-99-99T00:00", "0001-01-01T00:00"])
def test_a_moment_that_cannot_be_read_does_not_break_the_page(clerk, user, text):
    assert clerk.get(f"/admin/users/details/?id={user.pk}&at={text}").status_code == 200


@pytest.mark.clause("R17")
def test_a_receipt_names_person_purpose_notice_and_events_and_no_personal_value(clerk, user, notice):
    consent = ConsentFactory(user=user, notice_version=None)

    page = clerk.get(f"/admin/consents/receipt/?id={consent.pk}")
    made = clerk.get(f"/admin/consents/receipt/?id={consent.pk}&format=json").get_json()

    assert (made["schema_version"], made["record_id"]) == ("ISO/IEC TS 27560:2023", str(consent.pk))
    assert made["pii_principal_id"] == user.number
    assert made["pii_processing"]["privacy_notice"] == {
        "version": "marketing-1",
        "sha256": notice.text_hash,
        "text": notice.text_en,
    }
    assert [event["event_state"] for event in made["events"]] == ["given"]
    assert notice.text_en in page.text
    for secret in (user.name, user.email, user.phone):
        assert secret not in page.text
        assert secret not in str(made)


def test_a_consent_is_withdrawn_from_its_page(clerk, user):
    consent = ConsentFactory(user=user)

    clerk.send(f"/admin/consents/do/withdraw/?id={consent.pk}", {"confirmed": "1", "reason": "by mail"})

    assert Consent.objects.get().state == ConsentState.WITHDRAWN


def test_an_officer_publishes_a_notice_and_then_it_has_no_form(signed_in, user):
    notice = NoticeFactory()
    officer = signed_in(Role.COMPLIANCE)
    page = f"/admin/privacy_notices/details/?id={notice.pk}"
    assert "/edit/" in officer.get(page).text

    officer.send(f"/admin/privacy_notices/do/publish/?id={notice.pk}")

    assert PrivacyNotice.objects.get().state == "published"
    assert "/edit/" not in officer.get(page).text


def test_who_may_not_write_notices_reads_them(clerk, user, notice):
    assert clerk.get(f"/admin/privacy_notices/details/?id={notice.pk}").status_code == 200
    assert clerk.get("/admin/privacy_notices/new/").status_code == 403
