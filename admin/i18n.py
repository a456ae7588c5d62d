"""Words in the reader's language, looked up once a request: a list says some two hundred of them, and
finding out the language anew for each takes longer than all else about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask_babel
from flask import Flask, has_request_context
from flask.globals import request_ctx


def init_app(app: Flask) -> None:
    """Have the templates of `app` speak with these words."""
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)


def gettext(text: str, **values: Any) -> str:
    """`text` in the reader's language, with its blanks filled in."""
    translated = _translations().ugettext(text)
    return translated % values if values else translated


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The form of a sentence that fits `num`, in the reader's language; %(num)s is written as 1,204."""
    translated = _translations().ungettext(one, many, num)
    return translated % {"num": flask_babel.format_decimal(num), **values}


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Say everything in the language `code` for a while: for what somebody else is to read."""
    with flask_babel.force_locale(code):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    if hasattr(request_ctx, "translations"):
        del request_ctx.translations


def _translations() -> Any:
    if not has_request_context():
        return flask_babel.get_domain().get_translations()
    try:
        return request_ctx.translations  # type: ignore[attr-defined]
    except AttributeError:
        found = request_ctx.translations = flask_babel.get_domain().get_translations()  # type: ignore[attr-defined]
        return found
