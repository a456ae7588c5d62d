"""What a list may be narrowed by, read off the declaration, and the query an address asks for.

An address holds the whole state: `?state=received&state=waiting&due_at=this-week&overdue=1&search=退款`.
The same words, stored as data, narrow exports and actions over many. A filter may name a field inside
others ("moves.state"); one by a reference also takes words, which are looked up among the records
referred to (`?user_search=13800138000`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from bson.errors import InvalidId
from mongoengine import BooleanField, DateTimeField, EmbeddedDocumentField, FloatField, IntField, ListField
from mongoengine.base import BaseField

from language.words import N_, Choice
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists import search
from records.lists.date_presets import EMPTY, Preset, preset_days
from records.lists.index_selection import merge_conditions
from security.actor import current_actor
from security.permissions import Action, may

FilterParams = Mapping[str, list[str]]
YES, NO = frozenset({"1", "yes", "true"}), frozenset({"0", "no", "false"})
LONGEST = 200
MAX_REFERENCED = 200
"""So many records may words among the records referred to stand for."""


class FilterType(Choice):
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


class TooManyMatches(BadFilter):
    """The words stand for more records than a list can be narrowed by."""

    message = N_("“%(value)s” fits too many records for the filter “%(name)s”. Please type more of it.")


class FilterForbidden(BadFilter):
    """The reader's role does not open the records that the words would be looked for among."""

    message = N_("Your role does not allow you to look for “%(name)s” by words.")


@dataclass(frozen=True)
class Filter:
    """One question a list can be narrowed by. `path` is where the value is stored; `inside` is the
    list that it stands in, if any; `optional` says that it may be empty."""

    name: str
    label: str
    form: FilterType
    choices: tuple[Choice, ...] = ()
    kind: str = ""
    path: str = ""
    inside: str = ""
    optional: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words of an address that ask it."""
        return (self.name, f"{self.name}_from", f"{self.name}_to", f"{self.name}_search")


OVERDUE = Filter("overdue", N_("Overdue"), FilterType.BOOL)


def filters_of(kind: type[Governed]) -> dict[str, Filter]:
    """The filters of a kind, the main ones first: overdue where deadlines are promised, then as declared."""
    found = {OVERDUE.name: OVERDUE} if kind.policy.deadlines else {}
    return found | {name: _filter(kind, name) for name in kind.policy.filters}


def _filter(kind: type[Governed], name: str) -> Filter:
    fields = fields_at(kind, name)
    field = fields[-1]
    inner = _within(field)
    path = ".".join(one.db_field for one in fields)
    lists = [i for i, one in enumerate(fields) if isinstance(one, ListField)]
    inside = ".".join(one.db_field for one in fields[: lists[0] + 1]) if lists else ""
    label = getattr(field, "verbose_name", None) or name
    options: dict[str, Any] = {"path": path, "inside": inside, "optional": not field.required}
    if isinstance(inner, ReferenceIdField):
        return Filter(name, label, FilterType.REFERENCE, kind=inner.kind, **options)
    if isinstance(inner, DateTimeField):
        return Filter(name, label, FilterType.DATE, **options)
    if isinstance(inner, BooleanField):
        return Filter(name, label, FilterType.BOOL, **options)
    if isinstance(inner, IntField | FloatField):
        return Filter(name, label, FilterType.NUMBER, **options)
    if inner.choices:
        return Filter(name, label, FilterType.CHOICES, choices=tuple(inner.choices), **options)
    return Filter(name, label, FilterType.TEXT, **options)


def fields_at(kind: type[Governed], name: str) -> list[BaseField]:
    """The fields on the way to "moves.state", outermost first."""
    found: list[BaseField] = []
    fields: Mapping[str, BaseField] = kind._fields
    for step in name.split("."):
        found.append(fields[step])
        inner = _within(found[-1])
        fields = inner.document_type._fields if isinstance(inner, EmbeddedDocumentField) else {}
    return found


def _within(field: BaseField) -> BaseField:
    return field.field if isinstance(field, ListField) else field


def query(kind: type[Governed], asked: FilterParams, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the database query for what is asked; words it does not know are left alone.

    Raises `BadFilter` for a value no filter understands.
    """
    conditions: list[dict[str, Any]] = []
    for name, one in filters_of(kind).items():
        if name == OVERDUE.name:
            conditions += _overdue(asked.get(name, []), now)
        else:
            conditions += [_at(one, condition) for condition in _ASK[one.form](one, asked, now, zone)]
    if words := " ".join(asked.get("search", [])).strip()[:LONGEST]:
        conditions.append(search.condition(kind, words))
    return merge_conditions(*conditions)


