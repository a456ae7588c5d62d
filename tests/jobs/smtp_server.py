"""A mail server for tests: it speaks SMTP on a real socket and keeps what it takes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from mail.smtp import MailServer


class Sink(socketserver.ThreadingTCPServer):
    """`taken` are the mails it took; `verdicts` what it says to the next recipients instead of yes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.verdicts: list[str] = []
        self.hangs_up = False

    @property
    def server(self) -> MailServer:
        """How the product is told of it."""
        return MailServer("127.0.0.1", "care@steward.example", self.server_address[1], "none")


class _Talk(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self.say("220 sink")  # until the other side goes, or is left standing
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                self.server.recipients.append(line.partition("<")[2].rstrip(">"))
                self.say(self.server.verdicts.pop(0) if self.server.verdicts else "250 ok")
            elif word == "DATA":
                self.say("354 go on")
                self.take()
                if self.server.hangs_up:
                    return
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
            else:
                self.say("250 ok")

    def take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        mail: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.taken.append(mail)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def running() -> Iterator[Sink]:
    """A sink that listens until the block is left."""
    with Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()
