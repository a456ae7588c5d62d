"""Consents in the panel: what was agreed to when, and a receipt to take home."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.privacy.agreement import Agreement
from documents.privacy.consent import Consent, ConsentState
from documents.privacy.privacy_notice import PrivacyNotice
from security.permissions import Role
from tests.factories import MORNING, ConsentFactory, NoticeFactory, TermsFactory, UserFactory

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


def test_its_line_in_the_list_opens_it_and_not_the_person_it_is_of(clerk, user, notice):
    consent = ConsentFactory(user=user)

    listed = clerk.get("/admin/consents/").text

    line = listed.split("<tbody")[1].split("</th>")[0]
    assert f'href="/admin/consents/details/?id={consent.pk}">{user.number}<' in line


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


# -- Agreements and terms ----------------------------------------------------------------------

AGREE = {"given_how": "signed-paper", "evidence": "archive A/1", "read": "1"}


@pytest.fixture
def terms(user):
    terms = TermsFactory()
    terms.publish(MORNING)
    return terms


@pytest.mark.clause("R22")
@pytest.mark.parametrize(("read", "status"), [({}, 302), ({"read": ""}, 422)], ids=["read", "not read"])
def test_an_agreement_is_recorded_from_the_persons_page_once_it_was_read(clerk, user, terms, read, status):
    form = {**AGREE, **read, "notice": str(terms.pk)}

    answer = clerk.send(f"/admin/users/do/record_agreement/?id={user.pk}", form)

    assert answer.status_code == status, answer.text
    assert [one.number for one in Agreement.objects] == (["terms-1"] if status == 302 else [])


@pytest.mark.clause("R22")
def test_the_service_is_not_begun_before(clerk, user, terms):
    url, form = f"/admin/users/do/use/?id={user.pk}", {"purpose": "design-service", "what": "a kitchen"}

    refused = clerk.send(url, form)
    clerk.send(f"/admin/users/do/record_agreement/?id={user.pk}", {**AGREE, "notice": str(terms.pk)})

    assert refused.status_code == 422
    assert "This person has not agreed yet: Terms of service." in refused.text
    assert clerk.send(url, form).status_code == 302


@pytest.mark.clause("R23")
def test_terms_are_written_in_clauses_and_published_in_the_panel(signed_in, user):
    officer = signed_in(Role.COMPLIANCE)
    form = {
        "kind": "terms", "text_en": "Terms", "text_zh_cn": "条款", "text_zh_tw": "條款",
        "controller": "Nine Rivers Design", "contact": "terms@design.example",
    }  # fmt: skip
    for number, topic in enumerate(("service", "fees", "changes", "termination")):
        words = {"topic": topic, "text_en": "So.", "text_zh_cn": "如此。", "text_zh_tw": "如此。"}
        form |= {f"clauses-{number}-{name}": value for name, value in words.items()}

    stored = officer.send("/admin/privacy_notices/new/", form)
    notice = PrivacyNotice.objects.get()
    officer.send(f"/admin/privacy_notices/do/publish/?id={notice.pk}")

    assert stored.status_code == 302
    assert [one.topic for one in notice.clauses] == ["service", "fees", "changes", "termination"]
    assert PrivacyNotice.objects.get().state == "published"
