"""Disputes before arbitrators or a court: where, under which number, and how each ended (R68)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mongoengine import EmbeddedDocumentField, ListField, StringField

from documents.tickets.states import State
from documents.tickets.workflow import TransitionInput
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import AuthorField, EncryptedStringField, UTCDateTimeField
from records.declaration.policy import Mask, Personal
from records.declaration.subdocument import Subdocument
from records.storage import writer
from security.actor import current_actor
from security.permissions import Action

NUMBERS = {State.ARBITRATION: "arbitration_number", State.LITIGATION: "court_number"}
"""Which field holds the number that a case has there."""
CASE = Personal("user.content", mask=Mask.OPEN)


class Outcome(Choice):
    """How proceedings ended."""

    FOR_US = "for-us", N_("Decided for us")
    FOR_USER = "for-user", N_("Decided for the user")
    IN_PART = "in-part", N_("Decided in part for each")
    SETTLED = "settled", N_("Settled")
    WITHDRAWN = "withdrawn", N_("Withdrawn")
    NOT_HEARD = "not-heard", N_("Not heard")


class Proceeding(Subdocument):
    """That a dispute went before somebody, or how it ended there; never edited. No case number stands
    here: a case is looked up by it, and who it is about."""

    stage = StringField(choices=list(NUMBERS), required=True, verbose_name=N_("Step"))
    forum = StringField(max_length=200, verbose_name=N_("Before whom"))
    outcome = StringField(choices=list(Outcome), verbose_name=N_("How it ended"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = AuthorField(verbose_name=N_("Who"))


def _lacks_its_number(ticket: Any) -> bool:
    return ticket.state in NUMBERS and not getattr(ticket, NUMBERS[ticket.state])


class HasDispute:
    """What a record has that may go before arbitrators or a court; `documents.tickets.complaint.Complaint` is one."""

    state: Any

    proceedings = ListField(
        EmbeddedDocumentField(Proceeding), append_only=True, system=True, verbose_name=N_("Proceedings")
    )
    arbitration_number = EncryptedStringField(
        max_length=120, system=True, verbose_name=N_("Case number of the arbitration"), personal=CASE
    )
    court_number = EncryptedStringField(
        max_length=120, system=True, verbose_name=N_("Case number at the court"), personal=CASE
    )

    @action(
        N_("Record the case number"),
        Action.DISPUTE,
        when=lambda ticket: ticket.state in NUMBERS and not ticket.anonymised_at,
        inputs=(ActionInput("case_number", N_("Case number"), max_length=120),),
        primary=_lacks_its_number,
    )
    def number_case(self, now: datetime, case_number: str) -> None:
        """Keep under which number the case runs where it is now. Safe to repeat."""
        setattr(self, NUMBERS[State(self.state)], case_number)
        writer.save(self, now=now)  # type: ignore[arg-type]


def forum(label: str) -> tuple[ActionInput, ...]:
    """What is asked when a dispute goes before somebody."""
    return (
        ActionInput("forum", label, max_length=200),
        ActionInput(
            "case_number", N_("Case number"), required=False, max_length=120,
            help=N_("Where there is none yet, it can be recorded later."),
        ),
        ActionInput("note", N_("Note"), "long-text", required=False),
    )  # fmt: skip


def _is_heard(ticket: Any, _now: datetime) -> bool:
    """Tell whether it is before arbitrators or a court."""
    return ticket.state in NUMBERS


OUTCOME = ActionInput(
    "outcome", N_("How the proceedings ended"), "choice", choices=Outcome, required=False, needed=_is_heard
)


def outcome_known(ticket: Any, answers: TransitionInput, _now: datetime) -> None:
    """What was before somebody ends there with an outcome."""
    if ticket.state in NUMBERS and not answers.get("outcome"):
        raise ActionRefused(N_("Please say how the proceedings ended."))


def to_arbitration(ticket: Any, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    return _goes_before(ticket, State.ARBITRATION, answers, now)


def to_court(ticket: Any, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """What was before arbitrators is over there."""
    ended(ticket, answers, now)
    return _goes_before(ticket, State.LITIGATION, answers, now)


def ended(ticket: Any, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """Keep how it ended where it was, if it was before anybody."""
    if ticket.state in NUMBERS:
        _add(ticket, State(ticket.state), now, outcome=answers["outcome"])
    return ()


def _goes_before(ticket: Any, stage: State, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    _add(ticket, stage, now, forum=answers["forum"])
    if number := answers.get("case_number"):
        setattr(ticket, NUMBERS[stage], number)
    return ()


def _add(ticket: Any, stage: State, now: datetime, **facts: Any) -> None:
    ticket.proceedings.append(Proceeding(stage=stage, at=now, by=current_actor().name, **facts))
