"""Deadlines in working time, against tables worked out by hand and against laws that always hold."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from working_time.calendars import CALENDARS
from working_time.spans import ImpossibleDeadline, State, read_hours, read_start

CN, TW, ALWAYS = CALENDARS["CN"], CALENDARS["TW"], CALENDARS["24/7"]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def at(text: str) -> datetime:
    """A moment on the walls of Shanghai and Taipei, which show the same."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


# -- By hand: one ordinary week (Wednesday 4 March 2026 to Tuesday 10 March), 7.5 h a day in CN --------


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        # The morning shift holds 3 h: its last second, its end, one second more.
        ("2026-03-04 09:00", 3 * HOUR - SECOND, "2026-03-04 11:59:59"),
        ("2026-03-04 09:00", 3 * HOUR, "2026-03-04 12:00"),
        ("2026-03-04 09:00", 3 * HOUR + SECOND, "2026-03-04 13:30:01"),
        # The day holds 7.5 h: a deadline at closing time is at closing time.
        ("2026-03-04 09:00", 7.5 * HOUR - SECOND, "2026-03-04 17:59:59"),
        ("2026-03-04 09:00", 7.5 * HOUR, "2026-03-04 18:00"),
        ("2026-03-04 09:00", 7.5 * HOUR + SECOND, "2026-03-05 09:00:01"),
        # Early, in the break, late and at the weekend the clock waits for the next opening.
        ("2026-03-04 08:59:59", HOUR, "2026-03-04 10:00"),
        ("2026-03-04 09:00:01", HOUR, "2026-03-04 10:00:01"),
        ("2026-03-04 11:59:59", SECOND, "2026-03-04 12:00"),
        ("2026-03-04 11:59:59", 2 * SECOND, "2026-03-04 13:30:01"),
        ("2026-03-04 12:00", SECOND, "2026-03-04 13:30:01"),
        ("2026-03-04 17:59:59", SECOND, "2026-03-04 18:00"),
        ("2026-03-04 18:00", SECOND, "2026-03-05 09:00:01"),
        ("2026-03-07 10:00", HOUR, "2026-03-09 10:00"),
        # Friday 17:00: 1 h, Monday 3 h + 4 h from 13:30.
        ("2026-03-06 17:00", 8 * HOUR, "2026-03-09 17:30"),
        # Friday 4.5 h, Monday 7.5 h, Tuesday 3 h: over a weekend to the end of a shift.
        ("2026-03-06 13:30", 15 * HOUR, "2026-03-10 12:00"),
    ],
)
def test_working_time_runs_through_shifts_breaks_nights_and_weekends(start, work, due):
    assert CN.after(at(start), work) == at(due)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-04 09:00", "2026-03-04 09:00"),
        ("2026-03-04 17:59:59", "2026-03-04 17:59:59"),
        ("2026-03-04 08:59:59", "2026-03-04 09:00"),
        ("2026-03-04 12:00", "2026-03-04 13:30"),
        ("2026-03-04 18:00", "2026-03-05 09:00"),
        ("2026-03-07 10:00", "2026-03-09 09:00"),
    ],
)
def test_no_time_at_all_is_due_when_the_clock_first_runs(start, due):
    assert CN.after(at(start), timedelta(0)) == at(due)


# -- By hand: China's holidays and make-up workdays -----------------------------------------------------


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        # Friday 13 February 17:00 + 8 h: 1 h until 18:00. Saturday the 14th makes up for Friday the 20th:
        # 3 h from 09:00 to 12:00, and the last 4 h from 13:30 to 17:30.
        ("2026-02-13 17:00", 8 * HOUR, "2026-02-14 17:30"),
        # Saturday the 14th 17:00 + 8 h: 1 h; Sunday the 15th to Monday the 23rd off; Tuesday 3 h + 4 h.
        ("2026-02-14 17:00", 8 * HOUR, "2026-02-24 17:30"),
        ("2026-02-14 17:00", HOUR, "2026-02-14 18:00"),
        ("2026-02-14 17:00", HOUR + SECOND, "2026-02-24 09:00:01"),
        # Friday 27 February 17:00 + 8 h: 1 h; Saturday the 28th makes up for Monday the 23rd: 3 h + 4 h.
        ("2026-02-27 17:00", 8 * HOUR, "2026-02-28 17:30"),
        ("2026-02-28 18:00", SECOND, "2026-03-02 09:00:01"),
        # New Year: Thursday and Friday off, Sunday 4 January made up.
        ("2025-12-31 17:00", 2 * HOUR, "2026-01-04 10:00"),
        # Before National Day Sunday 20 September is worked, the Saturday before it is not.
        ("2026-09-19 10:00", HOUR, "2026-09-20 10:00"),
        # Mid-Autumn: Friday 25 September off, and an ordinary weekend after it.
        ("2026-09-24 17:30", HOUR, "2026-09-28 09:30"),
        # National Day: Wednesday 30 September 1 h, 1 to 7 October off, Thursday the 8th 3 h + 4 h.
        ("2026-09-30 17:00", 8 * HOUR, "2026-10-08 17:30"),
        # Saturday 10 October is made up.
        ("2026-10-09 17:00", 2 * HOUR, "2026-10-10 10:00"),
    ],
)
def test_china_rests_on_its_holidays_and_works_on_its_make_up_days(start, work, due):
    assert CN.after(at(start), work) == at(due)


