"""Send what waits in the outbox: each message is taken in hand, sent, and marked, in this order.

A process that dies between the server's yes and the mark leaves a message that somebody takes up
again once the lease is over: it may arrive twice then, under the same Message-ID, but never not at all.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from documents.message import Delivery, Message
from documents.notice import Occasion, notice, post
from documents.storage import writing
from documents.storage.database import after_commit, atomically, database
from jobs import mailing
from jobs.job import Part
from jobs.mailing import MailServer, PutOff, Refused

log = logging.getLogger(__name__)


def deliver_outbox(now: datetime) -> Iterator[Part]:
    """Send the messages whose time has come. Without a mail server, everything waits."""
    server = mailing.server()
    if server:
        round_ = _Round(server, now)
        due = {"next_attempt_at": {"$lte": now}}
        yield Part(Message, due, "Mail is to be sent", change=round_.take, pick=round_.possible, batch=1)


class _Round:
    """One round of sending; where the server itself is out of reach, the rest is left for the next."""

    def __init__(self, server: MailServer, now: datetime) -> None:
        self.server, self.now = server, now
        self.in_vain = False

    def possible(self, messages: list[Message]) -> list[Message]:
        return [] if self.in_vain else messages

    def take(self, messages: list[Message]) -> int:
        """Take messages in hand, so that no other process sends them, and send them once that is stored."""
        for message in messages:
            message.take_in_hand(self.now)
        writing.save(*messages, now=self.now)
        for message in messages:
            after_commit(partial(self._send, message))
        return len(messages)

    def _send(self, message: Message) -> None:
        to, text = message.to, message.text
        if to is None or text is None:
            return  # its person was erased a moment ago
        letter = self.server.letter(
            message.pk, to, message.subject, text, message.created_at, message.earlier, message.language
        )
        try:
            self.server.send(letter)
        except Refused as error:
            message.was_refused(str(error))
        except PutOff as error:
            self.in_vain = error.of_server
            message.was_put_off(str(error), self.now)
            log.warning("A message could not be sent for now (attempt %d).", message.attempts)
        else:
            message.was_sent(self.now)
        atomically(partial(self._mark, message))

    def _mark(self, message: Message) -> None:
        """Keep how it went; the handler is told of what will not arrive."""
        writing.save(message, now=self.now)
        if message.state in {Delivery.RETURNED, Delivery.GIVEN_UP}:
            post([_undelivered(message, self.now)])


def _undelivered(message: Message, now: datetime) -> dict:
    ticket = database()[message.collection].find_one({"_id": message.ticket}, {"assignee": 1}) or {}
    to = [ticket["assignee"]] if ticket.get("assignee") else []
    return notice(
        f"undelivered:{message.pk}:{message.attempts}", Occasion.UNDELIVERED, message.collection,
        message.ticket, message.number, now, to, to_role=None if to else "supervisor",
    )  # fmt: skip
