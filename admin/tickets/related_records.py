"""What is kept with a ticket, as its page shows it: notes, evidence, visits, related tickets, black bars."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from admin.author_names import author
from admin.current_user import may
from admin.formatting import Display
from admin.pages.page import record_url
from admin.tickets.corrective_actions import measures_of
from documents.conversation.attachment import Attachment
from documents.conversation.message import Message
from documents.conversation.note import Note
from documents.tickets.follow_up import FollowUp, Visit
from documents.tickets.related_tickets import Link, LinkReason, merged_with
from documents.tickets.ticket import Ticket
from documents.tickets.ticket_choices import Grade
from documents.work.outgoing_mail import Delivery
from records.storage import keys
from security.permissions import Action

MOST = 100
Entry = dict[str, Any]


def panels(ticket: Ticket, display: Display) -> list[dict[str, Any]]:
    """The parts of a ticket's page that have anything to show and that the reader may see."""
    ids = [ticket.pk, *merged_with(ticket)]
    found = [
        (_("Related tickets"), [_linked(link, display) for link in ticket.links]),
        (_("Messages"), [_written(message, ticket, display) for message in papers(Message, ids)]),
        (_("Notes"), [_noted(note, ticket, display) for note in papers(Note, ids)]),
        (_("Evidence"), [_attached(file, ticket, display) for file in papers(Attachment, ids)]),
        (_("Measures"), measures_of({"ticket": {"$in": ids}}, display)),
        (_("Follow-up visits"), [_visited(visit, display) for visit in papers(FollowUp, ids)]),
        (_("Blacked out"), [_blacked(one, display) for one in ticket.redactions]),
    ]
    return [
        {"label": label, "template": "steward/entries.html", "entries": entries}
        for label, entries in found
        if entries
    ]


def papers(kind: type[Any], ids: Iterable[Any]) -> list[Any]:
    """The papers of one kind on some tickets, in one query; none for who may not see them."""
    if not may(Action.VIEW, kind.policy.access):
        return []
    found = list(kind.objects(ticket__in=list(ids)).order_by("_id").limit(MOST))
    keys.get_keys({paper.key_owner() for paper in found})
    return found


def _linked(link: Link, display: Display) -> Entry:
    return {
        "title": link.number,
        "url": record_url(link.collection, link.ticket),
        "about": [_(LinkReason(link.why).label), display.moment(link.at)],
    }


def _noted(note: Note, ticket: Ticket, display: Display) -> Entry:
    return {"body": _text(note.text), "about": [note.by, display.moment(note.created_at), *_of(note, ticket)]}


def _written(message: Message, ticket: Ticket, display: Display) -> Entry:
    return {
        "title": message.subject,
        "url": record_url("messages", message.pk),
        "body": _text(message.text),
        "about": [
            _(Delivery(message.state).label),
            author(message.by),
            display.moment(message.sent_at or message.created_at),
            *_of(message, ticket),
        ],
    }


def _attached(file: Attachment, ticket: Ticket, display: Display) -> Entry:
    return {
        "title": _text(file.name),
        "url": f"/admin/attachments/file/?id={file.pk}",
        "body": file.what,
        "about": [size(file.size), file.by, display.moment(file.created_at), *_of(file, ticket)],
    }


def _visited(visit: FollowUp, display: Display) -> Entry:
    due = _("to be done by %(moment)s", moment=display.moment(visit.due_at)) if visit.due_at else None
    grade = _(Grade(visit.satisfaction).label) if visit.satisfaction else None
    return {
        "title": _(Visit(visit.state).label),
        "url": record_url("follow_ups", visit.pk),
        "body": visit.said,
        "about": [
            display.moment(visit.done_at) if visit.done_at else due,
            grade,
            _("The trouble came back") if visit.back_again else None,
        ],
    }


def _blacked(one: Any, display: Display) -> Entry:
    letters = _("%(count)s characters", count=one.end - one.start)
    return {"body": one.reason, "about": [letters, one.by, display.moment(one.at)]}


def _of(paper: Any, ticket: Ticket) -> list[str]:
    """Where it came from, if from a ticket that became part of this one."""
    return [] if paper.ticket == ticket.pk else [paper.number]


def _text(value: str | None) -> str:
    return _("(erased)") if value is None else value


def size(octets: int) -> str:
    """A file's size in words."""
    return f"{octets / 1024 / 1024:.1f} MB" if octets >= 1024 * 1024 else f"{max(octets // 1024, 1)} KB"
