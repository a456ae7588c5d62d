"""What is promised by when, as an administrator rules it in the panel (R34, R60).

A rule made here goes before what the product declares, and the narrowest rule that fits a ticket
goes before wider ones. It holds for promises made from then on; its own history tells what it said
before. Whoever wants open tickets to follow asks for that apart (documents/deadlines/recompute_request.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from mongoengine import BooleanField, FloatField, StringField, ValidationError

from documents.deadlines import recompute_request
from documents.deadlines.calendar_override import CalendarName
from documents.deadlines.sla_clocks import Clock, SlaSnapshot, snapshot
from language.words import N_
from records.declaration.actions import action
from records.declaration.errors import InvalidValue
from records.declaration.policy import Fate, Policy, Promise
from records.declaration.record import Governed
from records.declaration.registry import by_collection, registered
from records.storage.database import database, session
from security.permissions import RULES, Action
from working_time.regions import Region

MOST_RULES = 1_000
MOST_HOURS = 2_000


class _Named(str):
    """A value and what it is called."""

    __slots__ = ("label",)
    label: str


def _named(value: str, label: str) -> _Named:
    named = _Named(value)
    named.label = label
    return named


class Registers(Sequence[_Named]):
    """The registers whose records have deadlines, as a choice: read when asked, since a register may
    be declared later than this."""

    def __getitem__(self, index: Any) -> Any:
        return list(self._read())[index]

    def __len__(self) -> int:
        return sum(1 for _ in self._read())

    def _read(self) -> Iterator[_Named]:
        for kind in _with_deadlines():
            yield _named(kind.collection_name(), kind.policy.title)


class ValuesOf(Registers):
    """The values that a field may have in any of these registers, as a choice."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _read(self) -> Iterator[_Named]:
        seen: set[str] = set()
        for kind in _with_deadlines():
            for value in getattr(kind._fields.get(self.name), "choices", None) or ():
                if str(value) not in seen:
                    seen.add(str(value))
                    yield _named(str(value), getattr(value, "label", str(value)))


def _with_deadlines() -> list[type[Governed]]:
    return [kind for kind in registered() if kind.policy.deadlines]


def _hours(label: str, help_text: str = "") -> FloatField:
    return FloatField(min_value=0, max_value=MOST_HOURS, verbose_name=label, help_text=help_text)


