"""The mail server: how one message is handed to it, and what its answer means."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

from bson import ObjectId

SECONDS = 20
PERMANENT = 500
"""Answers from here on will not change by themselves (RFC 5321, 4.2.1)."""


class Deferred(Exception):
    """The server is out of reach or asks to be tried later; `of_server`: so it is for all messages."""

    def __init__(self, answer: str, *, of_server: bool = False) -> None:
        super().__init__(answer)
        self.of_server = of_server


class Rejected(Exception):
    """The server will never take this message; its answer may quote the address."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and under which address it goes out."""

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def message_id(self, pk: ObjectId) -> str:
        """The Message-ID of a record: the same however often it is sent."""
        return f"<{pk}@{Address(addr_spec=self.sender).domain}>"

    def letter(
        self, pk: ObjectId, to: str, subject: str, text: str, now: datetime, earlier: list[ObjectId],
        language: str = "en",
    ) -> EmailMessage:  # fmt: skip
        """The mail itself; `earlier` are the messages of the same thread, the oldest first."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Date"] = self.sender, to, subject, now
        mail["Message-ID"] = self.message_id(pk)
        if earlier:
            mail["In-Reply-To"] = self.message_id(earlier[-1])
            mail["References"] = " ".join(self.message_id(one) for one in earlier)
        mail.set_content(text)
        mail["Content-Language"] = language.replace("_", "-")  # the content sweeps away what stood there
        return mail

    def send(self, mail: EmailMessage) -> None:
        """Hand one mail in. Raises `ActionRefused` or `Deferred`; after neither, the server has it."""
        with self._at_the_counter() as counter:
            try:
                counter.send_message(mail)
            except smtplib.SMTPRecipientsRefused as error:
                raise _meaning(*next(iter(error.recipients.values()))) from error
            except smtplib.SMTPSenderRefused as error:
                raise Deferred(_said(error.smtp_code, error.smtp_error), of_server=True) from error
            except smtplib.SMTPResponseException as error:
                raise _meaning(error.smtp_code, error.smtp_error) from error
            except smtplib.SMTPNotSupportedError as error:
                raise Rejected("The mail server takes no such address.") from error
            except (smtplib.SMTPException, OSError) as error:
                raise Deferred(type(error).__name__, of_server=True) from error

    @contextmanager
    def _at_the_counter(self) -> Iterator[smtplib.SMTP]:
        try:
            counter = self._reach()
        except (smtplib.SMTPException, OSError) as error:
            raise Deferred(type(error).__name__, of_server=True) from error
        try:
            yield counter
        finally:
            counter.close()  # what was taken is taken; a server that fails to say goodbye changes nothing

    def _reach(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            counter: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            counter = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            if self.security == "starttls":
                counter.starttls(context=ssl.create_default_context())
            if self.user:
                counter.login(self.user, self.password or "")
        except BaseException:
            counter.close()
            raise
        return counter


def _meaning(code: int, said: bytes | str) -> Exception:
    return Rejected(_said(code, said)) if code >= PERMANENT else Deferred(_said(code, said))


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {text}"[:300]
