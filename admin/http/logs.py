"""What is logged: one line a request and what goes wrong, never what is in a record.

On a terminal the lines are for reading, elsewhere each is one JSON object. Query strings stay out:
people search for names. So do the messages of errors, but for those kinds that speak of code and not of
values: "invalid literal: '李小明'" is what a record says.
"""

import logging
import secrets
import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, g, request, request_finished
from jinja2 import TemplateError
from pymongo.errors import ConnectionFailure
from werkzeug.wrappers import Response

from security.actor import NobodyActing, current_actor

SPEAKS_OF_CODE = (AttributeError, NameError, ImportError, TypeError, TemplateError, OSError)
QUIET = {"pymongo", "waitress.queue", "apscheduler", "faker"}

access = structlog.stdlib.get_logger("access")


def configure(level: str) -> None:
    """Log at `level` and above to standard error. Safe to repeat."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_records,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    look = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, look],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def init_app(app: Flask) -> None:
    """Give each request a number, and log how it ended."""
    app.before_request(_begin)
    request_finished.connect(_log, app)


def _begin() -> None:
    g.reference = secrets.token_hex(4)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(reference=g.reference)


def _log(_app: Flask, response: Response, **_details: Any) -> None:
    took = round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None
    access.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=took,
        actor=_who(),
        address=request.remote_addr,
    )


def _who() -> str | None:
    try:
        return current_actor().id
    except NobodyActing:
        return None


def _without_records(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Write an exception with the lines it came through, and its message where that quotes no record."""
    info = event.pop("exc_info", None)
    if not info:
        return event
    error = (
        info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    )
    if error:
        event["exception"] = "\n".join(_told(error))
    return event


def _told(error: BaseException) -> list[str]:
    if isinstance(error, ConnectionFailure):  # a database that is away explains itself
        return [f"{type(error).__name__}: {error}"]
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*_told(earlier), "... and then:"] if earlier else []
    lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    message = f": {error}" if isinstance(error, SPEAKS_OF_CODE) else ""
    return [*lines, f"{type(error).__name__}{message}"]
