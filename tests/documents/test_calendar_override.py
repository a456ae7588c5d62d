"""Days ruled by hand, as their list shows them."""

from datetime import timedelta

import pytest
from mongoengine import StringField

from documents.deadlines.calendar_override import CalendarDay
from records.declaration.registry import registered
from records.lists import paging
from records.lists.cursor import Order
from records.storage.indexes import declared, ensure_indexes

DAYS = ["2026-07-10", "2026-11-25", "2027-01-04"]


@pytest.fixture
def _entered(database, actor, now):
    ensure_indexes()
    for place, day in enumerate(DAYS):
        CalendarDay(calendar="TW", day=day, reason="Typhoon").save(now=now + timedelta(minutes=place))


@pytest.mark.usefixtures("_entered")
@pytest.mark.parametrize("query", [{}, {"calendar": "TW"}])
@pytest.mark.parametrize("order", ["-day", "day"])
def test_they_are_listed_by_day(query, order):
    page = paging.page("calendar_days", query, Order.of(order), size=20)

    assert [row["day"] for row in page.rows] == sorted(DAYS, reverse=order == "-day")


@pytest.mark.parametrize("kind", registered(), ids=lambda kind: kind.__name__)
def test_no_index_goes_down_through_words(kind):
    """The embedded database finds nothing in one from a bound on that the words begin with."""
    words = {field.db_field for field in kind._fields.values() if isinstance(field, StringField)}

    assert [keys for keys, _options in declared(kind) if any((name, -1) in keys for name in words)] == []
