"""By which rule something went: one stored name, and every reader's own words."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from admin.i18n import in_language
from admin.rule_labels import rule_said
from documents.erasure.erase import apply_fate
from documents.erasure.tombstone import Tombstone
from documents.retention.quarantine import QuarantinedRecord, put
from documents.retention.retention_rule_label import BY_HAND, RuleName
from documents.tickets.complaint import Complaint
from records.declaration.policy import Fate, Keep
from records.declaration.registry import registered
from security.permissions import Role
from tests.factories import ComplaintFactory, ConsentFactory

NOW = datetime.now(UTC)
RULE = RuleName.of(Complaint, Complaint.policy.keep)


@pytest.mark.parametrize(
    "kind", [kind for kind in registered() if kind.policy.keep], ids=lambda kind: kind.__name__
)
def test_what_every_rule_is_called_says_all_of_it(kind):
    rule = RuleName.of(kind, kind.policy.keep)

    assert RuleName.read(str(rule)) == rule


@pytest.mark.parametrize("spans", [{"years": 3}, {"days": 40}, {"years": 1, "days": 1}])
def test_a_time_of_years_and_days_is_read_as_it_was(spans):
    keep = Keep(after="closed_at", fate=Fate.ERASE, basis="a law (§ 3)", **spans)

    read = RuleName.read(str(RuleName.of(Complaint, keep)))

    assert (read.years, read.days, read.basis) == (spans.get("years", 0), spans.get("days", 0), "a law (§ 3)")


@pytest.mark.parametrize("text", [f"{BY_HAND}: 3 years", "deletion request 6b02", "lapsed", "Li's word", ""])
def test_other_reasons_are_the_name_of_no_rule(text):
    assert RuleName.read(text) is None


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (str(RULE), "3 years after “Closed” (User policy 2(5)2; limitation of claims)"),
        ("gone: 1 years and 2 days after then ()", "1 year and 2 days after “then” (—)"),
        (f"{BY_HAND}: twice", "Deleted by hand: twice"),
        ("deletion request 6b02c7ab6fe2ce725f999357", "Deletion request"),
        ("its time in quarantine is over", "Its time in quarantine was over"),
        ("She asked", "She asked"),
    ],
)
def test_it_is_said_in_words(app, stored, said):
    with app.test_request_context():
        assert rule_said(stored) == said


@pytest.mark.parametrize(
    ("language", "words"), [("zh_Hans_CN", ("3年", "时效")), ("zh_Hant_TW", ("3年", "時效"))]
)
def test_its_time_and_its_law_are_in_the_readers_language(app, language, words):
    with app.test_request_context(), in_language(language):
        said = rule_said(str(RULE)).replace(" ", "")

    assert [word for word in words if word not in said] == []


@pytest.mark.clause("R25")
def test_tombstones_and_histories_say_it_to_their_reader(signed_in, actor):
    ticket = ComplaintFactory(closed_at=NOW - timedelta(days=5 * 366))
    apply_fate([ticket], Fate.ANONYMISE, str(RULE), NOW)
    officer, words = signed_in(Role.COMPLIANCE), "3 years after “Closed”"

    for page in (
        "/admin/tombstones/",
        f"/admin/tombstones/details/?id={Tombstone.objects.get().pk}",
        f"/admin/complaints/details/?id={ticket.pk}",
        "/admin/retention/went/",
    ):
        shown = unescape(officer.get(page).text)
        assert (words in shown, "closed_at (" in shown) == (True, False), page


def test_what_lies_in_quarantine_goes_by_its_name_in_words(signed_in, actor):
    put([ConsentFactory()], Fate.ERASE, str(RULE), NOW)
    officer = signed_in(Role.COMPLIANCE)

    for page in ("/admin/quarantine/", f"/admin/quarantine/details/?id={QuarantinedRecord.objects.get().pk}"):
        shown = officer.get(page).text.split("History</h2>")[0]
        assert ("Product and market information" in shown, ">marketing<" in shown) == (True, False)
