"""What people see when something does not work: what happened, and what they can do about it."""

import logging
from http import HTTPStatus
from typing import Any

from bson.errors import BSONError
from flask import Flask, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from mongoengine.errors import DoesNotExist, ValidationError
from pymongo.errors import ConnectionFailure, PyMongoError
from werkzeug.exceptions import BadRequest, Conflict, HTTPException, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

from language.words import N_
from records.storage.writer import ConcurrentModification

log = logging.getLogger(__name__)

WORDS = {
    400: (N_("This cannot be read"), N_("Something in the address or the form is not as it should be.")),
    401: (N_("Please sign in"), N_("This is only for those who have signed in.")),
    403: (N_("Not for your role"), N_("Your role does not allow this. Ask an administrator if you need it.")),
    404: (N_("Not found"), N_("There is nothing here: it was deleted, or the address is wrong.")),
    405: (N_("Not like this"), N_("This page cannot be used in that way.")),
    409: (N_("Changed meanwhile"), N_("Somebody else changed this meanwhile. Please look at it again.")),
    413: (N_("Too large"), N_("What you sent is too large. A file may have 16 MB.")),
    429: (N_("Too many tries"), N_("Please wait a few minutes, then try again.")),
    500: (N_("Something went wrong"), N_("This is our fault, and it was noted. Please try again.")),
    503: (
        N_("Back in a moment"),
        N_("The database does not answer right now. Nothing was changed. Please try again in a minute."),
    ),
}
EXPIRED = (
    N_("This form is too old"),
    N_("It was open for too long, or you signed in again meanwhile. Please load the page anew."),
)


def init_app(app: Flask) -> None:
    """Answer every failure with a page in the reader's language, or with JSON to a program."""
    app.before_request(_refuse_nul)
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(BSONError, _not_found)
    app.register_error_handler(DoesNotExist, _not_found)
    app.register_error_handler(ConcurrentModification, _changed_meanwhile)
    app.register_error_handler(ValidationError, _not_as_it_should_be)
    app.register_error_handler(OverflowError, _not_as_it_should_be)
    app.register_error_handler(PyMongoError, _database_failed)


def _refuse_nul() -> None:
    """No text we keep has a NUL in it, and the database takes none in names and patterns."""
    texts = [request.path, *request.args, *request.args.values(), *request.form, *request.form.values()]
    if any("\0" in text for text in texts):
        raise BadRequest


def _not_found(_error: Exception) -> Any:
    """An id that is none is that of no record."""
    return _answer(NotFound())


def _changed_meanwhile(_error: ConcurrentModification) -> Any:
    return _answer(Conflict())


def _not_as_it_should_be(error: Exception) -> Any:
    """A value that no form let through, or a number that no page has."""
    log.info("A request was refused (%s).", type(error).__name__)
    return _answer(BadRequest())


def _database_failed(error: PyMongoError) -> Any:
    """Tell a database that is away from one that refuses what we ask, which is our fault."""
    if not _is_away(error):
        raise error
    log.error("The database does not answer (%s).", type(error).__name__)
    return _answer(ServiceUnavailable())


def _answer(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400 or error.response is not None:
        return error
    if _is_away(getattr(error, "original_exception", None)):
        code = 503
    if code == 401 and not wants_json():
        return redirect(url_for("security.login", next=_where_to_go_on()))
    title, text = EXPIRED if isinstance(error, CSRFError) else WORDS.get(code, _other_words(code))
    said = _said_here(error)
    headers = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
    if code == 503:
        headers.append(("Retry-After", "10"))
    return _body(code, gettext(title), said or gettext(text)), code, headers


def _said_here(error: HTTPException) -> str | None:
    """What we said ourselves, translated already: `BadRequest(_("…"))`. Descriptions of the
    framework's own errors are in English and about its insides."""
    ours = type(error) in {BadRequest, Conflict} and "description" in vars(error)
    return error.description if ours else None


def _is_away(error: BaseException | None) -> bool:
    return isinstance(error, PyMongoError) and (isinstance(error, ConnectionFailure) or error.timeout)


def _where_to_go_on() -> str | None:
    """What to show after signing in; a form that was sent cannot be shown again."""
    if request.method != "GET" or request.path in {"/", "/logout"}:
        return None
    return request.full_path if request.query_string else request.path


def _other_words(code: int) -> tuple[str, str]:
    return HTTPStatus(code).phrase, WORDS[500][1] if code > 500 else WORDS[400][1]


def wants_json() -> bool:
    """Tell whether a program asks, and not a person's browser."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def _body(code: int, title: str, text: str) -> Response | str:
    reference = g.get("reference") if code >= 500 else None
    if wants_json():
        return jsonify(code=code, error=title, message=text, reference=reference)
    if code >= 500:  # whoever it is, finding out may be what failed
        current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]
    page = {"code": code, "title": title, "text": text, "reference": reference, **_way_back(code)}
    bare = {"nav": None, "me": None, "languages": None} if code >= 500 else {}
    try:
        return render_template("steward/message.html", page=page, **bare)
    except Exception:
        log.exception("The page for an error could not be made.")
        return f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p>"


def _way_back(code: int) -> dict[str, str]:
    if code in {404, 403, 405, 413} or request.method != "GET":
        return {"back_url": "/", "back_label": gettext("To the first page")}
    return {"back_url": request.path, "back_label": gettext("Try again")}
