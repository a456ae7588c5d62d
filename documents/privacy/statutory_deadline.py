"""By when the law wants a person's request answered: profiles that ship, and what the company rules.

What ships is a start. Where `confirmed` is false it comes from general knowledge: pages say so, and
counsel confirms or corrects it with an entry in the register.
"""

import calendar as months
from dataclasses import dataclass
from datetime import datetime, timedelta

from mongoengine import BooleanField, IntField, StringField

from language.words import N_, Choice
from records.declaration.actions import action
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from security.permissions import RULES, Action
from working_time.calendars import DAY, Calendar
from working_time.spans import State


class Law(Choice):
    """A body of law under which a request can stand; several at once may."""

    PIPL = "pipl", N_("PIPL and the rules on apps (mainland China)")
    GBT = "gbt-35273", N_("GB/T 35273-2020 (mainland China)")
    GDPR = "gdpr", N_("GDPR (European Union)")
    CCPA = "ccpa", N_("CCPA (California)")


class Stage(Choice):
    """What has to be done by a legal time."""

    ACKNOWLEDGE = "acknowledge", N_("Confirm receipt")
    ANSWER = "answer", N_("Answer")


class Unit(Choice):
    """What a legal time is counted in."""

    DAYS = "days", N_("Days")
    WORKING_DAYS = "working-days", N_("Working days")
    MONTHS = "months", N_("Months")


@dataclass(frozen=True)
class LegalDeadline:
    """One legal time: so many units from receipt, and by how many it may be extended, once."""

    profile: Law
    step: Stage
    within: int
    unit: Unit
    extension: int
    basis: str
    confirmed: bool

    def due(self, received: datetime, calendar: Calendar, *, extended: bool = False) -> datetime:
        """When it ends: aware, UTC. The day of receipt does not count, and working days end with the
        day's last working hour in the calendar's zone."""
        count = self.within + (self.extension if extended else 0)
        match self.unit:
            case Unit.DAYS:
                return received + timedelta(days=count)
            case Unit.MONTHS:
                return _months_later(received, count)
            case _:
                return _working_days_later(received, count, calendar)


SHIPPED = (
    LegalDeadline(
        Law.PIPL, Stage.ANSWER, 15, Unit.WORKING_DAYS, 0, "App认定方法 2019; PIPL art. 50: 及时", False
    ),
    LegalDeadline(Law.GBT, Stage.ANSWER, 30, Unit.DAYS, 0, "GB/T 35273-2020 ch. 8.7", False),
    LegalDeadline(Law.GDPR, Stage.ANSWER, 1, Unit.MONTHS, 2, "GDPR art. 12(3)", False),
    LegalDeadline(Law.CCPA, Stage.ACKNOWLEDGE, 10, Unit.WORKING_DAYS, 0, "CCPA regulations § 7021", True),
    LegalDeadline(Law.CCPA, Stage.ANSWER, 45, Unit.DAYS, 45, "CCPA regulations § 7021", True),
)


class StatutoryDeadline(Governed):
    """A legal time as the company rules it, instead of the one that ships; the newest in force holds."""

    policy = Policy(
        title=N_("Legal times"),
        singular=N_("Legal time"),
        group=N_("Administration"),
        icon="clock",
        access=RULES,
        on_erasure=Fate.RETAIN,
        basis=N_("A rule of the company; it concerns no person"),
        label="basis",
        columns=("profile", "step", "within", "unit", "extension", "basis", "confirmed", "withdrawn_at"),
        filters=("profile", "step", "withdrawn_at"),
        sections=(
            (N_("The time"), ("profile", "step", "within", "unit", "extension")),
            (N_("Where it is written"), ("basis", "confirmed", "withdrawn_at")),
        ),
    )

    profile = StringField(choices=list(Law), required=True, locked=True, verbose_name=N_("Law"))
    step = StringField(choices=list(Stage), required=True, locked=True, verbose_name=N_("Step"))
    within = IntField(required=True, min_value=0, max_value=400, locked=True, verbose_name=N_("Within"))
    unit = StringField(choices=list(Unit), required=True, locked=True, verbose_name=N_("Counted in"))
    extension = IntField(
        default=0, min_value=0, max_value=400, locked=True, verbose_name=N_("May be extended once by")
    )
    basis = StringField(required=True, max_length=200, locked=True, verbose_name=N_("Source"))
    confirmed = BooleanField(default=False, verbose_name=N_("Confirmed by counsel"))
    withdrawn_at = UTCDateTimeField(system=True, verbose_name=N_("Withdrawn"))

    meta = {
        "collection": "legal_clocks",
    }

    @action(
        N_("Withdraw"),
        Action.EDIT,
        when=lambda clock: clock.withdrawn_at is None,
        comment=N_("Why it no longer holds"),
    )
    def withdraw(self, now: datetime, note: str) -> None:
        """Let what ships hold again, for requests received from now on."""
        self.withdrawn_at = now
        self.save(now=now, reason=note)

    def term(self) -> LegalDeadline:
        profile, step, unit = Law(self.profile), Stage(self.step), Unit(self.unit)
        return LegalDeadline(
            profile, step, self.within, unit, self.extension, self.basis, bool(self.confirmed)
        )

    @classmethod
    def in_force(cls) -> list[LegalDeadline]:
        """The terms that hold now: what the company rules goes before what ships."""
        terms = {(term.profile, term.step): term for term in SHIPPED}
        for ruled in cls.objects(withdrawn_at=None).order_by("created_at").limit(200):
            terms[Law(ruled.profile), Stage(ruled.step)] = ruled.term()
        return list(terms.values())


def _months_later(moment: datetime, count: int) -> datetime:
    year, month = divmod(moment.month - 1 + count, 12)
    last = months.monthrange(moment.year + year, month + 1)[1]
    return moment.replace(year=moment.year + year, month=month + 1, day=min(moment.day, last))


def _working_days_later(moment: datetime, count: int, calendar: Calendar) -> datetime:
    day = moment.astimezone(calendar.zone).date()
    if count == 0:
        return moment
    while True:
        day += DAY
        worked = [span for span in calendar.day(day) if span.state is State.RUNNING]
        count -= bool(worked)
        if count == 0:
            return worked[-1].end
