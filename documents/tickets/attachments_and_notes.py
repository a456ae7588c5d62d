"""What is kept with a ticket beside its own facts: notes, evidence, blacked-out words, related tickets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from mongoengine import EmbeddedDocumentField, ListField

from documents.conversation.attachment import Attachment
from documents.conversation.message import Message
from documents.conversation.note import Note
from documents.deadlines.deadline_record import HasDeadlines
from documents.tickets.follow_up import FollowUp
from documents.tickets.redaction import About, Redaction, blacked_out, redactions_of
from documents.tickets.refund import Refund
from documents.tickets.related_tickets import Link, LinkReason, link
from language.words import N_
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, Upload, action
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage import writer
from records.storage.database import database, session
from security.permissions import Action

PAPERS: tuple[type[Governed], ...] = (Note, Message, Attachment, FollowUp)
"""What hangs on a ticket: it goes where the ticket goes, and belongs to whom the ticket belongs."""
OF_ITS_PERSON: tuple[type[Governed], ...] = (*PAPERS, Refund)
"""What belongs to whom the ticket belongs; a refund is kept for a time of its own."""


def _is_readable(ticket: Any) -> bool:
    return not ticket.anonymised_at


class HasPapers(HasDeadlines):
    """A record with papers of its own; `original` names the field with the person's own words."""

    original: ClassVar[str]
    redacted_by = "redactions"
    links = ListField(
        EmbeddedDocumentField(Link), append_only=True, internal=True, verbose_name=N_("Related tickets")
    )
    redactions = ListField(
        EmbeddedDocumentField(Redaction), append_only=True, internal=True, verbose_name=N_("Blacked out")
    )

    meta = {"abstract": True}

    @action(
        N_("Add evidence"),
        Action.EDIT,
        when=_is_readable,
        inputs=(
            ActionInput(
                "file", N_("File"), "file", help=N_("Pictures, PDF, Office, sound, film or plain text.")
            ),
            ActionInput("what", N_("What it shows"), required=False, max_length=300),
        ),
        group=ActionGroup.PAPERS,
    )
    def attach(self, now: datetime, file: Upload, what: str = "") -> None:
        Attachment.on(self, file, what, now)

    @action(
        N_("Black out words"),
        Action.EDIT,
        when=_is_readable,
        inputs=(
            ActionInput(
                "words",
                N_("The words, exactly as they stand there"),
                help=N_("They are not kept in the history."),
            ),
            ActionInput(
                "about",
                N_("Of whom they tell"),
                "choice",
                choices=About,
                help=N_(
                    "People get their own words in the copy of their data, but not what tells of others."
                ),
            ),
            ActionInput("reason", N_("Why nobody should read them"), max_length=500),
        ),
        group=ActionGroup.DATA,
    )
    def black_out(self, now: datetime, words: str, reason: str, about: About = About.THIRD_PERSON) -> None:
        """Lay black over some of the person's words; the original stays as it is. Raises `ActionRefused`."""
        said = getattr(self, self.original) or ""
        self.redactions += redactions_of(self.original, said, words, reason, now, about)
        self.save(now=now, reason=reason)

    def searchable_value(self, name: str) -> Any:
        """As it is, and the person's own words without those that are blacked out."""
        return self._blacked_out(name, self.redactions)

    def subject_copy_value(self, name: str) -> Any:
        """As it is, and their own words without those that tell of others."""
        of_others = [
            one for one in self.redactions if (one.about or About.THIRD_PERSON) == About.THIRD_PERSON
        ]
        return self._blacked_out(name, of_others)

    def _blacked_out(self, name: str, redactions: Sequence[Redaction]) -> Any:
        value = getattr(self, name)
        return blacked_out(name, value, redactions) if redactions and isinstance(value, str) else value

    @action(
        N_("Link to another ticket"),
        Action.EDIT,
        when=_is_readable,
        inputs=(ActionInput("number", N_("Number of the other ticket"), max_length=24),),
        group=ActionGroup.PAPERS,
    )
    def relate(self, now: datetime, number: str) -> None:
        """Let two tickets show each other. Safe to repeat; raises `ActionRefused` for a number that is none."""
        other = ticket_of(number.strip().upper())
        if other is None or other.pk == self.pk:
            raise ActionRefused(N_("There is no other ticket with the number %(number)s."), number=number)
        link(self, other, LinkReason.RELATED, now)
        writer.save(self, other, now=now)

    def save(self, *, reason: str = "", now: datetime | None = None, **_options: Any) -> Self:
        """Store what changed; where the ticket got another person, what belongs to it is theirs as well."""
        writer.save(self, *self.papers_to_hand_over(), reason=reason, now=now)
        return self

    def papers_to_hand_over(self) -> list[Any]:
        """Where the ticket got another person, its papers and refunds, made theirs in memory; else none."""
        if not self.stored or self.stored.get("user") == self.user:
            return []
        papers = _about([self], OF_ITS_PERSON)
        for paper in papers:
            _hand_over(paper, self.user)
        return papers

    @classmethod
    def dependents(cls, records: Sequence[Governed]) -> list[Governed]:
        return _about(records, PAPERS)


def _about(tickets: Sequence[Governed], kinds: Sequence[type[Governed]]) -> list[Governed]:
    """What is about some tickets. One query a kind."""
    wanted = {"ticket": {"$in": [ticket.pk for ticket in tickets]}}
    return [
        kind._from_son(row)
        for kind in kinds
        for row in database()[kind.collection_name()].find(wanted, session=session())
    ]


def _hand_over(paper: Any, user: Any) -> None:
    if isinstance(paper, Attachment):
        paper.hand_to(user)
    else:
        paper.user = user


def ticket_of(number: str) -> Any:
    """The ticket of that number, of whatever register; None where there is none."""
    for kind in registered():
        if issubclass(kind, HasPapers):
            row = database()[kind.collection_name()].find_one({"number": number}, session=session())
            if row:
                return kind._from_son(row)
    return None
