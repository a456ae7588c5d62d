"""What goes out by mail: how far it has come, when it is tried again, and when that ends."""

from datetime import datetime, timedelta

from mongoengine import IntField, StringField

from language.words import N_, Choice
from records.declaration.actions import action
from records.declaration.fields import EncryptedStringField, UTCDateTimeField
from records.declaration.policy import Personal
from records.declaration.record import Governed
from security.permissions import Action

LEASE = timedelta(minutes=5)
"""How long whoever took a mail in hand may try to send it before somebody else does."""
RETRY_DELAY, MAX_RETRY_DELAY = timedelta(minutes=1), timedelta(hours=4)
"""How long to wait after the first failure, twice as long after each more, and at most."""
GIVE_UP_AFTER = timedelta(days=3)


class Delivery(Choice):
    """How far a mail has come."""

    WAITING = "waiting", N_("Waiting")
    SENT = "sent", N_("Sent")
    RETURNED = "returned", N_("Returned: the mail server refused it")
    GIVEN_UP = "given-up", N_("Given up: no mail server took it")
    NOT_NEEDED = "not-needed", N_("Not needed any more")


class OutgoingMail(Governed):
    """A record that goes out by mail once it is stored. Its id is its Message-ID, the same however often
    it is tried, so that a mail program shows it once even where a server took it twice."""

    state = StringField(
        choices=list(Delivery), default=Delivery.WAITING, system=True, verbose_name=N_("State")
    )
    attempts = IntField(default=0, system=True, unaudited=True, verbose_name=N_("Attempts"))
    next_attempt_at = UTCDateTimeField(system=True, unaudited=True, verbose_name=N_("Next attempt"))
    sent_at = UTCDateTimeField(system=True, verbose_name=N_("Sent"))
    answer = EncryptedStringField(
        system=True,
        unaudited=True,
        verbose_name=N_("What the mail server said"),
        personal=Personal("user.contact.email"),
    )

    meta = {
        "abstract": True,
        "indexes": [
            {"fields": ["state", "-created_at", "-_id"], "name": "by_state"},
            {"fields": ["next_attempt_at", "_id"], "name": "to_send"},
        ],
    }

    def claim(self, now: datetime) -> None:
        """Let nobody else send it meanwhile. Stores nothing by itself, like all that follows."""
        self.attempts += 1
        self.next_attempt_at = now + LEASE

    def mark_sent(self, now: datetime) -> None:
        self.state, self.sent_at, self.next_attempt_at, self.answer = Delivery.SENT, now, None, None

    def mark_skipped(self) -> None:
        """There is nothing left in it to be said to anybody."""
        self.state, self.next_attempt_at = Delivery.NOT_NEEDED, None

    def mark_rejected(self, answer: str) -> None:
        """The server will not have it, now or later."""
        self.state, self.next_attempt_at, self.answer = Delivery.RETURNED, None, answer or "–"

    def mark_deferred(self, answer: str, now: datetime) -> None:
        """It could not be sent for now: it is tried again, less and less often."""
        self.answer = answer or "–"
        if now - self.created_at >= GIVE_UP_AFTER:
            self.state, self.next_attempt_at = Delivery.GIVEN_UP, None
        else:
            self.next_attempt_at = now + min(RETRY_DELAY * 2 ** min(self.attempts - 1, 10), MAX_RETRY_DELAY)

    @action(
        N_("Send again"),
        Action.RUN,
        when=lambda mail: mail.state in {Delivery.WAITING, Delivery.RETURNED, Delivery.GIVEN_UP},
        bulk=True,
    )
    def send_again(self, now: datetime) -> None:
        """Try once more, at once. Safe to repeat."""
        self.state, self.next_attempt_at = Delivery.WAITING, now
        self.save(now=now)
