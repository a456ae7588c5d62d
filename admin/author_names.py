"""Who did something, in the reader's words: people by name, what runs without them by its title."""

from collections.abc import Mapping
from typing import Any

from flask import g

from admin.i18n import gettext as _
from language.words import N_
from records import job_state

COMMANDS: Mapping[str, str] = {
    "create-staff": N_("a new account"),
    "demo": N_("made-up records"),
    "import": N_("an import"),
    "jobs": N_("background work"),
    "jobs run": N_("background work"),
    "restore": N_("a backup restored"),
    "rotate-keys": N_("keys renewed"),
    "search-index": N_("the search index made anew"),
}
"""What is done on the command line that leaves a trace in histories."""


def who_did(entry: Mapping[str, Any]) -> str:
    """Who a deed in the audit trail is ascribed to."""
    kind, _colon, name = entry["actor"].partition(":")
    if kind == "job":
        return _automatic(name)
    return _on_the_command_line(name) if kind == "command" else str(entry["actor_name"])


def author(name: str) -> str:
    """Who wrote or did something, from the name that was kept with it."""
    if name in COMMANDS:
        return _on_the_command_line(name)
    return _automatic(name) if name in _titles() else name


def _automatic(name: str) -> str:
    return _("Automatic: %(what)s", what=_(_titles().get(name, name)))


def _on_the_command_line(name: str) -> str:
    return _("Command line: %(what)s", what=_(COMMANDS.get(name, name)))


def _titles() -> Mapping[str, str]:
    """What each job is called; read once a request."""
    if "job_titles" not in g:
        g.job_titles = job_state.titles()
    return g.job_titles
