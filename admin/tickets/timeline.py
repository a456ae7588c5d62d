"""Everything that happened to a ticket, in one line of time: steps, changes, notes, files, notices, clocks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from admin.author_names import author, who_did
from admin.current_user import may
from admin.formatting import TONES, Display, label_of
from admin.tickets.related_records import papers
from documents.conversation.attachment import Attachment
from documents.conversation.message import Message, MessageKind
from documents.conversation.note import Note
from documents.deadlines.deadline_record import deadline_status
from documents.deadlines.sla_clocks import DUE, done_at
from documents.tickets.channel import Channel, is_keyed_in_late
from documents.tickets.dispute import NUMBERS, Outcome
from documents.tickets.rating import Rating
from documents.tickets.related_tickets import merged_tickets, merged_with
from documents.tickets.states import State
from documents.tickets.ticket import Ticket
from documents.tickets.ticket_choices import Grade
from documents.work.notification import Notification, NotificationKind
from documents.work.outgoing_mail import Delivery
from records.lists.reference_labels import labels
from records.storage.audit import AuditAction, AuditEntry
from records.storage.database import database
from security.permissions import Action

MOST = 200
OF_STEPS = frozenset(
    {
        "state",
        "moves",
        "closed_at",
        "responded_at",
        "acknowledged_at",
        "paused_at",
        "progressed_at",
        "satisfaction",
        "asked",
        "grades",
        "proceedings",
        *DUE.values(),
    }
)
"""Fields that change with a step, which stands on the line itself."""
Event = dict[str, Any]


def timeline(ticket: Ticket, display: Display) -> list[Event]:
    """The events of a ticket and of those merged into it, the newest first."""
    merged, ids = merged_tickets(ticket), merged_with(ticket)
    events: list[Event] = []
    for one in (ticket, *merged):
        events += _steps(one, ticket)
    events += _clocks(ticket, display.now)
    events += _papers([ticket.pk, *ids])
    events += _notices([ticket.pk, *ids])
    events += _changes(ticket, display)
    events.sort(key=lambda event: event["at"], reverse=True)
    return events


def _steps(one: Ticket, ticket: Ticket) -> Iterator[Event]:
    if one.received_at:
        late = is_keyed_in_late(Channel(one.channel), one.received_at, one.created_at)
        yield {
            "at": one.received_at,
            "kind": "step",
            "what": _("Reached us: %(channel)s", channel=_(Channel(one.channel).label)),
            "badge": _("keyed in late") if late else None,
            "tone": "overdue" if late else None,
        }
    grades, heard = {each.at: each for each in one.grades}, _heard(one)
    for move in one.moves:
        label = _(State(move.state).label)
        what = label if one is ticket else f"{one.number}: {label}"
        said = _said(grades.pop(move.at, None))
        body = "\n".join(filter(None, [*heard.get(move.at, ()), move.note]))
        yield {"at": move.at, "kind": "step", "who": author(move.by), "what": what, "body": body, **said}
    for each in grades.values():
        what = _("What the person says of our answer")
        yield {"at": each.at, "kind": "step", "who": author(each.by), "what": what, **_said(each)}


def _heard(one: Ticket) -> dict[datetime, list[str]]:
    """Before whom a dispute went with each step, under which number it runs, and how it ended there."""
    heard: dict[datetime, list[str]] = {}
    for each in getattr(one, "proceedings", ()):
        lines = heard.setdefault(each.at, [])
        if each.forum:
            number = getattr(one, NUMBERS[State(each.stage)])
            lines += [each.forum, *([_("Case number: %(number)s", number=number)] if number else [])]
        if each.outcome:
            stage, outcome = _(State(each.stage).label), _(Outcome(each.outcome).label)
            lines.append(_("%(name)s: %(value)s", name=stage, value=outcome))
    return heard


def _said(graded: Rating | None) -> dict[str, Any]:
    """What a person said of our answer, and how it reached us, as a badge."""
    if graded is None:
        return {}
    return {"badge": " · ".join([_(Grade(graded.grade).label), _(Channel(graded.channel).label)])}


def _clocks(ticket: Ticket, now: datetime) -> Iterator[Event]:
    for clock, field in DUE.items():
        due = getattr(ticket, field)
        if due is None:
            continue
        how = deadline_status(ticket.created_at, due, done_at(ticket, clock), now)
        yield {
            "at": due,
            "kind": "clock",
            "what": _("Due: %(what)s", what=_(clock.label)),
            "badge": _(how.label) if how else None,
            "tone": TONES[how] if how else None,
        }
    if ticket.overdue_at:
        yield {"at": ticket.overdue_at, "kind": "clock", "what": _("Flagged overdue"), "tone": "overdue"}


def _papers(ids: list[Any]) -> Iterator[Event]:
    for note in papers(Note, ids):
        yield {"at": note.created_at, "kind": "note", "who": note.by, "what": _("Note"), "body": note.text}
    for message in papers(Message, ids):
        yield from _mail(message)
    for file in papers(Attachment, ids):
        yield {
            "at": file.created_at,
            "kind": "file",
            "who": file.by,
            "what": _("Evidence"),
            "body": file.name,
            "url": f"/admin/attachments/file/?id={file.pk}",
        }


def _mail(message: Message) -> Iterator[Event]:
    what = _(MessageKind(message.use).label)
    who = author(message.by)
    yield {"at": message.created_at, "kind": "mail", "who": who, "what": what, "body": message.text}
    if message.state == Delivery.SENT:
        yield {"at": message.sent_at, "kind": "mail", "what": _("Sent by mail"), "body": message.subject}
    elif message.state != Delivery.WAITING:
        what = _(Delivery(message.state).label)
        yield {
            "at": message.updated_at,
            "kind": "mail",
            "what": what,
            "tone": "overdue",
            "body": message.answer,
        }


def _notices(ids: list[Any]) -> Iterator[Event]:
    found = (
        database()[Notification._get_collection_name()].find({"record": {"$in": ids}}).sort("created_at", -1)
    )
    rows = list(found.limit(MOST))
    known = labels({"staff": {pk for row in rows for pk in row.get("to") or ()}})
    for row in rows:
        what = _(NotificationKind(row["occasion"]).label, record=row.get("label") or "")
        people = [known.get(("staff", pk), _("(erased)")) for pk in row.get("to") or ()]
        who = _("told to %(people)s", people=", ".join(people)) if people else None
        yield {"at": row["created_at"], "kind": "notice", "who": who, "what": what}


def _changes(ticket: Ticket, display: Display) -> Iterator[Event]:
    """What the history tells beyond the steps, for those who may read it: names of fields, and of who deals
    with it; no other values."""
    if not may(Action.HISTORY, ticket.policy.access):
        return
    wanted = {"collection": ticket.collection_name(), "record": ticket.pk}
    found = database()[AuditEntry._get_collection_name()].find(wanted).sort([("at", -1), ("_id", -1)])
    for entry in found.limit(MOST):
        changes = [change for change in entry["changes"] if change["field"] not in OF_STEPS]
        changed = entry["deed"] == AuditAction.CHANGE
        if changes or not changed:
            said = [_changed(display, one) for one in changes if one["field"] in display.kind._fields]
            yield {
                "at": entry["at"],
                "kind": "change",
                "who": who_did(entry),
                "what": _(AuditAction(entry["deed"]).label),
                "body": ", ".join(said) if changed else entry["reason"],
            }


def _changed(display: Display, change: dict[str, Any]) -> str:
    label = label_of(display.kind, change["field"])
    if change["field"] != "assignee" or not change.get("to"):
        return label
    handler = labels({"staff": [change["to"]]}).get(("staff", change["to"])) or _("(erased)")
    return _("%(name)s: %(value)s", name=label, value=handler)
