"""Editions: what the company says of one thing, as written, approved, in force from a day, and replaced (R106).

What was said earlier is kept and never changes; the edition in force at a moment is found by its times,
so that one approved for next month needs nobody to switch it on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from mongoengine import StringField

from language.translated_fields import field_names
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import UTCDateTimeField
from records.declaration.record import Governed
from records.storage import sequence, writer
from records.storage.audit import AuditEntry
from records.storage.database import database, in_transaction, session
from records.storage.writer import ImmutableField
from security.actor import current_actor
from security.permissions import Action

MOST = 500
"""No register has more editions in force at once; no draft has more changes."""


class EditionState(Choice):
    """An edition is written, then approved as it is."""

    DRAFT = "draft", N_("Draft")
    APPROVED = "approved", N_("Approved")


class Versioned(Governed):
    """One edition. `of` names the fields that say what it is an edition of, `wordings` those that exist in
    three languages and must be there to be approved, `content` all else that is fixed then."""

    of: ClassVar[tuple[str, ...]]
    wordings: ClassVar[tuple[str, ...]]
    content: ClassVar[tuple[str, ...]] = ()
    second_person: ClassVar[bool] = True

    number = StringField(max_length=100, system=True, verbose_name=N_("Edition"))
    state = StringField(
        choices=list(EditionState), default=EditionState.DRAFT, system=True, verbose_name=N_("State")
    )
    effective_from = UTCDateTimeField(
        verbose_name=N_("In force from"), help_text=N_("Left open, from the moment of approval.")
    )
    effective_until = UTCDateTimeField(system=True, verbose_name=N_("In force until"))
    approved_by = StringField(system=True, verbose_name=N_("Approved by"))
    approved_at = UTCDateTimeField(system=True, verbose_name=N_("Approved"))
    review_at = UTCDateTimeField(
        verbose_name=N_("Next review"), help_text=N_("Those who approve are reminded on that day.")
    )
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)
    newest_of = StringField(internal=True, unaudited=True)

    meta = {
        "abstract": True,
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["newest_of"], "unique": True, "sparse": True, "name": "one_newest"},
            {"fields": ["state", "effective_from"], "name": "in_force"},
            {"fields": ["state", "review_at"], "name": "to_review"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for edition in records:
            if not edition.number:
                name = edition.thing()
                edition.number = f"{name}-{sequence.next_numbers(f'{cls.collection_name()}-{name}')}"

    def thing(self) -> str:
        """What it is an edition of, in a word."""
        return "-".join(str(getattr(self, name)) for name in self.of)

    def validate(self, clean: bool = True) -> None:
        """As declared; raises `ImmutableField` where what was approved was to be changed."""
        super().validate(clean)
        if self.stored and self.stored.get("state") != EditionState.DRAFT:
            before = type(self)._from_son(self.stored)
            for name in (*field_names(*self.wordings), *self.content, "effective_from"):
                if getattr(self, name) != getattr(before, name):
                    raise ImmutableField(name)

    @action(N_("Approve"), Action.APPROVE, when=lambda edition: edition.state == EditionState.DRAFT)
    def approve(self, now: datetime) -> None:
        """Let it be in force from its day on, in place of the edition before.

        Raises `ActionRefused` where a language is missing, for whoever wrote any of it, and where a later edition
        is approved already.
        """
        if not all(getattr(self, name) for name in field_names(*self.wordings)):
            raise ActionRefused(N_("Words are missing: it is approved in all three languages."))
        if self.second_person and current_actor().id in self.writers():
            raise ActionRefused(N_("Somebody else has to approve what you wrote."))
        begins = self.effective_from if self.effective_from and self.effective_from > now else now
        before = _one(type(self), {"newest_of": self.thing()})
        if before and before.effective_from > begins:
            raise ActionRefused(
                N_("%(number)s comes into force later than this one. Please take it out of use first."),
                number=before.number,
            )
        in_transaction(lambda: self._replace(before, begins, now))

    def _replace(self, before: Self | None, begins: datetime, now: datetime) -> None:
        if before:
            before.effective_until, before.newest_of, before.review_at = begins, None, None
            writer.save(before, now=now, reason=self.number)
        self.state, self.effective_from, self.newest_of = EditionState.APPROVED, begins, self.thing()
        self.approved_by, self.approved_at = current_actor().name, now
        self.save(now=now)

    @action(
        N_("Write the next edition"),
        Action.EDIT,
        when=lambda edition: edition.state == EditionState.APPROVED,
    )
    def revise(self, now: datetime) -> None:
        """Begin a draft with the words of this one. Raises `ActionRefused` where one is begun already."""
        same = {name: getattr(self, name) for name in self.of}
        if _one(type(self), {"state": EditionState.DRAFT.value, **same}):
            raise ActionRefused(N_("A draft of the next edition is there already."))
        kept = {name: getattr(self, name) for name in (*field_names(*self.wordings), *self.content)}
        writer.save(type(self)(**same, **kept), now=now, reason=self.number)

    @action(
        N_("Reviewed: it stays as it is"),
        Action.APPROVE,
        when=lambda edition: bool(edition.newest_of),
        inputs=(
            ActionInput("note", N_("What was found"), "long-text"),
            ActionInput("next_at", N_("Next review"), "moment"),
        ),
    )
    def confirm(self, now: datetime, note: str, next_at: datetime) -> None:
        """Keep that it was looked at again and nothing had to change. Raises `ActionRefused` for a next review
        that is not later."""
        if next_at <= now:
            raise ActionRefused(N_("The next review lies in the future."))
        self.review_at, self.reminded_at = next_at, None
        self.save(now=now, reason=note)

    @action(
        N_("Take out of use"),
        Action.APPROVE,
        when=lambda edition: bool(edition.newest_of),
        comment=N_("Why it no longer holds"),
        danger=True,
    )
    def end(self, now: datetime, note: str) -> None:
        """Let it hold no longer, with nothing in its place; what it said is kept."""
        self.effective_until, self.newest_of, self.review_at = now, None, None
        self.save(now=now, reason=note)

    def is_immutable(self) -> bool:
        return self.state != EditionState.DRAFT

    def writers(self) -> set[str]:
        """Who had a hand in it, as the audit trail tells: ids of actors."""
        trail = database()[AuditEntry._get_collection_name()]
        wanted = {"collection": self.collection_name(), "record": self.pk}
        return {row["actor"] for row in trail.find(wanted, {"actor": 1}, session=session()).limit(MOST)}

    def holds(self, now: datetime) -> bool:
        """Tell whether it is in force at `now`."""
        began = self.state == EditionState.APPROVED and self.effective_from <= now
        return began and (self.effective_until is None or self.effective_until > now)


def in_force(kind: type[Any], now: datetime, **where: Any) -> list[Any]:
    """The editions of a kind that are in force at `now`, by number; one query."""
    holds = {
        "state": EditionState.APPROVED.value,
        "effective_from": {"$lte": now},
        "$or": [{"effective_until": None}, {"effective_until": {"$gt": now}}],
    }
    rows = database()[kind.collection_name()].find({**holds, **where}, {"search": 0}, session=session())
    return sorted((kind._from_son(row) for row in rows.limit(MOST)), key=lambda edition: edition.number)


def _one(kind: type[Any], where: dict[str, Any]) -> Any:
    row = database()[kind.collection_name()].find_one(where, session=session())
    return kind._from_son(row) if row else None
