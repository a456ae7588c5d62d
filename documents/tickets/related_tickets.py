"""Tickets that belong together, and why: both know it (R55, R67)."""

from datetime import datetime
from typing import Any

from mongoengine import ObjectIdField, StringField

from documents.tickets.states import State
from language.words import N_, Choice
from records.declaration.fields import UTCDateTimeField
from records.declaration.registry import by_collection
from records.declaration.subdocument import Subdocument


class LinkReason(Choice):
    """Why two tickets belong together, as the later one says it of the earlier."""

    MERGED = "merged", N_("Merged into one")
    RECURRENCE = "recurrence", N_("The same trouble again")
    BECAME = "became", N_("Feedback that became a complaint")
    RELATED = "related", N_("Belongs together")


class Link(Subdocument):
    """Another ticket that belongs to this one; never edited."""

    why = StringField(choices=list(LinkReason), required=True, verbose_name=N_("Why"))
    number = StringField(required=True, verbose_name=N_("Number"))
    collection = StringField(required=True, internal=True)
    ticket = ObjectIdField(required=True, internal=True)
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))


def link(one: Any, other: Any, why: LinkReason, now: datetime) -> None:
    """Let two tickets know of each other, in memory. Safe to repeat."""
    for here, there in ((one, other), (other, one)):
        known = {(each.collection, each.ticket, each.why) for each in here.links}
        if (there.collection_name(), there.pk, why) not in known:
            here.links.append(
                Link(
                    why=why, number=there.number, collection=there.collection_name(), ticket=there.pk, at=now
                )
            )


TAKES_UP = frozenset({LinkReason.MERGED, LinkReason.BECAME})


def merged_with(ticket: Any) -> list[Any]:
    """The tickets that go on in this one, by id; for one that goes on elsewhere itself, none."""
    return [link.ticket for link in _taken_up(ticket)]


def merged_tickets(ticket: Any) -> list[Any]:
    """The tickets that go on in this one; one query for each of their registers."""
    ids: dict[str, list[Any]] = {}
    for each in _taken_up(ticket):
        ids.setdefault(each.collection, []).append(each.ticket)
    kinds: dict[str, Any] = {name: by_collection(name) for name in ids}
    return [one for name, kind in kinds.items() if kind for one in kind.objects(pk__in=ids[name])]


def _taken_up(ticket: Any) -> list[Link]:
    if ticket.state == State.MERGED:
        return []
    return [each for each in ticket.links if each.why in TAKES_UP]
