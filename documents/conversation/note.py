"""Notes: what colleagues tell each other about a ticket, apart from what its person said (R48)."""

from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import ObjectIdField, StringField

from language.words import N_
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Mask, Personal, Policy
from records.legal_hold import Holdable
from security.actor import current_actor
from security.permissions import PAPERS


class Note(Holdable):
    """One internal note on a ticket; never edited, and gone when its ticket's data go."""

    policy = Policy(
        title=N_("Notes"),
        singular=N_("Note"),
        group=N_("Tickets"),
        access=PAPERS,
        subject="user",
        on_erasure=Fate.ERASE,
        label="number",
        columns=("number", "text", "by", "created_at"),
        filters=("created_at",),
        search=("number", "text"),
    )

    collection = StringField(required=True, internal=True, locked=True)
    ticket = ObjectIdField(required=True, internal=True, locked=True)
    number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    user = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    by = StringField(system=True, locked=True, verbose_name=N_("Who"))
    text = EncryptedStringField(
        required=True,
        system=True,
        locked=True,
        multiline=True,
        verbose_name=N_("Note"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )

    meta = {
        "collection": "notes",
        "indexes": [
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def on(cls, ticket: Any, text: str, now: datetime) -> "Note":
        """Keep a note on a ticket."""
        return cls(**about(ticket), by=current_actor().name, text=text).save(now=now)


def about(ticket: Any) -> dict[str, str | ObjectId]:
    """What everything that hangs on a ticket says of it."""
    return {
        "collection": ticket.collection_name(),
        "ticket": ticket.pk,
        "number": ticket.number,
        "user": ticket.user,
    }
