"""What was said about a ticket so far, beside the questions that somebody answers about it."""

from typing import Any

from flask_babel import gettext as _

from admin.author_names import author
from admin.formatting import Display, label_of
from admin.tickets.related_records import papers
from documents.conversation.message import Message
from documents.tickets.channel import Channel
from documents.tickets.redaction import blacked_out
from documents.tickets.states import State
from documents.tickets.ticket import Ticket

LATEST = 4
"""So many of the latest messages and steps are shown; the ticket's page has them all."""
Entry = dict[str, Any]


def said_so_far(ticket: Ticket, display: Display) -> list[dict[str, Any]]:
    """The person's own words as anybody may read them, what we wrote, and the latest steps."""
    parts = [
        (label_of(display.kind, ticket.original), _words(ticket, display)),
        (_("Messages"), [_written(one, display) for one in papers(Message, [ticket.pk])[-LATEST:]]),
        (_("Steps"), [_taken(move, display) for move in ticket.moves[-LATEST:]]),
    ]
    return [
        {"label": label, "template": "steward/entries.html", "entries": entries}
        for label, entries in parts
        if entries
    ]


def _words(ticket: Ticket, display: Display) -> list[Entry]:
    text = getattr(ticket, ticket.original)
    seen = blacked_out(ticket.original, text, (ticket.stored or {}).get("redactions") or ()) if text else None
    since = display.moment(ticket.received_at or ticket.created_at)
    return [{"body": seen or _("(erased)"), "about": [_(Channel(ticket.channel).label), since]}]


def _written(message: Message, display: Display) -> Entry:
    return {
        "body": message.text or _("(erased)"),
        "about": [author(message.by), display.moment(message.created_at)],
    }


def _taken(move: Any, display: Display) -> Entry:
    return {
        "title": _(State(move.state).label),
        "body": move.note,
        "about": [author(move.by), display.moment(move.at)],
    }