def _at(one: Filter, condition: Any) -> dict[str, Any]:
    """A condition in its place. A range with two sides must hold for one and the same entry of a list."""
    if condition is None and one.inside == one.path and one.inside:
        return {one.path: {"$in": [None, []]}}
    if not one.inside or not isinstance(condition, Mapping) or "$in" in condition or "$ne" in condition:
        return {one.path: condition}
    rest = one.path[len(one.inside) + 1 :]
    return {one.inside: {"$elemMatch": {rest: condition} if rest else condition}}


def _overdue(values: list[str], now: datetime) -> list[dict[str, Any]]:
    for value in _non_empty(values)[:1]:
        if _parse_bool(OVERDUE, value):
            return [{"closed_at": None}, {"due_at": {"$lt": now}}]
        return [{"$or": [{"closed_at": {"$ne": None}}, {"due_at": None}, {"due_at": {"$gte": now}}]}]
    return []


def _parse_bool(one: Filter, value: str) -> bool:
    if value not in YES | NO:
        raise BadFilter(one.label, value)
    return value in YES


def _choices(one: Filter, asked: FilterParams, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    values = _non_empty(asked.get(one.name, []))
    for value in values:
        if value != EMPTY and value not in {str(choice) for choice in one.choices}:
            raise BadFilter(one.label, value)
    if values:
        yield _any([None if value == EMPTY else value for value in values])


def _bool(one: Filter, asked: FilterParams, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    for value in _non_empty(asked.get(one.name, []))[:1]:
        yield True if _parse_bool(one, value) else {"$ne": True}


def _reference(one: Filter, asked: FilterParams, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    ids: list[ObjectId | None] = []
    for value in _non_empty(asked.get(one.name, [])):
        try:
            ids.append(None if value == EMPTY else ObjectId(value))
        except InvalidId as error:
            raise BadFilter(one.label, value) from error
    if ids:
        yield _any(ids)
    if words := " ".join(_non_empty(asked.get(f"{one.name}_search", [])))[:LONGEST].strip():
        yield _any(_found(one, words))


def _found(one: Filter, words: str) -> list[Any]:
    """The records referred to that `words` find, for whom may pick one of them. Raises `FilterForbidden`, and
    `TooManyMatches`: a list that leaves some out would lie."""
    kind = by_collection(one.kind)
    if kind is None or not may(current_actor().roles, Action.PICK, kind.policy.access):
        raise FilterForbidden(one.label, words)
    found = search.find(kind, words, MAX_REFERENCED, {"_id": 1})
    if found.has_next:
        raise TooManyMatches(one.label, words)
    return [row["_id"] for row in found.rows] or [ObjectId("0" * 24)]


def _text(one: Filter, asked: FilterParams, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    values = _non_empty(asked.get(one.name, []))
    if values:
        yield _any([None if value == EMPTY else value[:LONGEST] for value in values])


def _number(one: Filter, asked: FilterParams, _now: datetime, _zone: ZoneInfo) -> Iterable[Any]:
    bounds = {
        operator: _parse_number(one, value)
        for suffix, operator in (("_from", "$gte"), ("_to", "$lte"))
        for value in _non_empty(asked.get(one.name + suffix, []))[:1]
    }
    if bounds:
        yield bounds
    if values := _non_empty(asked.get(one.name, [])):
        yield _any([None if value == EMPTY else _parse_number(one, value) for value in values])


def _parse_number(one: Filter, value: str) -> float:
    try:
        number = float(value)
    except ValueError as error:
        raise BadFilter(one.label, value) from error
    if not isfinite(number):
        raise BadFilter(one.label, value)
    return number


def _date(one: Filter, asked: FilterParams, now: datetime, zone: ZoneInfo) -> Iterable[Any]:
    for value in _non_empty(asked.get(one.name, []))[:1]:
        if value == EMPTY:
            yield None
        elif value in set(Preset):
            first, after = preset_days(Preset(value), now.astimezone(zone).date())
            yield {"$gte": _midnight(first, zone), "$lt": _midnight(after, zone)}
        else:
            raise BadFilter(one.label, value)
    bounds: dict[str, datetime] = {}
    for value in _non_empty(asked.get(f"{one.name}_from", []))[:1]:
        bounds["$gte"] = _midnight(_day(one, value), zone)
    for value in _non_empty(asked.get(f"{one.name}_to", []))[:1]:
        bounds["$lt"] = _midnight(_day(one, value) + timedelta(days=1), zone)
    if bounds:
        yield bounds


_ASK: dict[FilterType, Callable[[Filter, FilterParams, datetime, ZoneInfo], Iterable[Any]]] = {
    FilterType.CHOICES: _choices,
    FilterType.BOOL: _bool,
    FilterType.REFERENCE: _reference,
    FilterType.TEXT: _text,
    FilterType.NUMBER: _number,
    FilterType.DATE: _date,
}


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


def _non_empty(values: list[str]) -> list[str]:
    return [value for value in values if value]


def _any(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": values}
