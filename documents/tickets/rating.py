"""Whether our answer helped: with each answer its person is asked once, and what they say is kept (R52, R72).

The mail with the answer asks; there is no page for the public, so they write back or say it, and staff
enter it. Whom no mail may ask is to be asked by phone, and the ticket says why.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import EmbeddedDocumentField, ListField, StringField

from documents.conversation.message import Message, MessageKind
from documents.conversation.note import Note
from documents.privacy import consent_history, restriction
from documents.tickets.channel import Channel
from documents.tickets.states import State
from documents.tickets.ticket_choices import Grade
from documents.tickets.workflow import TransitionInput
from language.languages import Language
from language.translate import translate
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import AuthorField, UTCDateTimeField
from records.declaration.purpose import Purpose
from records.declaration.subdocument import Subdocument
from records.storage import writer
from security.actor import current_actor
from security.permissions import Action

QUESTION = N_("How satisfied are you with our answer? Please write back with one of these numbers:")
OTHERWISE = N_("If it did not help, please tell us why in a few words, and we look into it again.")
ANSWERED = N_("We have answered your message %(number)s.")

TOLD_ON = ActionInput(
    "told_on",
    N_("How they told us"),
    "choice",
    choices=Channel,
    required=False,
    help=N_("Left open: by mail where a mail asked them, and otherwise on the phone."),
)


class RatingRequest(Choice):
    """How a person is asked about our answer; where no mail may ask, why."""

    MAIL = "mail", N_("By mail, with our answer")
    NO_ADDRESS = "no-address", N_("By phone, as no e-mail address is known")
    UNWANTED = "unwanted", N_("By phone, as they want no surveys")
    RESTRICTED = "restricted", N_("By phone, as the use of their data is restricted")
    NOBODY = "nobody", N_("Not at all, as nobody is named")


BY_PHONE = frozenset({RatingRequest.NO_ADDRESS, RatingRequest.UNWANTED, RatingRequest.RESTRICTED})


class Rating(Subdocument):
    """What a person said of one answer, who entered it, and how it reached us; never edited."""

    grade = StringField(choices=list(Grade), required=True, verbose_name=N_("How satisfied they are"))
    channel = StringField(choices=list(Channel), required=True, verbose_name=N_("How they told us"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = AuthorField(verbose_name=N_("Who"))


def _is_to_be_told(ticket: Any) -> bool:
    return ticket.state == State.CLOSED and not ticket.satisfaction and not ticket.anonymised_at


class Rateable:
    """What a record has whose person says whether it helped; `documents.tickets.ticket.Ticket` is one."""

    state: Any
    anonymised_at: Any

    satisfaction = StringField(
        choices=list(Grade), system=True, verbose_name=N_("How satisfied the person is")
    )
    asked = StringField(
        choices=list(RatingRequest), system=True, verbose_name=N_("How they are asked about our answer")
    )
    grades = ListField(
        EmbeddedDocumentField(Rating),
        append_only=True,
        system=True,
        verbose_name=N_("What they said of our answers"),
    )

    @action(
        N_("Record how satisfied they are"),
        Action.EDIT,
        when=_is_to_be_told,
        inputs=(
            ActionInput("satisfaction", N_("How satisfied they are"), "choice", choices=Grade),
            TOLD_ON,
            ActionInput("said", N_("What they said"), "long-text", required=False),
        ),
        primary=lambda ticket: ticket.asked not in {None, RatingRequest.NOBODY},
    )
    def rate(
        self, now: datetime, satisfaction: Grade, told_on: Channel | None = None, said: str = ""
    ) -> None:
        """Keep what somebody says of an answer after their ticket was closed; where it did not help, it is
        opened again, and what they said must be told."""
        if not Grade(satisfaction).is_content:
            if not said:
                raise ActionRefused(N_("Their ticket is opened again: please say what they said."))
            self.dissatisfy(now, note=said, satisfaction=satisfaction, told_on=told_on)  # type: ignore[attr-defined]
            return
        store_rating(self, {"satisfaction": satisfaction, "told_on": told_on}, now)
        writer.save(self, now=now)  # type: ignore[arg-type]
        if said:
            Note.on(self, said, now)


def store_rating(ticket: Any, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """Keep a grade with who entered it, when, and how it reached us; no grade said is the milder no."""
    ticket.satisfaction = Grade(answers.get("satisfaction") or Grade.DISSATISFIED)
    usual = Channel.EMAIL if ticket.asked == RatingRequest.MAIL else Channel.HOTLINE
    channel = answers.get("told_on") or usual
    ticket.grades.append(Rating(grade=ticket.satisfaction, channel=channel, at=now, by=current_actor().name))
    return ()


def ask_for_rating(ticket: Any, _answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """Ask about an answer that they got another way by a mail of its own, where they may be asked so."""
    language = Language.of(ticket.region)
    words = append_question(ticket, translate(ANSWERED, language.value, number=ticket.number), language, now)
    if ticket.asked != RatingRequest.MAIL:
        return ()
    return (Message.about_ticket(ticket, ticket.address(), words, language, now, MessageKind.SATISFACTION),)


def append_question(ticket: Any, answer: str, language: Language, now: datetime) -> str:
    """An answer with the question below it, where its person may be asked by mail; how they are asked is
    kept with the ticket, in memory."""
    ticket.asked = _request_channel(ticket, now)
    return f"{answer}\n\n{question(language)}" if ticket.asked == RatingRequest.MAIL else answer


def question(language: Language) -> str:
    """The one question, with a number for each grade, the best first."""
    grades = [f"{grade.score} – {translate(grade.label, language.value)}" for grade in Grade]
    return "\n".join([translate(QUESTION, language.value), *grades, "", translate(OTHERWISE, language.value)])


def ask_forbidden(people: Iterable[ObjectId], now: datetime) -> set[ObjectId]:
    """Those whom no mail asks for their opinion: who said no to surveys, or had all use of their data
    restricted (R17). Two queries."""
    people = set(people)
    return consent_history.refusing_users(people, Purpose.RESEARCH, now) | restriction.restricted(people)


def _request_channel(ticket: Any, now: datetime) -> RatingRequest:
    if ticket.user and restriction.restricted([ticket.user]):
        return RatingRequest.RESTRICTED
    if ticket.user and consent_history.refusing_users([ticket.user], Purpose.RESEARCH, now):
        return RatingRequest.UNWANTED
    try:
        ticket.address()
    except ActionRefused:
        reachable = ticket.user or getattr(ticket, "contact_phone", None)
        return RatingRequest.NO_ADDRESS if reachable else RatingRequest.NOBODY
    return RatingRequest.MAIL
