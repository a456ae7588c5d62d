"""Writing to a ticket's person: replies, which stop the clock of the first response (R34, R35, R64)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from bson import ObjectId

from documents.conversation.canned_reply import CannedReply, complete, context, placeholders, render
from documents.conversation.message import Message, MessageKind
from documents.people.user import User
from documents.tickets import rating
from documents.tickets.workflow import TransitionInput, Workflow
from documents.tickets.workflows import DELAY
from language.languages import Language
from language.words import N_
from mail.addresses import is_address
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, Draft, action
from records.storage import writer
from security.permissions import Action

LONGEST = 20_000
BY_HAND = {"active": True, "use": {"$in": [MessageKind.REPLY.value, MessageKind.PROGRESS.value]}}
"""The ready-made replies that people choose; the others go out by themselves."""


class Repliable:
    """The verbs of a record whose person is written to; `documents.tickets.ticket.Ticket` has them."""

    number: str
    user: Any
    region: str | None
    responded_at: Any
    record_progress_update: Any
    workflow: ClassVar[Workflow]
    apply: Any

    @action(
        N_("Reply to the user"),
        Action.EDIT,
        when=lambda ticket: not ticket.anonymised_at,
        inputs=(
            ActionInput(
                "canned", N_("Ready-made reply"), "reference", required=False,
                collection="canned_replies", short_list=BY_HAND,
                help=N_("Choosing one writes it below, filled in for this ticket. You can change it there."),
            ),
            ActionInput(
                "language", N_("Language"), "choice", required=False, choices=Language,
                help=N_("Left open, the one that is read where the user is at home."),
            ),
            ActionInput(
                "text", N_("What we write"), "long-text", max_length=LONGEST,
                help=N_("It goes out by mail, and stands with the ticket. Notes for colleagues are apart."),
            ),
            ActionInput(
                "settles", N_("This is our answer"), "check", required=False,
                help=N_("The ticket is answered then, and the mail asks how satisfied they are, unless they want no surveys."),
            ),
            DELAY,
        ),
        group=ActionGroup.PAPERS,
        primary=lambda ticket: bool(ticket.assignee) and not ticket.closed_at,
        draft_method="draft_reply",
    )  # fmt: skip
    def reply(
        self,
        now: datetime,
        text: str = "",
        language: Language | None = None,
        canned: ObjectId | None = None,
        settles: bool = False,
        delay_reason: str = "",
    ) -> None:
        """Write to the person; the mail goes out once this is stored. Blanks as in ready-made replies are
        filled in. With `settles` it is our answer. Raises `ActionRefused` without an address, without a word,
        where a blank stays open, and for an answer where none can be given."""
        language = language or Language.of(self.region)
        words = text or _ready_made(canned, language)
        filled = complete(words, context(self, language, words, now))
        if settles:
            self._answer(filled, language, now, delay_reason)
        else:
            self.write(filled, language, now)

    def _answer(self, text: str, language: Language, now: datetime, delay_reason: str) -> None:
        """Take the step of answering with a mail, which asks how satisfied they are."""

        def by_mail(ticket: Any, _answers: TransitionInput, now: datetime) -> Iterable[Any]:
            words = rating.append_question(ticket, text, language, now)
            ticket.progressed_at = now
            return (Message.about_ticket(ticket, ticket.address(), words, language, now),)

        step = replace(self.workflow.transitions["answer"], inputs=(DELAY,), effect=by_mail)
        self.apply(step, now, {"delay_reason": delay_reason})

    def draft_reply(
        self,
        text: str = "",
        language: Language | None = None,
        canned: ObjectId | None = None,
        **_others: Any,
    ) -> Draft:
        """The reply as it would go out, for whoever sends it to look over: what was written, and below it
        what is ready-made, filled in for this ticket. Changes nothing. Raises `ActionRefused` without an address,
        so that nobody writes in vain."""
        self.address()
        language = language or Language.of(self.region)
        parts = [text.strip(), _ready_made(canned, language) if canned else ""]
        words = "\n\n".join(filter(None, parts))
        known = context(self, language, words)
        return Draft({"text": render(words, known), "language": language}, placeholders(words, known))

    def write(
        self, text: str, language: Language, now: datetime, use: MessageKind = MessageKind.REPLY
    ) -> Message:
        """Put a message into the outbox, together with what it means for the clocks."""
        message = Message.about_ticket(self, self.address(), text, language, now, use)
        if use is MessageKind.REPLY:
            self.responded_at = self.responded_at or now
        self.record_progress_update(now)
        writer.save(self, message, now=now)  # type: ignore[arg-type]
        return message

    def address(self) -> str:
        """Where this ticket's person is written to: as they said here, or else as we know them.

        Raises `ActionRefused` where no usable address is known.
        """
        known = getattr(self, "contact_email", None) or self._address_of_user()
        if not known:
            raise ActionRefused(
                N_("No e-mail address is known for %(number)s. Please reach them another way."),
                number=self.number,
            )
        if not is_address(known):
            raise ActionRefused(
                N_("The e-mail address kept for %(number)s is not a usable one."), number=self.number
            )
        return known

    def _address_of_user(self) -> str | None:
        user = User.one({"_id": self.user})
        return user.email if user else None


def _ready_made(pk: ObjectId | None, language: Language) -> str:
    canned = CannedReply.one({"_id": pk, **BY_HAND}) if pk else None
    if canned is None:
        raise ActionRefused(N_("Please write something, or choose a ready-made reply that is in use."))
    return canned.text(language)
