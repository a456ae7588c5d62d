"""What was asked of the database while a test ran: its pages promise how little that is."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import monitoring


class Commands(monitoring.CommandListener):
    """The commands sent, as (name, collection) and whole, while `listening`."""

    def __init__(self) -> None:
        self.listening = False
        self.sent: list[tuple[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.listening:
            self.sent.append((event.command_name, event.command.get(event.command_name)))
            self.bodies.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""

    def forget(self) -> None:
        """Count from here on."""
        self.sent.clear()
        self.bodies.clear()


_commands = Commands()
monitoring.register(_commands)  # before any connection is made: later ones only are listened to


@pytest.fixture
def commands() -> Iterator[Commands]:
    _commands.forget()
    _commands.listening = True
    yield _commands
    _commands.listening = False
