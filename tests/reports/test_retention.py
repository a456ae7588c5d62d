"""Retention in figures: what would go when, and what went."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from documents.erasure.erase import apply_fate
from documents.privacy.consent import Consent
from documents.tickets.complaint import Complaint
from records.declaration.policy import Fate, Keep
from records.storage.indexes import ensure_indexes
from reports.retention import between, soon, went, what_if
from tests.factories import ComplaintFactory, ConsentFactory

pytestmark = pytest.mark.usefixtures("database", "actor")

NOW = datetime(2030, 1, 15, 3, tzinfo=UTC)
JUST = timedelta(milliseconds=1)
YEAR = Keep(after="closed_at", years=1, fate=Fate.ANONYMISE, basis="a thought")
UTC_ZONE, SHANGHAI = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")


def closed(*moments, **facts):
    for moment in moments:
        ComplaintFactory(closed_at=moment, now=datetime(2028, 1, 1, tzinfo=UTC), **facts)


def counts(months):
    return [month.count for month in months]


@pytest.mark.clause("R26")
def test_each_record_is_counted_in_the_month_in_which_its_time_is_over():
    closed(
        datetime(2029, 1, 15, 3, tzinfo=UTC) - JUST,  # over already
        datetime(2029, 1, 15, 3, tzinfo=UTC),  # in what is left of January
        datetime(2029, 2, 1, tzinfo=UTC) - JUST,
        datetime(2029, 2, 1, tzinfo=UTC),  # in February
        datetime(2029, 3, 31, tzinfo=UTC),
        datetime(2029, 4, 1, tzinfo=UTC),  # later than asked about
    )

    assert counts(what_if(Complaint, YEAR, NOW, UTC_ZONE, months=3)) == [1, 2, 1, 1]


def test_months_are_those_of_the_readers_calendar():
    closed(datetime(2029, 1, 31, 20, tzinfo=UTC))  # the first of February in Shanghai

    assert counts(what_if(Complaint, YEAR, NOW, UTC_ZONE, months=2)) == [0, 1, 0]
    assert counts(what_if(Complaint, YEAR, NOW, SHANGHAI, months=2)) == [0, 0, 1]


@pytest.mark.parametrize(("days", "over"), [(30, 2), (365, 1), (3650, 0)])
def test_a_shorter_rule_ends_more_and_asking_changes_nothing(database, days, over):
    closed(datetime(2028, 6, 1, tzinfo=UTC), datetime(2029, 11, 1, tzinfo=UTC))
    before = list(database.complaints.find().sort("_id"))

    keep = Keep(after="closed_at", days=days, fate=Fate.ANONYMISE, basis="a thought")
    assert what_if(Complaint, keep, NOW, UTC_ZONE)[0].count == over

    assert list(database.complaints.find().sort("_id")) == before


def test_what_is_held_is_told_apart():
    closed(datetime(2028, 6, 1, tzinfo=UTC), hold_reason="lawsuit 12")
    closed(datetime(2028, 6, 1, tzinfo=UTC))

    first = what_if(Complaint, YEAR, NOW, UTC_ZONE)[0]
    assert (first.count, first.held) == (2, 1)


@pytest.mark.parametrize("why", ["still open", "anonymised already"])
def test_what_the_rule_does_not_touch_is_not_counted(why):
    if why == "still open":
        ComplaintFactory()
    else:
        closed(datetime(2028, 6, 1, tzinfo=UTC))
        apply_fate(list(Complaint.objects), Fate.ANONYMISE, "a rule", NOW)

    assert sum(counts(what_if(Complaint, YEAR, NOW, UTC_ZONE))) == 0


def test_december_is_followed_by_january():
    months = what_if(Complaint, YEAR, datetime(2030, 12, 31, tzinfo=UTC), UTC_ZONE, months=2)

    assert [month.ends for month in months[1:]] == [
        datetime(2031, 1, 1, tzinfo=UTC),
        datetime(2031, 2, 1, tzinfo=UTC),
    ]


@pytest.mark.clause("R25")
def test_what_went_is_told_by_register_rule_and_month():
    february = datetime(2030, 2, 3, tzinfo=UTC)
    for moment in (NOW, february, february):
        apply_fate([ConsentFactory()], Fate.ERASE, "consents: 3 years", moment)
    apply_fate([ComplaintFactory()], Fate.ERASE, "deleted by hand: twice", NOW)
    apply_fate([ComplaintFactory()], Fate.ERASE, "deleted by hand: a test", NOW)
    asked = ConsentFactory()
    apply_fate([asked], Fate.ERASE, f"deletion request {asked.pk}", NOW, request=asked.pk)

    told = [(gone.kind, gone.rule, gone.months) for gone in went(NOW)]

    assert told == [
        ("consents", "consents: 3 years", {"2030-01": 1, "2030-02": 2}),
        ("complaints", "deleted by hand", {"2030-01": 2}),
        ("consents", "deletion request", {"2030-01": 1}),
    ]
    assert [gone.count for gone in went(february)] == [2]
    assert Consent.objects.count() == 0


@pytest.mark.parametrize(("most", "told"), [(3, (3, False)), (2, (2, True))])
def test_nobody_counts_further_than_told(most, told):
    closed(*(datetime(2020 + n, 1, 1, tzinfo=UTC) for n in range(3)))

    first = what_if(Complaint, YEAR, NOW, UTC_ZONE, most=most)[0]
    over, _next = soon(Complaint, YEAR, NOW, most=most)

    assert (first.count, first.more) == told == (over.count, over.more)


def test_what_is_over_however_long_ago_is_counted():
    closed(*(datetime(year, 6, 1, tzinfo=UTC) for year in (1990, 2009, 2019, 2026, 2028)))

    assert what_if(Complaint, YEAR, NOW, UTC_ZONE)[0].count == 5


@pytest.mark.parametrize("shorter", [True, False])
def test_some_of_the_records_between_two_rules_are_named(shorter):
    closed(datetime(2028, 6, 1, tzinfo=UTC), datetime(2029, 6, 1, tzinfo=UTC))
    half = Keep(after="closed_at", days=180, fate=Fate.ANONYMISE, basis="a thought")
    rules = (YEAR, half) if shorter else (half, YEAR)

    assert [one.closed_at.year for one in between(Complaint, *rules, NOW)] == [2029]


def test_every_stretch_is_read_by_its_index(database):
    database.complaints.insert_many(
        {"number": f"C-{n}", "closed_at": NOW - timedelta(days=n), "version": 1} for n in range(50)
    )
    ensure_indexes()
    plan = database.complaints.find(
        {"anonymised_at": None, "closed_at": {"$gte": NOW - timedelta(days=900), "$lt": NOW}}
    ).explain()

    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
