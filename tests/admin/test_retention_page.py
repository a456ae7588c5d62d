"""The page Retention: rules and what they end, another rule thought through, and what waits."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.erasure.erase import apply_fate
from documents.privacy.consent import Consent
from documents.retention.four_eyes import ApprovalState
from documents.retention.purge_approval import PurgeApproval, StopState
from documents.retention.quarantine import QuarantinedRecord, QuarantineState, put
from documents.retention.retention_rule import RetentionRule
from records.declaration.policy import Fate
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
    ended(1085)

    page = officer.get(PAGE).text

    row = page.split("?register=consents")[1].split("</tr>")[0]
    assert "3 years" in row
    assert row.count('<td role="cell" class="number" data-label="Over already">1<') == 1
    assert row.count('data-label="In the next 30 days">1<') == 1


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
    apply_fate([ended(1200)], Fate.ERASE, "consents: 3 years after ended_at (S0)", NOW)

    assert "3 years after “Ended” (S0)" in officer.get(PAGE).text.split("What went in the last year</h2>")[1]


@pytest.mark.parametrize(("role", "status"), [(Role.COMPLIANCE, 302), (Role.ADMIN, 302), (Role.AUDITOR, 403)])
def test_compliance_and_administrators_allow_a_large_purge(signed_in, actor, role, status):
    stop = PurgeApproval(register="consents", rule="3 years", count=900, of=1000, before=NOW).save()
    browser = signed_in(role)

    answer = browser.send(f"/admin/purge_stops/do/allow/?id={stop.pk}", {"confirmed": "1", "reason": "right"})

    assert answer.status_code == status
    assert PurgeApproval.objects.get().state == (StopState.ALLOWED if status == 302 else StopState.WAITING)


def test_two_people_bring_back_what_was_purged(signed_in, actor):
    consent = ended(1200)
    put([consent], Fate.ERASE, "consents: 3 years", NOW)
    apply_fate([consent], Fate.ERASE, "consents: 3 years", NOW)
    row, form = QuarantinedRecord.objects.get(), {"confirmed": "1", "reason": "the rule was wrong"}
    url = f"/admin/quarantine/do/approve/?id={row.pk}"
    ann, bob = signed_in(Role.COMPLIANCE), signed_in(Role.ADMIN)

    ann.send(url, form)
    ann.send(url, form)
    assert Consent.objects.count() == 0
    assert bob.send(url, form, follow_redirects=True).status_code == 200

    assert Consent.objects.get().pk == consent.pk
    assert QuarantinedRecord.objects.get().state == QuarantineState.RETURNED


# -- Rules made in the panel -------------------------------------------------------------------

NEW = "/admin/retention_rules/new/"
RULE = {"register": "consents", "years": "1", "days": "0", "basis": "PIPL art. 19", "why": "counsel says so"}


@pytest.mark.clause("R24", "R26")
def test_before_a_rule_is_stored_what_it_would_end_is_shown(officer):
    consents = [ended(days) for days in (1200, 1000, 400)]

    page = officer.send(NEW, RULE).text

    assert RetentionRule.objects.count() == 0
    assert "2 more records would go at once." in page
    assert "It waits until somebody else has approved it." in page
    assert all(f"id={one.pk}" in page for one in consents[1:])
    assert f"id={consents[0].pk}" not in page
    assert 'name="basis" value="PIPL art. 19"' in page


@pytest.mark.clause("R24", "R26")
def test_a_second_person_approves_what_the_first_put_forward(signed_in, actor):
    for days in (1200, 1000, 400):
        ended(days)
    ann, bob = signed_in(Role.COMPLIANCE), signed_in(Role.ADMIN)
    assert ann.send(NEW, {**RULE, "confirmed": "1"}).status_code == 302
    rule = RetentionRule.objects.get()
    assert rule.state == ApprovalState.WAITING
    approve, form = f"/admin/retention_rules/do/approve/?id={rule.pk}", {"confirmed": "1", "reason": "right"}

    assert "2 more records would go" in bob.get(f"/admin/retention_rules/details/?id={rule.pk}").text
    ann.send(approve, form)
    assert RetentionRule.objects.get().state == ApprovalState.WAITING
    bob.send(approve, form)

    assert RetentionRule.objects.get().state == ApprovalState.IN_FORCE
    row = bob.get(PAGE).text.split("?register=consents")[1].split("</tr>")[0]
    assert "1 year" in row
    assert rule.number in row


def test_a_rule_that_keeps_longer_says_that_it_waits_for_nobody(officer):
    page = officer.send(NEW, {**RULE, "years": "7"}).text

    assert "It ends nothing" not in page
    assert "This rule ends nothing sooner than the one before." in page
    officer.send(NEW, {**RULE, "years": "7", "confirmed": "1"})
    assert RetentionRule.objects.get().state == ApprovalState.IN_FORCE


@pytest.mark.parametrize("wrong", [{"years": "0"}, {"basis": ""}, {"register": "nothing"}, {"years": "x"}])
def test_what_is_no_rule_is_asked_for_again(officer, wrong):
    answer = officer.send(NEW, {**RULE, **wrong})

    assert answer.status_code == 422
    assert RetentionRule.objects.count() == 0


def test_what_was_typed_can_be_changed_after_it_was_shown(officer):
    answer = officer.send(NEW, {**RULE, "back": "1"})

    assert 'value="PIPL art. 19"' in answer.text
    assert "Nothing is stored yet." not in answer.text
    assert RetentionRule.objects.count() == 0


@pytest.mark.parametrize("role", list(Role))
def test_compliance_and_administrators_rule(signed_in, role):
    answer = signed_in(role).get(NEW)

    assert answer.status_code == (200 if role in {Role.COMPLIANCE, Role.ADMIN} else 403)


def test_safeguards_are_ruled_in_the_panel(officer):
    officer.send(
        "/admin/purge_guards/new/", {"percent": "5", "days": "30", "why": "the inspection asks for it"}
    )

    page = officer.get(PAGE).text

    assert "A purge of more than 5% of a register waits for leave." in page
    assert "for 30 days." in page


# -- What went ---------------------------------------------------------------------------------


@pytest.mark.clause("R25")
def test_what_went_is_told_by_month_register_rule_and_fate(officer):
    apply_fate([ended(1200)], Fate.ERASE, "consents: 3 years after ended_at (S0)", NOW)
    apply_fate([ended(1200)], Fate.ERASE, "consents: 3 years after ended_at (S0)", NOW - timedelta(days=62))

    page = officer.get(f"{PAGE}went/").text
    lines = officer.get(f"{PAGE}went.csv").text.splitlines()

    row = page.split("<tbody")[1]
    assert "3 years after “Ended” (S0)" in row
    assert f"{NOW:%Y-%m}" in page
    assert lines[0].endswith("Month,Register,Rule,What was done,Records")
    assert f"{NOW:%Y-%m},Consents,3 years after “Ended” (S0),Erase,1" in lines
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("asked", "rows"),
    [("from=2020-01&until=2020-02", 0), ("from=nonsense&until=9999-12", 1), ("until=0001-01", 1)],
)
def test_other_months_can_be_asked_for(officer, asked, rows):
    apply_fate([ended(1200)], Fate.ERASE, "consents: 3 years", NOW)

    answer = officer.get(f"{PAGE}went.csv?{asked}")

    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == rows + 1
    assert officer.get(f"{PAGE}went/?{asked}").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_compliance_and_auditors_take_the_report_out(signed_in, role):
    answer = signed_in(role).get(f"{PAGE}went.csv")

    assert answer.status_code == (200 if role in {Role.COMPLIANCE, Role.AUDITOR} else 403)
