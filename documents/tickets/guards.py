"""What steps of a ticket require beyond an answer, and what they do beyond storing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from documents.declaration.verbs import Refused
from documents.declaration.words import N_
from documents.storage.database import database, session
from documents.tickets.findings import Grade
from documents.tickets.link import Kinship, link
from documents.tickets.machine import Answers
from documents.tickets.states import CLOSED, State

PATIENCE = 2
"""How often somebody may say that it did not help before another handler must take over (R52)."""


def is_late(ticket: Any, now: datetime) -> bool:
    """Tell whether a promise was missed: the first response, or the settlement."""
    silent = ticket.responded_at is None and _passed(ticket.first_response_due_at, now)
    return silent or (ticket.closed_at is None and _passed(ticket.due_at, now))


def _passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def in_time_or_why(ticket: Any, answers: Answers, now: datetime) -> None:
    """What is late says why; a reason given earlier holds (R56)."""
    if is_late(ticket, now) and not (answers.get("delay_reason") or ticket.delay_reason):
        raise Refused(N_("The promised time has passed: please say why it took longer than promised."))


def content(_ticket: Any, answers: Answers, _now: datetime) -> None:
    if not Grade(answers["satisfaction"]).is_content:
        raise Refused(N_("“%(grade)s” means that the user is not satisfied."), grade=answers["satisfaction"])


def not_content(_ticket: Any, answers: Answers, _now: datetime) -> None:
    if (grade := answers.get("satisfaction")) and Grade(grade).is_content:
        raise Refused(N_("“%(grade)s” means that the user is satisfied."), grade=grade)


def dissatisfied(ticket: Any, answers: Answers, _now: datetime) -> Iterable[Any]:
    """No grade said: then it is the milder of the two."""
    ticket.satisfaction = answers.get("satisfaction") or Grade.DISSATISFIED
    return ()


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
    ticket.follow_up_at = None
    return ()


def same_matter(ticket: Any, answers: Answers, _now: datetime) -> None:
    """Two tickets become one only where the other goes on, and both are of one person."""
    main = _main(ticket, answers)
    if main is None or main.pk == ticket.pk:
        raise Refused(N_("Please choose another ticket that this one is to become part of."))
    if State(main.state) in CLOSED:
        raise Refused(N_("%(number)s is closed and cannot take up another ticket."), number=main.number)
    if ticket.user and main.user != ticket.user:
        raise Refused(N_("%(number)s is not of the same person."), number=main.number)


def join(ticket: Any, answers: Answers, now: datetime) -> Iterable[Any]:
    main = _main(ticket, answers)
    link(main, ticket, Kinship.MERGED, now)
    return (main,)


def _main(ticket: Any, answers: Answers) -> Any:
    row = database()[ticket.collection_name()].find_one({"_id": answers["merged_into"]}, session=session())
    return type(ticket)._from_son(row) if row else None
