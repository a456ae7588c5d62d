"""Stretches of time that people ask for, as days of their own calendar."""

from datetime import date, timedelta

from language.words import N_, Choice

EMPTY = "empty"


class Preset(Choice):
    """Stretches of time that people ask for."""

    TODAY = "today", N_("Today")
    YESTERDAY = "yesterday", N_("Yesterday")
    THIS_WEEK = "this-week", N_("This week")
    NEXT_7_DAYS = "next-7-days", N_("Next 7 days")
    LAST_7_DAYS = "last-7-days", N_("Last 7 days")
    LAST_30_DAYS = "last-30-days", N_("Last 30 days")
    THIS_MONTH = "this-month", N_("This month")
    LAST_MONTH = "last-month", N_("Last month")
    THIS_YEAR = "this-year", N_("This year")
    EMPTY = EMPTY, N_("Empty")


def preset_days(preset: Preset, today: date) -> tuple[date, date]:
    """The first day of a preset, and the day after its last."""
    day = timedelta(days=1)
    monday = today - day * today.weekday()
    first = today.replace(day=1)
    match preset:
        case Preset.YESTERDAY:
            return today - day, today
        case Preset.THIS_WEEK:
            return monday, monday + 7 * day
        case Preset.NEXT_7_DAYS:
            return today, today + 7 * day
        case Preset.LAST_7_DAYS:
            return today - 6 * day, today + day
        case Preset.LAST_30_DAYS:
            return today - 29 * day, today + day
        case Preset.THIS_MONTH:
            return first, (first + 32 * day).replace(day=1)
        case Preset.LAST_MONTH:
            return (first - day).replace(day=1), first
        case Preset.THIS_YEAR:
            return today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)
        case _:
            return today, today + day
