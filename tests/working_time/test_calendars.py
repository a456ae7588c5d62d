"""What the calendars know: holidays, changes of the clocks, days ruled by hand, years not yet published."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from working_time.calendars import CALENDARS, Calendar, Override, Shift, _spans_of_year, calendar_named
from working_time.public_holidays import makeup_workdays, public_holidays
from working_time.spans import ImpossibleDeadline, State

CN, TW, ALWAYS = CALENDARS["CN"], CALENDARS["TW"], CALENDARS["24/7"]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NIGHT = ((Shift(time(1), time(5)),),) * 7
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def reasons(calendar: Calendar, day: date, language: str = "en") -> list[tuple[State, str]]:
    return [(span.state, span.reason) for span in calendar.day(day, language)]


def hours_on(calendar: Calendar, day: date) -> float:
    running = (span.length for span in calendar.day(day) if span.state is State.RUNNING)
    return sum(running, timedelta(0)) / HOUR


# -- Public holidays -------------------------------------------------------------------------------------


def test_the_make_up_workdays_of_china_in_2026_are_those_of_the_notice():
    # General Office of the State Council, holidays of 2026: six days of weekends are worked.
    assert makeup_workdays("CN", 2026) == {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }


def test_a_make_up_day_belongs_to_the_year_it_is_worked_in():
    assert date(2011, 12, 31) in makeup_workdays("CN", 2011)  # for 3 January 2012
    assert date(2011, 12, 31) not in makeup_workdays("CN", 2012)


def test_a_make_up_day_works_the_hours_of_a_weekday():
    assert hours_on(CN, date(2026, 2, 14)) == hours_on(CN, date(2026, 2, 13)) == 7.5
    assert hours_on(CN, date(2026, 2, 21)) == 0
    assert hours_on(TW, date(2025, 2, 8)) == 8


@pytest.mark.parametrize(
    ("language", "name"), [("en", "National Day"), ("zh_Hans_CN", "国庆节"), ("zh_Hant_TW", "國慶節")]
)
def test_a_holiday_is_the_reason_in_the_language_asked_for(language, name):
    assert reasons(CN, date(2026, 10, 1), language) == [(State.CLOSED, name)]


def test_english_names_give_their_dates_unmistakably():
    assert public_holidays("CN", 2026, "en")[date(2026, 2, 20)] == "Day off (substituted from 2026-02-14)"


def test_each_part_of_a_day_says_why():
    assert reasons(CN, date(2026, 3, 4)) == [
        (State.CLOSED, "Outside working hours"),
        (State.RUNNING, "Working hours"),
        (State.CLOSED, "Break between shifts"),
        (State.RUNNING, "Working hours"),
        (State.CLOSED, "Outside working hours"),
    ]
    assert reasons(CN, date(2026, 3, 7)) == [(State.CLOSED, "Weekend")]
    assert (State.RUNNING, "Make-up workday") in reasons(CN, date(2026, 2, 14))
    four_days = replace(CN, week=(*CN.week[:4], (), (), ()))
    assert reasons(four_days, date(2026, 3, 6)) == [(State.CLOSED, "Day off")]


# -- Years not yet published -----------------------------------------------------------------------------


def test_the_last_published_year_is_the_last_that_the_library_knows():
    # Fails when a newer library brings another year: then raise `published_through` with it.
    known = {
        country: [y for y in range(2020, 2050) if makeup_workdays(country, y)] for country in ("CN", "TW")
    }

    assert known["CN"][-1] == CN.published_through
    # Taiwan's calendar of 2026 has no make-up day, so the library has nothing to tell of it.
    assert known["TW"][-1] <= TW.published_through


@pytest.mark.parametrize(
    ("start", "years"),
    [("2026-12-31 17:00", []), ("2026-12-31 17:00:01", [2027]), ("2027-06-01 10:00", [2027])],
)
def test_an_explanation_names_the_years_whose_make_up_days_are_not_published(start, years):
    # 1 h from the 31st at 17:00 ends in the old year; one second later it ends on 4 January.
    assert CN.explain(at(start), HOUR).provisional_years == years
    assert ALWAYS.explain(at(start), HOUR).provisional_years == []


def test_a_notice_entered_by_hand_settles_its_year():
    sunday = Override(date(2027, 1, 3), CN.week[0], "Make-up workday")
    settled = replace(CN, overrides=(sunday,), published_through=2027)
    start = at("2026-12-31 17:00")

    assert CN.after(start, 2 * HOUR) == at("2027-01-04 10:00")
    assert settled.after(start, 2 * HOUR) == at("2027-01-03 10:00")
    assert settled.explain(start, 2 * HOUR).provisional_years == []


# -- Days ruled by hand ----------------------------------------------------------------------------------


def test_a_typhoon_closes_a_workday():
    typhoon = replace(TW, overrides=(Override(date(2026, 7, 10), (), "Typhoon"),))

    assert reasons(typhoon, date(2026, 7, 10)) == [(State.CLOSED, "Typhoon")]
    assert TW.after(at("2026-07-09 17:00"), 2 * HOUR) == at("2026-07-10 10:00")
    assert typhoon.after(at("2026-07-09 17:00"), 2 * HOUR) == at("2026-07-13 10:00")


def test_a_rule_by_hand_beats_a_holiday_and_a_make_up_day():
    open_on_holiday = Override(date(2026, 10, 1), (Shift(time(10), time(12)),), "On call")
    closed_on_make_up = Override(date(2026, 10, 10), (), "Company outing")
    calendar = replace(CN, overrides=(open_on_holiday, closed_on_make_up))

    assert hours_on(calendar, date(2026, 10, 1)) == 2
    assert hours_on(calendar, date(2026, 10, 10)) == 0
    assert (hours_on(CN, date(2026, 10, 1)), hours_on(CN, date(2026, 10, 10))) == (0, 7.5)


# -- Changes of the clocks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 28), 4),
        (BERLIN, date(2026, 3, 29), 3),  # 02:00 becomes 03:00
        (BERLIN, date(2026, 3, 30), 4),
        (BERLIN, date(2026, 10, 24), 4),
        (BERLIN, date(2026, 10, 25), 5),  # 03:00 becomes 02:00
        (BERLIN, date(2026, 10, 26), 4),
        (NEW_YORK, date(2026, 3, 8), 3),  # 02:00 becomes 03:00
        (NEW_YORK, date(2026, 11, 1), 5),  # 02:00 becomes 01:00, the hour of the opening: its first counts
    ],
)
def test_a_shift_across_a_change_of_the_clocks_counts_the_hours_that_pass(zone, day, hours):
    assert hours_on(Calendar("Night", zone, NIGHT), day) == hours


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        # Berlin: 01:00 CET to 05:00 CEST are 00:00 to 03:00 UTC; the next night opens at 23:00 UTC.
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 3 * HOUR, datetime(2026, 3, 29, 3, 0, tzinfo=UTC)),
        (
            datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
            3 * HOUR + SECOND,
            datetime(2026, 3, 29, 23, 0, 1, tzinfo=UTC),
        ),
        # 01:00 CEST to 05:00 CET are 23:00 to 04:00 UTC; the next night opens at 00:00 UTC.
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 5 * HOUR, datetime(2026, 10, 25, 4, 0, tzinfo=UTC)),
        (
            datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
            5 * HOUR + SECOND,
            datetime(2026, 10, 26, 0, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_deadlines_across_a_change_of_the_clocks(start, work, due):
    assert Calendar("Night", BERLIN, NIGHT).after(start, work) == due


def test_a_shift_in_the_hour_that_is_skipped_does_not_happen():
    night = Calendar("Night", BERLIN, ((Shift(time(2, 15), time(2, 45)),),) * 7)

    assert reasons(night, date(2026, 3, 29)) == [(State.CLOSED, "Outside working hours")] * 2
    assert hours_on(night, date(2026, 3, 30)) == 0.5


def test_the_day_of_a_change_has_its_own_length_around_the_clock():
    berlin = Calendar("Berlin", BERLIN, ALWAYS.week)
    assert [hours_on(berlin, day) for day in (date(2026, 3, 29), date(2026, 10, 25))] == [23, 25]


def test_any_country_of_the_library_can_have_a_calendar():
    office = Calendar("Berlin", BERLIN, CN.week, country="DE")
    assert reasons(office, date(2026, 10, 3), "zh_Hans_CN") == [(State.CLOSED, "German Unity Day")]


# -- Declarations that make no sense -----------------------------------------------------------------------


@pytest.mark.parametrize(("opens", "closes"), [(time(9), time(9)), (time(22), time(6))])
def test_a_shift_ends_after_it_begins_on_the_same_day(opens, closes):
    with pytest.raises(ValueError, match="A shift ends"):
        Shift(opens, closes)


@pytest.mark.parametrize(
    "week",
    [
        ((),) * 7,
        (CN.week[0],) * 6,
        ((Shift(time(13), time(18)), Shift(time(9), time(12))),) * 7,
        ((Shift(time(9), time(12)), Shift(time(11, 59), time(18))),) * 7,
        ((Shift(time(9), time(0)), Shift(time(10), time(12))),) * 7,
    ],
)
def test_a_week_without_sense_is_refused(week):
    with pytest.raises(ValueError, match=r"weekdays|in order"):
        Calendar("Wrong", ZoneInfo("UTC"), week)


def test_shifts_may_follow_each_other_at_once():
    week = ((Shift(time(9), time(12)), Shift(time(12), time(18))),) * 7
    assert hours_on(Calendar("Relay", ZoneInfo("UTC"), week), date(2026, 3, 4)) == 9


def test_two_rules_for_one_day_are_refused():
    typhoon = Override(date(2026, 7, 10), (), "Typhoon")
    with pytest.raises(ValueError, match="not two"):
        replace(TW, overrides=(typhoon, typhoon))


def test_an_unknown_calendar_is_refused_with_the_names_there_are():
    assert calendar_named("CN") is CN
    with pytest.raises(ImpossibleDeadline, match="There are: CN, TW, 24/7"):
        calendar_named("HK")


# -- Kept light ------------------------------------------------------------------------------------------


def test_the_years_kept_in_memory_are_limited():
    for number in range(80):
        replace(ALWAYS, name=f"Calendar {number}").after(at("2026-03-04 09:00"), HOUR)

    kept = _spans_of_year.cache_info()
    assert kept.currsize == kept.maxsize == 64
    assert public_holidays.cache_info().maxsize == makeup_workdays.cache_info().maxsize == 64


def test_the_library_of_holidays_is_loaded_only_when_asked():
    check = "import sys; from working_time.calendars import CALENDARS; assert 'holidays' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
