"""Plan a follow-up visit for every ticket that has been closed for some days (R54, R67), and ask those who
complained how we dealt with it (R70)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from documents.conversation.canned_reply import CannedReply, find_for
from documents.conversation.message import Message, MessageKind
from documents.tickets import rating
from documents.tickets.complaint import Complaint
from documents.tickets.follow_up import AFTER, OLDEST, FollowUp
from documents.tickets.states import State
from documents.tickets.ticket import Ticket
from jobs.job import Batch
from language.languages import Language
from records.declaration.actions import ActionRefused
from records.declaration.registry import registered
from records.storage import writer

RULE = "Closed some days ago"


def plan_follow_ups(now: datetime) -> Iterator[Batch]:
    """Plan one visit for each closing by us that lies `AFTER` behind, of a person we know.

    What lived elsewhere was followed up there; what was closed longer ago than `OLDEST` is asked about
    no more. Safe to repeat: the ticket and its visit are stored together.
    """
    for kind in registered():
        if issubclass(kind, Ticket):
            closed = {
                "state": State.CLOSED.value,
                "follow_up_at": None,
                "closed_at": {"$lt": now - AFTER, "$gte": now - OLDEST},
                "user": {"$ne": None},
                "source": None,
                "anonymised_at": None,
            }
            yield Batch(kind, closed, RULE, change=partial(_plan, now=now))


def _plan(tickets: list[Any], now: datetime) -> int:
    visits = [FollowUp.planned(ticket, now) for ticket in tickets]
    ready = find_for(MessageKind.SURVEY) if isinstance(tickets[0], Complaint) else None
    letters = _surveys(tickets, ready, now) if ready else []
    for ticket, visit in zip(tickets, visits, strict=True):
        ticket.follow_up_at = visit.due_at
    writer.save(*tickets, *visits, *letters, reason=RULE, now=now)
    return len(tickets)


def _surveys(complaints: list[Any], ready: CannedReply, now: datetime) -> list[Message]:
    """The letters to those who may be asked."""
    spared = rating.ask_forbidden({complaint.user for complaint in complaints}, now)
    asked = [complaint for complaint in complaints if complaint.user not in spared]
    return [letter for complaint in asked if (letter := _survey(complaint, ready, now))]


def _survey(complaint: Complaint, ready: CannedReply, now: datetime) -> Message | None:
    """The letter that asks how we dealt with a complaint; whom none can reach is asked on the visit alone."""
    language = Language.of(complaint.region)
    try:
        text, to = ready.rendered(complaint, language), complaint.address()
    except ActionRefused:
        return None
    return Message.about_ticket(complaint, to, text, language, now, MessageKind.SURVEY)
