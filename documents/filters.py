"""What a list may be narrowed by, read off the declaration, and the query an address asks for.

An address holds the whole state: `?state=received&state=waiting&due_at=this-week&overdue=1&search=退款`.
The same words, stored as data, narrow exports and actions over many.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from bson.errors import InvalidId
from mongoengine import BooleanField, DateTimeField, FloatField, IntField, ListField
from mongoengine.base import BaseField

from documents import tokens
from documents.fields import Reference
from documents.record import Governed
from documents.words import N_, Choice

Asked = Mapping[str, list[str]]
EMPTY = "empty"
YES, NO = frozenset({"1", "yes", "true"}), frozenset({"0", "no", "false"})
LONGEST = 200


class Form(Choice):
    """How a filter is asked."""

    CHOICES = "choices"
    DATE = "date"
    REFERENCE = "reference"
    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"


class BadFilter(ValueError):
    """The address asks for something no filter understands; `name` says which, `value` what."""

    message = N_("The filter “%(name)s” does not understand “%(value)s”.")

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"{name}: {value[:40]!r}")
        self.name, self.value = name, value[:40]


@dataclass(frozen=True)
class Filter:
    """One question a list can be narrowed by."""

    name: str
    label: str
    form: Form
    choices: tuple[Choice, ...] = ()
    kind: str = ""


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


OVERDUE = Filter("overdue", N_("Overdue"), Form.BOOL)


def filters_of(kind: type[Governed]) -> dict[str, Filter]:
    """The filters of a kind, the main ones first: overdue where deadlines are promised, then as declared."""
    found = {OVERDUE.name: OVERDUE} if kind.policy.deadlines else {}
    return found | {name: _filter(name, kind._fields[name]) for name in kind.policy.filters}


def _filter(name: str, field: BaseField) -> Filter:
    inner = field.field if isinstance(field, ListField) else field
    label = field.verbose_name or name
    if isinstance(inner, Reference):
        return Filter(name, label, Form.REFERENCE, kind=inner.kind)
    if isinstance(inner, DateTimeField):
        return Filter(name, label, Form.DATE)
    if isinstance(inner, BooleanField):
        return Filter(name, label, Form.BOOL)
    if isinstance(inner, IntField | FloatField):
        return Filter(name, label, Form.NUMBER)
    if inner.choices:
        return Filter(name, label, Form.CHOICES, choices=tuple(inner.choices))
    return Filter(name, label, Form.TEXT)


def query(kind: type[Governed], asked: Asked, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the database query for what is asked; words it does not know are left alone.

    Raises `BadFilter` for a value no filter understands.
    """
    conditions: list[dict[str, Any]] = []
    for name, one in filters_of(kind).items():
        if name == OVERDUE.name:
            conditions += _overdue(asked.get(name, []), now)
        else:
            field = kind._fields[name].db_field
            conditions += [{field: condition} for condition in _ASK[one.form](one, asked, now, zone)]
    if words := " ".join(asked.get("search", [])).strip()[:LONGEST]:
        conditions.append(tokens.condition(words))
    return _joined(conditions)


def _joined(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """One flat document where no two conditions meet on a field: what planners read best."""
    names = [name for condition in conditions for name in condition]
    if len(names) == len(set(names)):
        return {name: value for condition in conditions for name, value in condition.items()}
    return {"$and": conditions}


def _overdue(values: list[str], now: datetime) -> list[dict[str, Any]]:
    for value in _given(values)[:1]:
        if _truth(OVERDUE, value):
            return [{"closed_at": None}, {"due_at": {"$lt": now}}]
        return [{"$or": [{"closed_at": {"$ne": None}}, {"due_at": None}, {"due_at": {"$gte": now}}]}]
    return []


def _truth(one: Filter, value: str) -> bool:
    if value not in YES | NO:
        raise BadFilter(one.label, value)
    return value in YES


def _choices(one: Filter, asked: Asked, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    values = _given(asked.get(one.name, []))
    for value in values:
        if value != EMPTY and value not in {str(choice) for choice in one.choices}:
            raise BadFilter(one.label, value)
    if values:
        yield _any([None if value == EMPTY else value for value in values])


def _bool(one: Filter, asked: Asked, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    for value in _given(asked.get(one.name, []))[:1]:
        yield True if _truth(one, value) else {"$ne": True}


def _reference(one: Filter, asked: Asked, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    ids: list[ObjectId | None] = []
    for value in _given(asked.get(one.name, [])):
        try:
            ids.append(None if value == EMPTY else ObjectId(value))
        except InvalidId as error:
            raise BadFilter(one.label, value) from error
    if ids:
        yield _any(ids)


def _text(one: Filter, asked: Asked, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    values = _given(asked.get(one.name, []))
    if values:
        yield _any([None if value == EMPTY else value[:LONGEST] for value in values])


def _number(one: Filter, asked: Asked, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    bounds: dict[str, float] = {}
    for suffix, operator in (("_from", "$gte"), ("_to", "$lte")):
        for value in _given(asked.get(one.name + suffix, []))[:1]:
            try:
                bounds[operator] = float(value)
            except ValueError as error:
                raise BadFilter(one.label, value) from error
    if bounds:
        yield bounds
    for value in _given(asked.get(one.name, []))[:1]:
        if value != EMPTY:
            raise BadFilter(one.label, value)
        yield None


def _date(one: Filter, asked: Asked, now: datetime, zone: ZoneInfo) -> Iterable[Any]:
    for value in _given(asked.get(one.name, []))[:1]:
        if value == EMPTY:
            yield None
        elif value in set(Preset):
            first, after = preset_days(Preset(value), now.astimezone(zone).date())
            yield {"$gte": _midnight(first, zone), "$lt": _midnight(after, zone)}
        else:
            raise BadFilter(one.label, value)
    bounds: dict[str, datetime] = {}
    for value in _given(asked.get(f"{one.name}_from", []))[:1]:
        bounds["$gte"] = _midnight(_day(one, value), zone)
    for value in _given(asked.get(f"{one.name}_to", []))[:1]:
        bounds["$lt"] = _midnight(_day(one, value) + timedelta(days=1), zone)
    if bounds:
        yield bounds


_ASK: dict[Form, Callable[[Filter, Asked, datetime, ZoneInfo], Iterable[Any]]] = {
    Form.CHOICES: _choices,
    Form.BOOL: _bool,
    Form.REFERENCE: _reference,
    Form.TEXT: _text,
    Form.NUMBER: _number,
    Form.DATE: _date,
}


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


def _day(one: Filter, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise BadFilter(one.label, value) from error
    if not 1900 <= day.year <= 2200:
        raise BadFilter(one.label, value)
    return day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _given(values: list[str]) -> list[str]:
    return [value for value in values if value]


def _any(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": values}