# -- By hand: Taiwan, whose break ends at 13:00: 8 h a day -----------------------------------------------


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        ("2026-03-04 09:00", 8 * HOUR, "2026-03-04 18:00"),
        ("2026-03-04 09:00", 3 * HOUR + SECOND, "2026-03-04 13:00:01"),
        # Friday 13 February 17:00 + 8 h: 1 h; China's make-up Saturday is an ordinary one here; the
        # new year lasts to Sunday the 22nd; Monday 3 h + 4 h from 13:00.
        ("2026-02-13 17:00", 8 * HOUR, "2026-02-23 17:00"),
        # Peace Memorial Day falls on a Saturday: Friday 27 February is off instead.
        ("2026-02-26 17:00", 2 * HOUR, "2026-03-02 10:00"),
        # Mid-Autumn on Friday 25 September, Confucius' birthday on Monday the 28th.
        ("2026-09-24 17:00", 2 * HOUR, "2026-09-29 10:00"),
        # Saturday 8 February 2025 makes up for 27 January: the whole day is worked; a week later it is not.
        ("2025-02-07 17:00", 9 * HOUR, "2025-02-08 18:00"),
        ("2025-02-14 17:00", 2 * HOUR, "2025-02-17 10:00"),
    ],
)
def test_taiwan_keeps_its_own_holidays_and_make_up_days(start, work, due):
    assert TW.after(at(start), work) == at(due)


def test_around_the_clock_every_hour_counts():
    assert ALWAYS.after(at("2026-02-13 17:00"), 72 * HOUR) == at("2026-02-16 17:00")
    assert ALWAYS.between(at("2025-12-31 00:00"), at("2026-01-02 00:00")) == 48 * HOUR


# -- Pauses ----------------------------------------------------------------------------------------------

FRIDAY_15_TO_MONDAY_11 = (at("2026-03-06 15:00"), at("2026-03-09 11:00"), "Waiting for the user")
FRIDAY_16_TO_17 = (at("2026-03-06 16:00"), at("2026-03-06 17:00"), "Waiting for a third party")


def test_a_pause_over_a_weekend_takes_away_only_working_time():
    # 8 h from Friday 14:00 end on Monday at 14:30. The pause costs 3 h on Friday and 2 h on Monday:
    # five hours on from Monday 14:30 are 3.5 h to closing time and 1.5 h on Tuesday.
    start, work = at("2026-03-06 14:00"), 8 * HOUR

    assert CN.after(start, work) == at("2026-03-09 14:30")
    assert CN.after(start, work, [FRIDAY_15_TO_MONDAY_11]) == at("2026-03-10 10:30")


def test_overlapping_and_unsorted_pauses_count_once():
    start, work = at("2026-03-06 14:00"), 8 * HOUR
    pauses = [FRIDAY_16_TO_17, FRIDAY_15_TO_MONDAY_11, FRIDAY_15_TO_MONDAY_11]

    assert CN.after(start, work, pauses) == at("2026-03-10 10:30")
    assert CN.after(start, work, reversed(pauses)) == at("2026-03-10 10:30")


def test_where_pauses_overlap_the_one_begun_first_is_named():
    spans = CN.explain(at("2026-03-06 14:00"), 8 * HOUR, [FRIDAY_16_TO_17, FRIDAY_15_TO_MONDAY_11]).spans
    assert {span.reason for span in spans if span.state is State.PAUSED} == {"Waiting for the user"}


@pytest.mark.parametrize(
    "pause",
    [
        ("2026-03-04 08:00", "2026-03-04 10:00"),  # before the start
        ("2026-03-06 18:00", "2026-03-09 09:00"),  # from closing time to the next opening
        ("2026-03-09 14:30", "2026-03-12 10:00"),  # from the moment it is due
        ("2026-03-06 15:00", "2026-03-06 15:00"),  # no time at all
    ],
)
def test_a_pause_outside_the_running_clock_changes_nothing(pause):
    start, work = at("2026-03-06 14:00"), 8 * HOUR
    begins, ends = map(at, pause)

    assert CN.explain(start, work, [(begins, ends, "Elsewhere")]) == CN.explain(start, work)


