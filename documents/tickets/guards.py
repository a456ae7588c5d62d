"""What steps of a ticket require beyond an answer, and what they do beyond storing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from documents.tickets.related_tickets import Kinship, link
from documents.tickets.states import CLOSED, State
from documents.tickets.ticket_choices import Grade
from documents.tickets.workflow import Answers
from language.words import N_
from records.declaration.actions import Refused
from records.declaration.registry import by_collection
from records.storage.database import database, session

PATIENCE = 2
"""How often somebody may say that it did not help before another handler must take over (R52)."""


def is_late(ticket: Any, now: datetime) -> bool:
    """Tell whether a promise was missed: the first response, or the settlement."""
    silent = ticket.responded_at is None and _passed(ticket.first_response_due_at, now)
    return silent or (ticket.closed_at is None and _passed(ticket.due_at, now))


def _passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def owes_a_reason(ticket: Any, now: datetime) -> bool:
    """Tell whether it is late and nobody has said why; a reason given earlier holds."""
    return is_late(ticket, now) and not ticket.delay_reason


def in_time_or_why(ticket: Any, answers: Answers, now: datetime) -> None:
    """What is late says why (R56)."""
    if owes_a_reason(ticket, now) and not answers.get("delay_reason"):
        raise Refused(N_("The promised time has passed: please say why it took longer than promised."))


def content(_ticket: Any, answers: Answers, _now: datetime) -> None:
    if not Grade(answers["satisfaction"]).is_content:
        raise Refused(N_("“%(grade)s” means that the user is not satisfied."), grade=answers["satisfaction"])


def not_content(_ticket: Any, answers: Answers, _now: datetime) -> None:
    if (grade := answers.get("satisfaction")) and Grade(grade).is_content:
        raise Refused(N_("“%(grade)s” means that the user is satisfied."), grade=grade)


def another_handler(ticket: Any, answers: Answers, _now: datetime) -> None:
    """Who was not believed twice gives it to somebody else (R52)."""
    handler = answers.get("assignee")
    if returns(ticket) >= PATIENCE and handler in {None, ticket.assignee}:
        raise Refused(
            N_("The user was not satisfied %(times)s times: please choose another handler."),
            times=returns(ticket),
        )


def returns(ticket: Any) -> int:
    """How often the person was not satisfied."""
    return sum(move.state == State.DISSATISFIED for move in ticket.moves)


def next_cycle(ticket: Any, _answers: Answers, _now: datetime) -> Iterable[Any]:
    """It starts over: once it is closed again, there is another visit to be planned."""
    ticket.cycle = (ticket.cycle or 1) + 1
    ticket.follow_up_at = ticket.asked = None
    return ()


def same_matter(ticket: Any, answers: Answers, _now: datetime) -> None:
    """Two tickets become one only where the other goes on, and both are of one person."""
    main = _main(ticket, answers)
    if main is None or main.pk == ticket.pk:
        raise Refused(N_("Please choose another ticket that this one is to become part of."))
    if State(main.state) in CLOSED:
        raise Refused(N_("%(number)s is closed and cannot take up another ticket."), number=main.number)
    people = {ticket.user, main.user}
    if len(people - {None}) > 1:
        raise Refused(N_("%(number)s is not of the same person."), number=main.number)
    _whose_both_are(people, answers.get("user"))


def _whose_both_are(people: set[Any], chosen: Any) -> None:
    """Where only one of two tickets names a person, somebody says that the other is theirs as well."""
    known = people - {None}
    if chosen and chosen not in known:
        raise Refused(N_("None of the two tickets names the person you chose."))
    if known != people and known and not chosen:
        raise Refused(
            N_(
                "One of the two tickets names nobody: please choose the person of the other, whose both are then."
            )
        )


def join(ticket: Any, answers: Answers, now: datetime) -> Iterable[Any]:
    """Both know of each other, and belong to the one person known of them, with all that hangs on them."""
    main = _main(ticket, answers)
    link(main, ticket, Kinship.MERGED, now)
    main.user = ticket.user = ticket.user or main.user
    return (main, *main.papers_to_hand_over(), *ticket.papers_to_hand_over())


def become_complaint(ticket: Any, _answers: Answers, now: datetime) -> Iterable[Any]:
    """It goes on in the other register; both keep their history and point to each other (R43)."""
    kind: Any = by_collection("complaints")
    complaint = kind.out_of(ticket, now)
    link(complaint, ticket, Kinship.BECAME, now)
    return (complaint,)


def _main(ticket: Any, answers: Answers) -> Any:
    row = database()[ticket.collection_name()].find_one({"_id": answers["merged_into"]}, session=session())
    return type(ticket)._from_son(row) if row else None
