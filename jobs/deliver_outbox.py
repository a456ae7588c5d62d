"""Send what waits in the outbox: each mail is taken in hand, sent, and marked, in this order.

A process that dies between the server's yes and the mark leaves a mail that somebody takes up again
once the lease is over: it may arrive twice then, under the same Message-ID, but never not at all.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

import runtime
from documents.conversation.message import Message
from documents.service.contact_point import footer
from documents.work import notification_email, notification_letter
from documents.work.notification import Notification, NotificationKind, notification, send
from documents.work.notification_email import NotificationEmail
from documents.work.outgoing_mail import Delivery, OutgoingMail
from jobs.job import Batch
from mail.smtp import Deferred, MailServer, Rejected
from records.storage import writer
from records.storage.database import after_commit, database, in_transaction
from records.storage.writer import RecordDeleted

log = logging.getLogger(__name__)


def deliver_outbox(now: datetime) -> Iterator[Batch]:
    """Send the mails whose time has come: first those to people, then those to staff, into which every
    notice goes that is to be told by `now`. Without a mail server, everything waits."""
    server = runtime.current().mail_server
    if server:
        round_ = _Round(server, now)
        yield round_.of(Message, "Mail is to be sent", partial(_letter_to_person, server))
        put = partial(notification_email.put_into_mails, now=now)
        yield Batch(Notification, notification_email.waiting(now), "Staff are to be told by mail", change=put)
        yield round_.of(NotificationEmail, "Mail to staff is to be sent", partial(_letter_to_staff, server))


class _Round:
    """One round of sending; where the server itself is out of reach, the rest is left for the next."""

    def __init__(self, server: MailServer, now: datetime) -> None:
        self.server, self.now = server, now
        self.in_vain = False

    def of(self, kind: type[OutgoingMail], rule: str, letter: Callable[[Any], EmailMessage | None]) -> Batch:
        """The part of the round that sends the mails of one kind."""
        due = {"next_attempt_at": {"$lte": self.now}}
        take = partial(self.take, letter)
        return Batch(kind, due, rule, change=take, pick=self.possible, batch=1)

    def possible(self, mails: list[Any]) -> list[Any]:
        return [] if self.in_vain else mails

    def take(self, letter: Callable[[Any], EmailMessage | None], mails: list[Any]) -> int:
        """Take mails in hand, so that no other process sends them, and send them once that is stored."""
        for mail in mails:
            mail.claim(self.now)
        writer.save(*mails, now=self.now)
        for mail in mails:
            after_commit(partial(self._send, mail, letter))
        return len(mails)

    def _send(self, mail: OutgoingMail, letter: Callable[[Any], EmailMessage | None]) -> None:
        made = letter(mail)
        if made is None:
            mail.mark_skipped()
        else:
            self._hand_in(mail, made)
        with suppress(RecordDeleted):  # it went with its person a moment ago
            in_transaction(partial(self._mark, mail))

    def _hand_in(self, mail: OutgoingMail, made: EmailMessage) -> None:
        try:
            self.server.send(made)
        except Rejected as error:
            mail.mark_rejected(str(error))
        except Deferred as error:
            self.in_vain = error.of_server
            mail.mark_deferred(str(error), self.now)
            log.warning("A mail could not be sent for now (attempt %d).", mail.attempts)
        else:
            mail.mark_sent(self.now)

    def _mark(self, mail: OutgoingMail) -> None:
        """Keep how it went; the handler is told of what will not arrive."""
        writer.save(mail, now=self.now)
        if isinstance(mail, Message) and mail.state in {Delivery.RETURNED, Delivery.GIVEN_UP}:
            send([_undelivered(mail, self.now)])


def _letter_to_person(server: MailServer, message: Message) -> EmailMessage | None:
    to, text = message.to, message.text
    if to is None or text is None:
        return None  # its person was erased a moment ago
    signed = "\n\n".join(filter(None, (text, footer(message.language or "en"))))
    return server.letter(
        message.pk, to, message.subject, signed, message.created_at, message.earlier, message.language
    )


def _letter_to_staff(server: MailServer, mail: NotificationEmail) -> EmailMessage | None:
    """The mail to a member of staff, in their language; None where it has nothing left to say to them."""
    notices, reader = mail.still_to_tell(), mail.reader()
    if not notices or reader is None:
        return None
    language = reader.language or runtime.current().panel.language
    said = notification_letter.subject(notices, language), notification_letter.text(notices, language)
    return server.letter(mail.pk, reader.email, *said, mail.created_at, [], language)


def _undelivered(message: Message, now: datetime) -> dict[str, Any]:
    ticket = database()[message.collection].find_one({"_id": message.ticket}, {"assignee": 1}) or {}
    to = [ticket["assignee"]] if ticket.get("assignee") else []
    return notification(
        f"undelivered:{message.pk}:{message.attempts}", NotificationKind.UNDELIVERED, message.collection,
        message.ticket, message.number, now, to, to_role=None if to else "supervisor",
    )  # fmt: skip
