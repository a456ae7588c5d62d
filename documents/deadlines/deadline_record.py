"""Records with promised times: what is stored of a promise, and how it stands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from mongoengine import EmbeddedDocumentField, ListField, StringField

from documents.deadlines import escalation, sla_clocks
from documents.deadlines.calendar_override import CalendarOverrides
from documents.deadlines.deadline_rule import RuleBook
from documents.deadlines.sla_clocks import DUE, Clock, SlaSnapshot
from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.declaration.record import Governed
from working_time.calendars import Calendar


class DeadlineStatus(Choice):
    """How a promised time stands."""

    KEPT = "kept", N_("in time")
    LATE = "late", N_("late")
    OVERDUE = "overdue", N_("overdue")
    AT_RISK = "at-risk", N_("due soon")
    AHEAD = "ahead", N_("ahead")


def deadline_status(
    since: datetime | None, due: datetime | None, done: datetime | None, now: datetime
) -> DeadlineStatus | None:
    """How the promise made at `since` stands; None where none was made. At risk: a quarter is left."""
    if due is None:
        return None
    if done is not None:
        return DeadlineStatus.KEPT if done <= due else DeadlineStatus.LATE
    if due < now:
        return DeadlineStatus.OVERDUE
    return DeadlineStatus.AT_RISK if since and due - now < (due - since) / 4 else DeadlineStatus.AHEAD


class HasDeadlines(Governed):
    """A record with promised times: stored when the promise is made, so that a later change of the
    rule does not move them.

    While it is not for us to act, the clock stands still: there is no due time then, and `paused_at`
    tells since when. `promise` is what the times are worked out from, again after every step.
    """

    PAUSING_STATES: ClassVar[Mapping[str, str]] = {}
    """The states in which a clock stands still, and the reason that an explanation gives."""
    UNSATISFIED_STATE: ClassVar[str | None] = None
    """The state that a record has each time its person was not satisfied with the answer (R52)."""

    acknowledgement_due_at = UTCDateTimeField(verbose_name=N_("Acknowledgement due"), system=True)
    first_response_due_at = UTCDateTimeField(verbose_name=N_("First response due"), system=True)
    due_at = UTCDateTimeField(verbose_name=N_("Due"), system=True)
    progress_due_at = UTCDateTimeField(verbose_name=N_("Next progress update due"), system=True)
    paused_at = UTCDateTimeField(verbose_name=N_("Paused since"), system=True)
    acknowledged_at = UTCDateTimeField(verbose_name=N_("Acknowledged"), system=True)
    responded_at = UTCDateTimeField(verbose_name=N_("First response"), system=True)
    progressed_at = UTCDateTimeField(verbose_name=N_("Last progress update"), system=True)
    closed_at = UTCDateTimeField(verbose_name=N_("Closed"), system=True)
    overdue_at = UTCDateTimeField(verbose_name=N_("Flagged overdue"), system=True)
    promise = EmbeddedDocumentField(SlaSnapshot, internal=True, unaudited=True)
    rungs = ListField(StringField(), internal=True, unaudited=True)
    next_rung_at = UTCDateTimeField(internal=True, unaudited=True)
    next_due_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {"abstract": True}

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        """Make the promises and fix their times, unless a record brings its own."""
        if cls.policy.deadlines:
            owed = [each for each in records if not each.due_at and not each.promise_is_elsewhere()]
            cls.make_promises(owed, now)
            for record in records:
                record.next_due_at = min(record.open_deadlines().values(), default=None)

    def open_deadlines(self) -> dict[Clock, datetime]:
        """What is promised and not done yet, and by when: the order of a queue."""
        open_ = (
            (clock, getattr(self, field))
            for clock, field in DUE.items()
            if not sla_clocks.done_at(self, clock)
        )
        return {clock: due for clock, due in open_ if isinstance(due, datetime) and not self.closed_at}

    @classmethod
    def make_promises(cls, records: Sequence[Self], now: datetime) -> None:
        """Promise what the rules in force say, by the calendars as they are at `now`. Safe to repeat."""
        if records:
            book = RuleBook.read(cls)
            for record in records:
                record.created_at = record.created_at or now
                record.promise = book.promised(record, now)
                record.apply_channel_target(record.promise)
            compute_deadlines(records)

    def promise_is_elsewhere(self) -> bool:
        """Tell whether another register made the promise, if any was made."""
        return False

    def apply_channel_target(self, promise: SlaSnapshot) -> None:
        """Shorten what was promised by the rules where the record itself asks for more haste."""

    def is_overdue(self, now: datetime) -> bool:
        """A question put to the stored time, never a stored answer."""
        return deadline_status(self.created_at, self.due_at, self.closed_at, now) is DeadlineStatus.OVERDUE

    def record_progress_update(self, now: datetime) -> None:
        """The person was told how far it is: the next update is due anew. Stores nothing by itself."""
        self.progressed_at = now
        compute_deadlines([self])

    def _set_clocks(self, calendar: Calendar) -> None:
        moves: Sequence[Any] = getattr(self, "moves", ())
        if self.acknowledged_at is None and len(moves) > 1:
            self.acknowledged_at = moves[1].at  # somebody took it up
        for clock, field in DUE.items():
            setattr(self, field, sla_clocks.due(self, clock, calendar))
        waits = bool(moves) and moves[-1].state in self.PAUSING_STATES and not self.closed_at
        self.paused_at = moves[-1].at if waits else None
        if self.overdue_at and (self.due_at is None or self.due_at >= self.overdue_at):
            self.overdue_at = None  # by the time that now holds, it was not
        self.next_rung_at = escalation.next_level_at(self, calendar)
        self.next_due_at = min(self.open_deadlines().values(), default=None)


def compute_deadlines(records: Iterable[HasDeadlines]) -> None:
    """Work the promised times out again from what each record promises and the steps it took.

    It changes the records in memory only, and gives the same times however often it is done. A
    record whose promise another register made is left alone.
    """
    promised = [record for record in records if record.promise]
    if promised:
        almanac = CalendarOverrides.read()
        for record in promised:
            record._set_clocks(almanac.calendar(record.promise.calendar, record.promise.as_of))


def calendar_of(record: HasDeadlines) -> Calendar:
    """The calendar by which the promise was made, as it stood then."""
    return CalendarOverrides.read().calendar(record.promise.calendar, record.promise.as_of)
