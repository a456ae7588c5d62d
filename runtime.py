"""The facts that a process is given once, when it starts: keys, rules and addresses that stand in the settings.

`app.py` reads the settings and calls `configure`; every room reads `current()`.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from mail.panel_links import PanelLinks
from mail.smtp import MailServer
from security.keyring import Keyring, KeyringFile


@dataclass(frozen=True)
class Runtime:
    """What one process works with.

    keyring             the keys of personal data, or the file that they are read from
    erasure_approval    True if every erasure needs a plan that a second officer approves
    mail_server         where mail is handed in; without one it waits
    panel               where people reach the panel, for links in mails
    """

    keyring: Keyring | KeyringFile | None = None
    erasure_approval: bool = False
    mail_server: MailServer | None = None
    panel: PanelLinks = field(default_factory=PanelLinks)


_current = Runtime()


def configure(**facts: Any) -> None:
    """Replace some facts of this process by name. Safe to repeat."""
    global _current  # noqa: PLW0603 — the one piece of state that a process has
    _current = replace(_current, **facts)


def current() -> Runtime:
    return _current
