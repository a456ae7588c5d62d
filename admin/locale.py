"""In which language and time zone people read: their choice, else their browser's, else the default."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import flask_babel
from flask import Flask, current_app, has_request_context, redirect, request, session
from flask_babel import Babel, Domain, get_locale
from flask_security import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response
from wtforms.i18n import messages_path

from admin import i18n
from admin.http.safe_redirect import local_path
from language.languages import Language
from records.storage.writer import ConcurrentModification


def init_app(app: Flask, catalogues: Path) -> None:
    """Speak the reader's language, with the catalogues compiled in `catalogues`.

    WTForms has Taiwan's words under a name that no reader of zh_Hant_TW is led to, so the
    catalogues hold a copy of them; it comes last and so wins.
    """
    Babel(
        app,
        default_translation_directories=str(catalogues),
        locale_selector=_chosen,
        timezone_selector=time_zone,
    )
    app.extensions["form_words"] = Domain([messages_path(), str(catalogues)], domain="wtforms")
    i18n.init_app(app)
    app.add_url_rule("/language", "language", choose, methods=["POST"])
    app.context_processor(_for_templates)


def choose() -> Response:
    """Remember the language a reader asks for, with their account where they are signed in."""
    language = request.form.get("language", "")
    if language not in set(Language):
        raise BadRequest
    session["language"] = language
    if current_user.is_authenticated:
        current_user.staff.language = language
        with suppress(ConcurrentModification):  # then it holds for this session only
            current_user.staff.save()
    return redirect(local_path(request.form.get("next")))


def language() -> str:
    """Return the reader's language, one of `Language`."""
    return str(get_locale())


def in_every_language() -> Callable[[str], set[str]]:
    """Return what says a word in each of the languages."""
    catalogues = []
    for code in Language:
        with flask_babel.force_locale(code):
            catalogues.append(flask_babel.get_domain().get_translations())
    return lambda text: {catalogue.ugettext(text) for catalogue in catalogues}


def time_zone() -> str:
    """Return the reader's zone."""
    return Language.named(language()).zone or current_app.config["BABEL_DEFAULT_TIMEZONE"]


def local(moment: datetime) -> datetime:
    """Return `moment` (aware) in the reader's zone."""
    return flask_babel.to_user_timezone(moment)


def best_of(accepted: list[tuple[str, float]]) -> str | None:
    """Return the language that suits a browser best, which names its own in order with their weight.

    Hong Kong and Macau read traditional characters; every other Chinese reads simplified ones.
    """
    for tag, weight in accepted:
        if weight > 0 and (asked := Language.of_tag(tag)):
            return asked
    return None


def _chosen() -> str:
    if not has_request_context():  # a command speaks the installation's language
        return current_app.config["BABEL_DEFAULT_LOCALE"]
    stored = session.get("language")
    if stored is None and current_user.is_authenticated:
        stored = current_user.staff.language
    if stored in set(Language):
        return stored
    return best_of(list(request.accept_languages)) or current_app.config["BABEL_DEFAULT_LOCALE"]


def _for_templates() -> dict[str, object]:
    chosen = language()
    return {
        "locale": chosen,
        "html_lang": chosen.replace("_", "-"),
        "languages": [
            {"code": each, "label": each.native_name, "active": each == chosen} for each in Language
        ],
    }
