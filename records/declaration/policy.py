"""The words of a declaration: what is promised about a document, in types that check themselves."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from language.words import N_, Choice
from records.declaration.purpose import Purpose
from security.permissions import Grants, Role
from working_time.calendars import CALENDARS


class DeclarationError(Exception):
    """A declaration is wrong; the message names the file, the line and the mend."""


class Fate(Choice):
    """What becomes of a value or a record whose time is over."""

    ERASE = "erase", N_("Erase")
    ANONYMISE = "anonymise", N_("Anonymise")
    RETAIN = "retain", N_("Retain")


class Mask(StrEnum):
    """How a personal value looks until somebody states a reason to see it (R8)."""

    WHOLE = "whole"  # ••••
    NAME = "name"  # 李••
    EMAIL = "email"  # l•••@example.com
    PHONE = "phone"  # ••• 1234
    OPEN = "open"  # shown to whoever may view the record: what a handler must read to do the work


CATEGORIES = frozenset(
    {
        "user.name",
        "user.contact.email",
        "user.contact.phone",
        "user.contact.address",
        "user.account",
        "user.content",
        "user.preferences",
        "user.needs",
        "user.behaviour",
        "user.demographic",
    }
)
"""Kinds of personal data, in the Fides taxonomy's words."""


@dataclass(frozen=True)
class Personal:
    """A field that says something of a person. `retain` needs the law that asks for it in `basis`.

    `identity` ("email" or "phone") lets the value be found again, exactly and only exactly,
    through the blind index: to search for it, and to find everything of a person. `purpose` and `why`
    say what it is asked for, where that is another than for others of its category (R4).
    """

    category: str
    on_erasure: Fate = Fate.ERASE
    mask: Mask = Mask.WHOLE
    identity: str | None = None
    basis: str = ""
    purpose: Purpose | None = None
    why: str = ""

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            _refuse(f"Personal category {self.category!r} is not one of {', '.join(sorted(CATEGORIES))}")
        if self.on_erasure is Fate.RETAIN and not self.basis:
            _refuse("Personal(on_erasure=RETAIN) needs the law that asks for it: basis=")
        if self.identity not in {None, "email", "phone"}:
            _refuse(f"Personal identity {self.identity!r} is neither 'email' nor 'phone'")


@dataclass(frozen=True)
class Keep:
    """How long a record is kept, counted from the field `after`, and what happens `fate` (R24)."""

    after: str
    fate: Fate
    basis: str
    years: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if self.years < 0 or self.days < 0 or not (self.years or self.days):
            _refuse("Keep needs a time: years= or days=, and more than nothing")
        if self.fate is Fate.RETAIN:
            _refuse("Keep(then=RETAIN) would never end; say ERASE or ANONYMISE")
        if not self.basis:
            _refuse("Keep needs its source: basis=")

    def cutoff(self, now: datetime) -> datetime:
        """The moment before which `after` must lie for the time to be over. Computed, not stored,
        so that a shorter policy binds old records too."""
        years_ago = now.year - self.years
        try:
            moved = now.replace(year=years_ago)
        except ValueError:  # 29 February
            moved = now.replace(year=years_ago, day=28)
        return moved - timedelta(days=self.days)


@dataclass(frozen=True)
class Promise:
    """How long until the first response, until it is settled, until we say that it has reached us, and
    from one word of progress to the next (R34, R35); None promises nothing."""

    first_response: timedelta | None = None
    resolution: timedelta | None = None
    acknowledgement: timedelta | None = None
    progress: timedelta | None = None


@dataclass(frozen=True)
class Deadlines:
    """What is promised about time, by the values of the fields named in `by` (R34, R60).

    `promises` maps values, in the order of `by`, to a promise; `otherwise` serves the rest. A rule made
    in the panel goes before both (documents/deadlines/deadline_rule.py). Durations are working time of `calendar`;
    where that is a region's, the region of each record's person decides.
    """

    promises: Mapping[tuple[str, ...], Promise]
    otherwise: Promise
    by: tuple[str, ...] = ("priority",)
    calendar: str = "24/7"

    def __post_init__(self) -> None:
        if self.calendar not in CALENDARS:
            _refuse(f"Deadlines calendar {self.calendar!r} is not one of {', '.join(CALENDARS)}")
        for values in self.promises:
            if len(values) != len(self.by):
                _refuse(f"Deadlines {values!r} does not match by={self.by!r}")

    def promise(self, values: tuple[str, ...]) -> Promise:
        return self.promises.get(values, self.otherwise)


@dataclass(frozen=True)
class Remind:
    """While the field `state` says `state`, somebody has to act by the time in the field `at`.

    Told of it, `ahead` of that time and `again` until it is done: the member of staff named in the field
    `who`, or else all of `role`; `says` is the value of an `NotificationKind` (documents/work/notification.py). What is past
    its time stands on the first page of those who may see the records.
    """

    at: str
    state: str
    role: Role
    who: str | None = None
    says: str = "review-due"
    ahead: timedelta = timedelta(0)
    again: timedelta = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything the rooms need to know of one kind of record.

    title, one      what many and one of them are called
    group, icon     where the pages stand in the navigation, and under which sign
    access          the row of the permission table; None: closed to everyone
    subject         the field that names the person it is about; "self" for the person's own record
    on_erasure      what becomes of the record when its person is erased
    purpose         what its personal data serve, where that is another than their kind says
    keep, deadlines what is promised about time
    remind          by when somebody has to act, and who is told
    label           the field a record is called by
    columns, filters, search, sections   fields in lists, filters, the search index, and on pages
    """

    title: str
    singular: str
    group: str
    icon: str = "record"
    access: Grants | None = None
    subject: str | None = None
    on_erasure: Fate = Fate.ERASE
    purpose: Purpose | None = None
    basis: str = ""
    keep: Keep | None = None
    deadlines: Deadlines | None = None
    remind: Remind | None = None
    label: str = "id"
    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    order: str = "-created_at"
    sections: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())

    def __post_init__(self) -> None:
        if self.on_erasure is Fate.RETAIN and not self.basis:
            _refuse("Policy(on_erasure=RETAIN) needs the law that asks for it: basis=")


def _refuse(problem: str) -> None:
    """Raise, naming the line of the declaration rather than one of this file."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__") in {__name__, "dataclasses"}:
        frame = frame.f_back
    raise DeclarationError(f"{frame.f_code.co_filename}:{frame.f_lineno}: {problem}.")