class DeadlineRule(Governed):
    """One rule: for which tickets, and how many hours of working time each promise has."""

    policy = Policy(
        title=N_("Deadline rules"),
        singular=N_("Deadline rule"),
        group=N_("Administration"),
        icon="clock",
        access=RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="name",
        columns=(
            "name", "register", "kind", "priority", "first_response", "resolution", "calendar", "active",
            "updated_at",
        ),
        filters=("register", "kind", "priority", "calendar", "active", "updated_at"),
        search=("name", "why"),
        sections=(
            (N_("For which tickets"), ("name", "register", "kind", "priority", "active")),
            (
                N_("Hours of working time"),
                ("acknowledgement", "first_response", "resolution", "progress", "calendar"),
            ),
            (N_("Why"), ("why",)),
        ),
    )  # fmt: skip

    name = StringField(required=True, max_length=120, verbose_name=N_("Name"))
    register = StringField(choices=Registers(), required=True, locked=True, verbose_name=N_("Register"))
    kind = StringField(
        choices=ValuesOf("kind"),
        verbose_name=N_("Kind"),
        help_text=N_("Leave it open for a rule about every kind."),
    )
    priority = StringField(
        choices=ValuesOf("priority"),
        verbose_name=N_("Priority"),
        help_text=N_("Leave it open for a rule about every priority."),
    )
    acknowledgement = _hours(
        N_("Acknowledge within"), N_("0.5 is half an hour. What is left empty is not promised.")
    )
    first_response = _hours(N_("First response within"))
    resolution = _hours(N_("Settle within"))
    progress = _hours(N_("Progress update every"))
    calendar = StringField(
        choices=list(CalendarName),
        verbose_name=N_("Calendar"),
        help_text=N_("Leave it open for the calendar of each user's region."),
    )
    active = BooleanField(default=True, verbose_name=N_("In force"))
    why = StringField(max_length=500, multiline=True, verbose_name=N_("Why it is so"))

    meta = {
        "collection": "deadline_rules",
        "indexes": [
            {"fields": ["register", "kind", "priority"], "unique": True, "name": "one_rule_each"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, and a kind that its register has. Raises mongoengine's ValidationError."""
        super().validate(clean)
        register = by_collection(self.register)
        known = getattr(register._fields.get("kind"), "choices", None) or () if register else ()
        if self.kind and self.kind not in {str(value) for value in known}:
            wrong = InvalidValue(
                N_("“%(register)s” has no kind “%(kind)s”. Choose one of its own, or leave it open."),
                register=_named(self.register, register.policy.title if register else self.register),
                kind=next((one for one in ValuesOf("kind") if one == self.kind), self.kind),
            )
            raise ValidationError(str(wrong), errors={"kind": wrong})

    @action(
        N_("Recompute open tickets"),
        Action.EDIT,
        comment=N_("Why the deadlines of open tickets are to follow"),
    )
    def recompute(self, now: datetime, note: str) -> None:
        """Let the deadlines of open tickets follow the rules of today; a task does it."""
        recompute_request.request_recomputation(self.collection_name(), self.name, note, now)

    def promise(self) -> Promise:
        """What the rule promises, in working time."""
        hours = {clock.value: getattr(self, clock.value) for clock in Clock}
        return Promise(
            **{name: None if given is None else timedelta(hours=given) for name, given in hours.items()}
        )

    def matches(self, kind: str | None, priority: str | None) -> bool:
        return (self.kind or kind) == kind and (self.priority or priority) == priority

    def specificity(self) -> tuple[bool, bool]:
        """Sorts rules: one about a kind before one about a priority, before one about everything."""
        return bool(self.kind), bool(self.priority)


@dataclass(frozen=True)
class RuleBook:
    """The rules in force for one register, as read in one query, the narrowest first."""

    register: type[Governed]
    rules: Sequence[DeadlineRule]

    @classmethod
    def read(cls, register: type[Governed]) -> Self:
        rows = (
            database()[DeadlineRule.collection_name()]
            .find({"register": register.collection_name(), "active": True}, session=session())
            .limit(MOST_RULES)
        )
        rules = sorted((DeadlineRule._from_son(row) for row in rows), key=DeadlineRule.specificity)
        return cls(register, rules[::-1])

    def rule(self, kind: str | None, priority: str | None) -> DeadlineRule | None:
        """The narrowest rule that fits; None where the product's own declaration holds."""
        return next((rule for rule in self.rules if rule.matches(kind, priority)), None)

    def declared(self, kind: str | None, priority: str | None) -> Promise:
        """What the product declares for these values, where no rule holds."""
        deadlines = self.register.policy.deadlines
        given = {"kind": kind, "priority": priority}
        values = tuple(given.get(name) or "" for name in deadlines.by)  # type: ignore[union-attr]
        return deadlines.promise(values)  # type: ignore[union-attr]

    def promised(self, record: Any, now: datetime) -> SlaSnapshot:
        """What is promised about a record from `now` on, in the form that is stored with it."""
        rule = self.rule(getattr(record, "kind", None), getattr(record, "priority", None))
        if rule:
            calendar = rule.calendar or self._calendar(record)
            return snapshot(rule.promise(), calendar, now, rule.pk, rule.version)
        declared = self.register.policy.deadlines
        values = tuple(getattr(record, name) or "" for name in declared.by)  # type: ignore[union-attr]
        return snapshot(declared.promise(values), self._calendar(record), now)  # type: ignore[union-attr]

    def _calendar(self, record: Any) -> str:
        """The declared calendar; where that is a region's, the one of the region the record belongs to."""
        declared = self.register.policy.deadlines.calendar  # type: ignore[union-attr]
        region = getattr(record, "region", None)
        return region if region and declared in set(Region) else declared