def test_a_pause_one_second_before_the_deadline_moves_its_last_second():
    pause = (at("2026-03-09 14:29:59"), at("2026-03-10 10:00"), "Waiting for the user")
    assert CN.after(at("2026-03-06 14:00"), 8 * HOUR, [pause]) == at("2026-03-10 10:00:01")


def test_no_deadline_while_an_open_pause_holds_the_clock():
    pause = (at("2026-03-07 12:00"), None, "Waiting for the user")
    explanation = CN.explain(at("2026-03-06 14:00"), 8 * HOUR, [pause])

    assert explanation.due is None
    assert explanation.spans[-1].start == at("2026-03-09 09:00")  # the next opening would have run
    assert explanation.spans[-1].is_open
    with pytest.raises(ImpossibleDeadline, match="stands still"):
        CN.after(at("2026-03-06 14:00"), 8 * HOUR, [pause])


def test_an_open_pause_after_the_deadline_leaves_it():
    pause = (at("2026-03-09 14:30"), None, "Waiting for the user")
    assert CN.after(at("2026-03-06 14:00"), 8 * HOUR, [pause]) == at("2026-03-09 14:30")


def test_working_time_between_leaves_pauses_out():
    start, end = at("2026-03-06 14:00"), at("2026-03-10 10:30")

    assert CN.between(start, end) == 13 * HOUR
    assert CN.between(start, end, [FRIDAY_15_TO_MONDAY_11, FRIDAY_16_TO_17]) == 8 * HOUR
    assert CN.between(start, end, [(at("2026-03-06 15:00"), None, "Waiting for the user")]) == HOUR


# -- Refused with a sentence -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ("-0.001", "cannot be negative"),
        ("-1e300", "cannot be negative"),
        ("20000.01", "20,000 hours"),
        ("1e300", "20,000 hours"),
        ("nan", "as a number"),
        ("inf", "as a number"),
        ("-inf", "as a number"),
        ("eight", "as a number"),
        ("", "as a number"),
    ],
)
def test_hours_that_make_no_sense_are_refused(hours, sentence):
    with pytest.raises(ImpossibleDeadline, match=sentence):
        read_hours(hours)


def test_hours_are_read_with_decimals_and_up_to_the_limit():
    assert read_hours("0") == timedelta(0)
    assert read_hours(" 1.75 ") == timedelta(hours=1, minutes=45)
    assert read_hours("0.1") == timedelta(minutes=6)
    assert CN.after(at("2026-03-04 09:00"), read_hours("20000")) > at("2036-01-01 00:00")


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("2026-02-13T17:00:00", "needs its UTC offset"),
        ("2026-02-13", "needs its UTC offset"),
        ("Friday", "Write the moment like"),
        ("2026-02-30T17:00:00+08:00", "Write the moment like"),
        ("0001-01-01T00:00:00+14:00", "1971 to 2099"),
        ("9999-12-31T23:59:59-12:00", "1971 to 2099"),
    ],
)
def test_a_start_that_is_no_moment_is_refused(start, sentence):
    with pytest.raises(ImpossibleDeadline, match=sentence):
        read_start(start)


def test_a_start_is_read_with_any_offset():
    assert (
        read_start("2026-02-13T17:00:00+08:00")
        == read_start("2026-02-13T09:00:00Z")
        == at("2026-02-13 17:00")
    )


def test_no_deadline_beyond_the_last_year():
    with pytest.raises(ImpossibleDeadline, match="1971 to 2099"):
        CN.after(datetime(2099, 12, 31, 9, 0, tzinfo=UTC), 8 * HOUR)


def test_naive_moments_negative_work_and_time_running_backwards_are_refused():
    start, naive = at("2026-03-04 09:00"), datetime(2026, 3, 4, 9, 0)  # noqa: DTZ001 — what is refused
    with pytest.raises(ImpossibleDeadline, match="UTC offset"):
        CN.after(naive, HOUR)
    with pytest.raises(ImpossibleDeadline, match="UTC offset"):
        CN.after(start, HOUR, [(naive, None, "Waiting for the user")])
    with pytest.raises(ImpossibleDeadline, match="negative"):
        CN.after(start, -SECOND)
    with pytest.raises(ImpossibleDeadline, match="end is before the start"):
        CN.between(start, start - SECOND)
    with pytest.raises(ImpossibleDeadline, match="before it begins"):
        CN.after(start, HOUR, [(start, start - SECOND, "Waiting for the user")])


