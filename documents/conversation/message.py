"""Messages: what we write to a person about their ticket, and how far the mail has come (R52, R64)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mongoengine import ListField, ObjectIdField, StringField

from documents.conversation.note import about
from documents.work.outgoing_mail import OutgoingMail
from language.languages import Language
from language.words import N_, Choice
from records.declaration.fields import AuthorField, EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Mask, Personal, Policy
from records.legal_hold import Holdable
from records.storage.database import database, session
from security.actor import current_actor
from security.permissions import MESSAGES

THREAD = 10
"""So many earlier messages are named in the next one, so that mail programs show them together."""


class MessageKind(Choice):
    """What a message is for."""

    REPLY = "reply", N_("Reply")
    PROGRESS = "progress", N_("Progress notice")
    SATISFACTION = "satisfaction", N_("Question how satisfied they are")
    SURVEY = "survey", N_("Survey after a complaint")
    TERMS = "terms", N_("Changed terms")


SUBJECTS = {
    Language.ENGLISH: "About your message to us, %(number)s",
    Language.SIMPLIFIED: "关于您的来信 %(number)s",
    Language.TRADITIONAL: "關於您的來信 %(number)s",
}


class Message(OutgoingMail, Holdable):
    """One message to a ticket's person."""

    policy = Policy(
        title=N_("Messages"),
        singular=N_("Message"),
        group=N_("Tickets"),
        icon="mail",
        access=MESSAGES,
        subject="user",
        on_erasure=Fate.ERASE,
        label="number",
        columns=("number", "state", "use", "to", "by", "attempts", "created_at", "sent_at"),
        filters=("state", "use", "created_at", "sent_at"),
        search=("number",),
    )

    collection = StringField(required=True, internal=True, locked=True)
    ticket = ObjectIdField(required=True, internal=True, locked=True)
    number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    user = ReferenceIdField("users", system=True, verbose_name=N_("User"))
    by = AuthorField(system=True, locked=True, verbose_name=N_("Who"))
    use = StringField(
        choices=list(MessageKind),
        default=MessageKind.REPLY,
        system=True,
        locked=True,
        verbose_name=N_("What for"),
    )
    language = StringField(choices=list(Language), system=True, locked=True, verbose_name=N_("Language"))
    to = EncryptedStringField(
        required=True,
        system=True,
        locked=True,
        verbose_name=N_("To"),
        personal=Personal("user.contact.email", mask=Mask.EMAIL, identity="email"),
    )
    subject = StringField(system=True, locked=True, verbose_name=N_("Subject"))
    text = EncryptedStringField(
        required=True,
        system=True,
        locked=True,
        multiline=True,
        verbose_name=N_("Text"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    earlier = ListField(ObjectIdField(), internal=True, locked=True)

    meta = {
        "collection": "messages",
        "indexes": [
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def about_ticket(
        cls,
        ticket: Any,
        to: str,
        text: str,
        language: Language,
        now: datetime,
        use: MessageKind = MessageKind.REPLY,
    ) -> "Message":
        """A message to be sent as soon as it is stored; not stored yet."""
        return cls(
            **about(ticket), by=current_actor().name, use=use, to=to, text=text, language=language,
            subject=SUBJECTS[language] % {"number": ticket.number}, earlier=_thread(ticket),
            next_attempt_at=now,
        )  # fmt: skip


def _thread(ticket: Any) -> Sequence[Any]:
    found = database()[Message.collection_name()].find({"ticket": ticket.pk}, {"_id": 1}, session=session())
    return [row["_id"] for row in found.sort("_id", -1).limit(THREAD)][::-1]
