"""What steps of a ticket require beyond an answer, and what they do beyond storing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from documents.tickets.related_tickets import LinkReason, link
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.ticket_choices import Grade
from documents.tickets.workflow import TransitionInput
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.registry import by_collection
from records.storage.database import database, session

MAX_UNSATISFIED = 2
"""How often somebody may say that it did not help before another handler must take over (R52)."""


def is_late(ticket: Any, now: datetime) -> bool:
    """Tell whether a promise was missed: the first response, or the settlement."""
    silent = ticket.responded_at is None and _passed(ticket.first_response_due_at, now)
    return silent or (ticket.closed_at is None and _passed(ticket.due_at, now))


def _passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def needs_delay_reason(ticket: Any, now: datetime) -> bool:
    """Tell whether it is late and nobody has said why; a reason given earlier holds."""
    return is_late(ticket, now) and not ticket.delay_reason


def require_delay_reason(ticket: Any, answers: TransitionInput, now: datetime) -> None:
    """What is late says why (R56)."""
    if needs_delay_reason(ticket, now) and not answers.get("delay_reason"):
        raise ActionRefused(N_("The promised time has passed: please say why it took longer than promised."))


def require_satisfied(_ticket: Any, answers: TransitionInput, _now: datetime) -> None:
    if not Grade(answers["satisfaction"]).is_content:
        raise ActionRefused(
            N_("“%(grade)s” means that the user is not satisfied."), grade=answers["satisfaction"]
        )


def require_unsatisfied(_ticket: Any, answers: TransitionInput, _now: datetime) -> None:
    if (grade := answers.get("satisfaction")) and Grade(grade).is_content:
        raise ActionRefused(N_("“%(grade)s” means that the user is satisfied."), grade=grade)


def require_another_handler(ticket: Any, answers: TransitionInput, _now: datetime) -> None:
    """Who was not believed twice gives it to somebody else (R52)."""
    handler = answers.get("assignee")
    if count_returns(ticket) >= MAX_UNSATISFIED and handler in {None, ticket.assignee}:
        raise ActionRefused(
            N_("The user was not satisfied %(times)s times: please choose another handler."),
            times=count_returns(ticket),
        )


def count_returns(ticket: Any) -> int:
    """How often the person was not satisfied."""
    return sum(move.state == State.DISSATISFIED for move in ticket.moves)


def start_cycle(ticket: Any, _answers: TransitionInput, _now: datetime) -> Iterable[Any]:
    """It starts over: once it is closed again, there is another visit to be planned."""
    ticket.cycle = (ticket.cycle or 1) + 1
    ticket.follow_up_at = ticket.asked = None
    return ()


def require_same_subject(ticket: Any, answers: TransitionInput, _now: datetime) -> None:
    """Two tickets become one only where the other goes on, and both are of one person."""
    main = _main(ticket, answers)
    if main is None or main.pk == ticket.pk:
        raise ActionRefused(N_("Please choose another ticket that this one is to become part of."))
    if State(main.state) in CLOSED_STATES:
        raise ActionRefused(N_("%(number)s is closed and cannot take up another ticket."), number=main.number)
    people = {ticket.user, main.user}
    if len(people - {None}) > 1:
        raise ActionRefused(N_("%(number)s is not of the same person."), number=main.number)
    _whose_both_are(people, answers.get("user"))


def _whose_both_are(people: set[Any], chosen: Any) -> None:
    """Where only one of two tickets names a person, somebody says that the other is theirs as well."""
    known = people - {None}
    if chosen and chosen not in known:
        raise ActionRefused(N_("None of the two tickets names the person you chose."))
    if known != people and known and not chosen:
        raise ActionRefused(
            N_(
                "One of the two tickets names nobody: please choose the person of the other, whose both are then."
            )
        )


def merge(ticket: Any, answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """Both know of each other, and belong to the one person known of them, with all that hangs on them."""
    main = _main(ticket, answers)
    link(main, ticket, LinkReason.MERGED, now)
    main.user = ticket.user = ticket.user or main.user
    return (main, *main.papers_to_hand_over(), *ticket.papers_to_hand_over())


def convert_to_complaint(ticket: Any, _answers: TransitionInput, now: datetime) -> Iterable[Any]:
    """It goes on in the other register; both keep their history and point to each other (R43)."""
    kind: Any = by_collection("complaints")
    complaint = kind.out_of(ticket, now)
    link(complaint, ticket, LinkReason.BECAME, now)
    return (complaint,)


def _main(ticket: Any, answers: TransitionInput) -> Any:
    row = database()[ticket.collection_name()].find_one({"_id": answers["merged_into"]}, session=session())
    return type(ticket)._from_son(row) if row else None