# -- Laws that hold for every deadline -------------------------------------------------------------------

calendars = st.sampled_from(list(CALENDARS.values()))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
works = st.integers(0, 150 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def clocks(draw):
    """A calendar, a start, an amount of work, and pauses about as likely to matter as not."""
    start = draw(moments)
    begins = st.integers(-48, 30 * 24).map(lambda hours: start + hours * HOUR)
    pause = st.tuples(begins, st.integers(0, 10 * 24 * 60)).map(
        lambda drawn: (drawn[0], drawn[0] + timedelta(minutes=drawn[1]), "Waiting for the user")
    )
    return draw(calendars), start, draw(works), draw(st.lists(pause, max_size=5))


law = settings(deadline=None, max_examples=60)


@law
@given(clocks())
def test_the_work_done_by_the_deadline_is_the_work_asked_for(clock):
    calendar, start, work, pauses = clock
    assert calendar.between(start, calendar.after(start, work, pauses), pauses) == work


@law
@given(clocks())
def test_no_earlier_moment_would_do(clock):
    calendar, start, work, pauses = clock
    work += SECOND
    due = calendar.after(start, work, pauses)
    assert calendar.between(start, due - timedelta.resolution, pauses) < work


@law
@given(clocks())
def test_spans_lead_from_the_start_to_the_deadline_without_gaps(clock):
    calendar, start, work, pauses = clock
    explanation = calendar.explain(start, work, pauses)
    spans = explanation.spans

    assert [span.start for span in spans[:1]] in ([], [start])
    assert all(one.end == then.start for one, then in pairwise(spans))
    assert all((one.state, one.reason) != (then.state, then.reason) for one, then in pairwise(spans))
    assert all(span.start < span.end for span in spans)
    assert sum((span.length for span in spans if span.state is State.RUNNING), timedelta(0)) == work
    assert explanation.due == (spans[-1].end if spans else start) == calendar.after(start, work, pauses)


@law
@given(calendars, moments, st.integers(0, 5_000 * 3600))
def test_a_deadline_that_is_looked_up_is_the_one_that_is_explained(calendar, start, seconds):
    work = timedelta(seconds=seconds)
    assert calendar.due(start, work) == calendar.explain(start, work).due


@law
@given(calendars, moments, st.integers(0, 60 * 24), st.integers(0, 400))
def test_also_on_the_stroke_of_opening_and_closing(calendar, day, minutes, quarters):
    start = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes // 15 * 15)
    work = timedelta(minutes=15 * quarters)
    assert calendar.due(start, work) == calendar.explain(start, work).due


@law
@given(clocks(), works)
def test_more_work_is_never_done_earlier(clock, more):
    calendar, start, work, pauses = clock
    assert calendar.after(start, work + more, pauses) >= calendar.after(start, work, pauses)


@law
@given(clocks(), works)
def test_a_later_start_is_never_done_earlier(clock, later):
    calendar, start, work, pauses = clock
    assert calendar.after(start + later, work, pauses) >= calendar.after(start, work, pauses)


@law
@given(clocks(), st.randoms())
def test_more_pause_is_never_done_earlier_and_the_same_pause_again_changes_nothing(clock, random):
    calendar, start, work, pauses = clock
    due = calendar.after(start, work, pauses)
    again = pauses * 2
    random.shuffle(again)

    assert calendar.after(start, work, again) == due
    assert all(calendar.after(start, work, pauses[:count]) <= due for count in range(len(pauses)))


@law
@given(st.sampled_from([CN, TW]), moments, st.integers(0, 20 * 24 * 4))
def test_working_time_agrees_with_counting_quarter_hours_one_by_one(calendar, start, quarters):
    quarter = timedelta(minutes=15)
    start -= (start - datetime.min.replace(tzinfo=UTC)) % quarter
    counted = sum(_is_worked(calendar.name, start + number * quarter) for number in range(quarters))

    assert calendar.between(start, start + quarters * quarter) == counted * quarter


HOLIDAYS = {country: holidays.country_holidays(country, years=range(2023, 2029)) for country in ("CN", "TW")}
SECOND_SHIFT = {"CN": 13.5, "TW": 13.0}


def _is_worked(country: str, moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo("Asia/Shanghai"))
    hour = local.hour + local.minute / 60
    in_shift = 9 <= hour < 12 or SECOND_SHIFT[country] <= hour < 18
    return in_shift and HOLIDAYS[country].is_working_day(date(local.year, local.month, local.day))
