"""What commands ask of the application to do their work: `ctx.obj`, made in app.py."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from flask import Flask


class Entrance(Protocol):
    """The way in: settings are read and the database opened once a command asks for it."""

    @property
    def data_dir(self) -> Path:
        """The folder of the embedded database, of its keys, and of what the demo writes."""

    def opened(self, command: str, *, demo: bool = False) -> AbstractContextManager[None]:
        """Open the database and the keys; `command` answers for what is written inside."""

    def panel(self) -> Flask:
        """Build the web application; the database is open."""

    def make_keys(self) -> tuple[Path, bool]:
        """Make the keys unless there are some; return their file and whether they are new."""

    def listen(self, panel: Flask, *, browse: bool = False) -> None:
        """Serve until SIGINT or SIGTERM; with `browse` open a browser on the first page."""
