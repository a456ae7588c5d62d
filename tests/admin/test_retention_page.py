"""The page Retention: rules and what they end, another rule thought through, and what waits."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.consent import Consent
from documents.declaration.policy import Fate
from documents.privacy.erasing import end
from documents.purge_stop import PurgeStop, StopState
from documents.quarantine import Quarantined, Whereabouts, put
from security.permissions import Role
from tests.factories import ConsentFactory

NOW = datetime.now(UTC)
PAGE = "/admin/retention/"


@pytest.fixture
def officer(signed_in, actor):
    return signed_in(Role.COMPLIANCE)


def ended(days_ago: int) -> Consent:
    return ConsentFactory(ended_at=NOW - timedelta(days=days_ago), now=NOW - timedelta(days=2000))


@pytest.mark.parametrize("role", list(Role))
def test_who_works_with_rules_sees_them(signed_in, role):
    answer = signed_in(role).get(PAGE)

    assert answer.status_code == (403 if role is Role.STAFF else 200)


def test_every_rule_stands_there_with_what_is_over(officer):
    ended(1200)
    ended(1000)

    page = officer.get(PAGE).text

    row = page.split("?register=consents")[1].split("</tr>")[0]
    assert "3 years" in row
    assert row.count('<td role="cell" class="number" data-label="Over already">1<') == 1
    assert row.count('data-label="In the next 12 months">1<') == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("years=1", "2 more records would go at once."),
        ("years=9", "1 record would stay that goes now."),
        ("years=3", "Nothing more and nothing less would go at once."),
        ("years=", "Please say how many years or days."),
        ("years=x&days=-5", "Please say how many years or days."),
        ("years=999999", "would stay"),
    ],
)
def test_another_rule_is_thought_through_and_changes_nothing(officer, asked, words):
    for days in (1200, 1000, 400):
        ended(days)

    page = officer.get(f"{PAGE}?register=consents&{asked}").text

    assert words in page
    assert Consent.objects.count() == 3


def test_an_unknown_register_is_no_question(officer):
    assert officer.get(f"{PAGE}?register=nothing&years=1").status_code == 200


@pytest.mark.clause("R25")
def test_what_went_by_which_rule_is_told(officer):
    end([ended(1200)], Fate.ERASE, "consents: 3 years after ended_at (S0)", NOW)

    assert "3 years after ended_at (S0)" in officer.get(PAGE).text.split("What went in the last year</h2>")[1]


@pytest.mark.parametrize(("role", "status"), [(Role.COMPLIANCE, 302), (Role.ADMIN, 302), (Role.AUDITOR, 403)])
def test_compliance_and_administrators_allow_a_large_purge(signed_in, actor, role, status):
    stop = PurgeStop(register="consents", rule="3 years", count=900, of=1000, before=NOW).save()
    browser = signed_in(role)

    answer = browser.send(f"/admin/purge_stops/do/allow/?id={stop.pk}", {"confirmed": "1", "reason": "right"})

    assert answer.status_code == status
    assert PurgeStop.objects.get().state == (StopState.ALLOWED if status == 302 else StopState.WAITING)


def test_two_people_bring_back_what_was_purged(signed_in, actor):
    consent = ended(1200)
    put([consent], Fate.ERASE, "consents: 3 years", NOW)
    end([consent], Fate.ERASE, "consents: 3 years", NOW)
    row, form = Quarantined.objects.get(), {"confirmed": "1", "reason": "the rule was wrong"}
    url = f"/admin/quarantine/do/approve/?id={row.pk}"
    ann, bob = signed_in(Role.COMPLIANCE), signed_in(Role.ADMIN)

    ann.send(url, form)
    ann.send(url, form)
    assert Consent.objects.count() == 0
    assert bob.send(url, form, follow_redirects=True).status_code == 200

    assert Consent.objects.get().pk == consent.pk
    assert Quarantined.objects.get().state == Whereabouts.RETURNED
