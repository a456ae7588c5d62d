"""Tickets that belong together, and why: both know it (R55, R67)."""

from datetime import datetime
from typing import Any

from mongoengine import ObjectIdField, StringField

from documents.declaration.fields import Moment
from documents.declaration.part import Part
from documents.declaration.words import N_, Choice


class Kinship(Choice):
    """Why two tickets belong together, as the later one says it of the earlier."""

    MERGED = "merged", N_("Merged into one")
    RECURRENCE = "recurrence", N_("The same trouble again")
    RELATED = "related", N_("Belongs together")


class Link(Part):
    """Another ticket that belongs to this one; never edited."""

    why = StringField(choices=list(Kinship), required=True, verbose_name=N_("Why"))
    number = StringField(required=True, verbose_name=N_("Number"))
    collection = StringField(required=True)
    ticket = ObjectIdField(required=True)
    at = Moment(required=True, verbose_name=N_("When"))


def link(one: Any, other: Any, why: Kinship, now: datetime) -> None:
    """Let two tickets know of each other, in memory. Safe to repeat."""
    for here, there in ((one, other), (other, one)):
        known = {(each.collection, each.ticket, each.why) for each in here.links}
        if (there.collection_name(), there.pk, why) not in known:
            here.links.append(
                Link(
                    why=why, number=there.number, collection=there.collection_name(), ticket=there.pk, at=now
                )
            )


def merged_with(ticket: Any) -> list[Any]:
    """The tickets that became part of this one, by id; for one that was merged itself, none."""
    return [each.ticket for each in ticket.links if each.why == Kinship.MERGED and not ticket.merged_into]
