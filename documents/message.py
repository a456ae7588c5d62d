"""Messages: what we write to a person about their ticket, and how far the mail has come (R52, R64)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from mongoengine import IntField, ListField, ObjectIdField, StringField

from documents.deadlines.region import Region
from documents.declaration.fields import EncryptedString, Moment, Reference
from documents.declaration.policy import Fate, Mask, Personal, Policy
from documents.declaration.record import Governed
from documents.declaration.verbs import verb
from documents.declaration.words import N_, Choice
from documents.note import about
from documents.storage.database import database, session
from security.actor import acting
from security.permissions import MESSAGES, Action

LEASE = timedelta(minutes=5)
"""How long whoever took a message in hand may try to send it before somebody else does."""
PATIENCE, LONGEST_PATIENCE = timedelta(minutes=1), timedelta(hours=4)
"""How long to wait after the first failure, twice as long after each more, and at most."""
GIVE_UP_AFTER = timedelta(days=3)
THREAD = 10
"""So many earlier messages are named in the next one, so that mail programs show them together."""


class Delivery(Choice):
    """How far a message has come."""

    WAITING = "waiting", N_("Waiting")
    SENT = "sent", N_("Sent")
    RETURNED = "returned", N_("Returned: the mail server refused it")
    GIVEN_UP = "given-up", N_("Given up: no mail server took it")


class Use(Choice):
    """What a message is for."""

    REPLY = "reply", N_("Reply")
    PROGRESS = "progress", N_("Progress notice")


class Language(Choice):
    """In which language we write; the subject of what we write in it."""

    ENGLISH = "en", N_("English"), "About your message to us, %(number)s"
    SIMPLIFIED = "zh_Hans_CN", N_("Simplified Chinese"), "关于您的来信 %(number)s"
    TRADITIONAL = "zh_Hant_TW", N_("Traditional Chinese"), "關於您的來信 %(number)s"

    subject: str

    def __new__(cls, value: str, label: str = "", subject: str = "") -> "Language":
        one = str.__new__(cls, value)
        one._value_, one.label, one.subject = value, label, subject
        return one

    @classmethod
    def of(cls, region: str | None) -> "Language":
        """What is read where a person is at home."""
        home = {Region.CN.value: cls.SIMPLIFIED, Region.TW.value: cls.TRADITIONAL}
        return home.get(region or "", cls.ENGLISH)


class Message(Governed):
    """One message to a ticket's person. Its id is its Message-ID, the same however often it is tried,
    so that a mail program shows it once even where a server took it twice."""

    policy = Policy(
        title=N_("Messages"),
        one=N_("Message"),
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
    user = Reference("users", system=True, verbose_name=N_("User"))
    by = StringField(system=True, locked=True, verbose_name=N_("Who"))
    use = StringField(
        choices=list(Use), default=Use.REPLY, system=True, locked=True, verbose_name=N_("What for")
    )
    language = StringField(choices=list(Language), system=True, locked=True, verbose_name=N_("Language"))
    to = EncryptedString(
        required=True,
        system=True,
        locked=True,
        verbose_name=N_("To"),
        personal=Personal("user.contact.email", mask=Mask.EMAIL, identity="email"),
    )
    subject = StringField(system=True, locked=True, verbose_name=N_("Subject"))
    text = EncryptedString(
        required=True,
        system=True,
        locked=True,
        multiline=True,
        verbose_name=N_("Text"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    earlier = ListField(ObjectIdField(), internal=True, locked=True)
    state = StringField(
        choices=list(Delivery), default=Delivery.WAITING, system=True, verbose_name=N_("State")
    )
    attempts = IntField(default=0, system=True, unaudited=True, verbose_name=N_("Attempts"))
    next_attempt_at = Moment(system=True, unaudited=True, verbose_name=N_("Next attempt"))
    sent_at = Moment(system=True, verbose_name=N_("Sent"))
    answer = EncryptedString(
        system=True,
        unaudited=True,
        verbose_name=N_("What the mail server said"),
        personal=Personal("user.contact.email"),
    )

    meta = {
        "collection": "messages",
        "indexes": [
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
            {"fields": ["state", "-created_at", "-_id"], "name": "by_state"},
            {"fields": ["next_attempt_at", "_id"], "name": "to_send"},
        ],
    }

    @classmethod
    def about_ticket(
        cls, ticket: Any, to: str, text: str, language: Language, now: datetime, use: Use = Use.REPLY
    ) -> "Message":
        """A message to be sent as soon as it is stored; not stored yet."""
        return cls(
            **about(ticket), by=acting().name, use=use, to=to, text=text, language=language,
            subject=language.subject % {"number": ticket.number}, earlier=_thread(ticket),
            next_attempt_at=now,
        )  # fmt: skip

    def take_in_hand(self, now: datetime) -> None:
        """Let nobody else send it meanwhile. Stores nothing by itself, like all that follows."""
        self.attempts += 1
        self.next_attempt_at = now + LEASE

    def was_sent(self, now: datetime) -> None:
        self.state, self.sent_at, self.next_attempt_at, self.answer = Delivery.SENT, now, None, None

    def was_refused(self, answer: str) -> None:
        """The server will not have it, now or later."""
        self.state, self.next_attempt_at, self.answer = Delivery.RETURNED, None, answer or "–"

    def was_put_off(self, answer: str, now: datetime) -> None:
        """It could not be sent for now: it is tried again, less and less often."""
        self.answer = answer or "–"
        if now - self.created_at >= GIVE_UP_AFTER:
            self.state, self.next_attempt_at = Delivery.GIVEN_UP, None
        else:
            self.next_attempt_at = now + min(PATIENCE * 2 ** min(self.attempts - 1, 10), LONGEST_PATIENCE)

    @verb(
        N_("Send again"),
        Action.RUN,
        when=lambda message: message.state != Delivery.SENT,
        many=True,
    )
    def send_again(self, now: datetime) -> None:
        """Try once more, at once. Safe to repeat."""
        self.state, self.next_attempt_at = Delivery.WAITING, now
        self.save(now=now)


def is_address(text: str) -> bool:
    """Tell whether mail can be addressed to `text`: one address, and nothing else on the line."""
    try:
        return bool(Address(addr_spec=text).domain)
    except (MessageError, ValueError, IndexError):
        return False


def _thread(ticket: Any) -> Sequence[Any]:
    found = database()[Message.collection_name()].find({"ticket": ticket.pk}, {"_id": 1}, session=session())
    return [row["_id"] for row in found.sort("_id", -1).limit(THREAD)][::-1]
