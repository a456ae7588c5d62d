"""/healthz: whether Steward can do its work, for load balancers and monitors."""

from collections.abc import Callable

import pymongo
from flask import Flask, jsonify
from pymongo.errors import PyMongoError
from werkzeug.wrappers import Response

from records.storage.database import client

PING_SECONDS = 1.0

Check = Callable[[], str | None]
"""Returns what is wrong, in a few words that name no host and no version, or None."""


def init_app(app: Flask, checks: dict[str, Check] | None = None) -> None:
    """Open /healthz to everybody. `checks` are asked as well, by name."""

    def healthz() -> tuple[Response, int]:
        found = {name: check() for name, check in ({"database": database_answers} | (checks or {})).items()}
        well = not any(found.values())
        answer = {"status": "ok" if well else "unavailable"}
        answer |= {name: fault or "ok" for name, fault in found.items()}
        return jsonify(answer), 200 if well else 503

    app.add_url_rule("/healthz", "healthz", healthz)


def database_answers() -> str | None:
    """Ask the database for a sign of life, and wait for it a second at most."""
    try:
        with pymongo.timeout(PING_SECONDS):
            client().admin.command("ping")
    except PyMongoError:
        return "does not answer"
    return None
