"""Nobody is let in while a backup is being restored: what was deleted since is not deleted again yet."""

from flask import Flask, request
from flask_security import current_user
from werkzeug.exceptions import ServiceUnavailable

from backup import restore_is_running

ALWAYS = {"static", "healthz", "language"}


def init_app(app: Flask) -> None:
    """Answer 503 to everybody who is not signed in; a restore begins by signing everyone out."""
    app.before_request(_wait_for_the_end)


def _wait_for_the_end() -> None:
    if request.endpoint not in ALWAYS and not current_user.is_authenticated and restore_is_running():
        raise ServiceUnavailable
