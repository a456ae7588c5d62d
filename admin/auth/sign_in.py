"""Signing in and out, by Flask-Security on our own staff, sessions and audit trail."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import flask_security
from flask import Flask, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import user_logged_out
from flask_security import (
    LoginForm,
    PasswordUtil,
    Security,
    current_user,
    password_complexity_validator,
    password_length_validator,
    user_authenticated,
)
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import Unauthorized, UnsupportedMediaType
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from admin.auth import rate_limit
from admin.auth.accounts import Account, Accounts
from admin.current_user import actor_of
from admin.http.safe_redirect import local_path
from documents.staff.staff import RoleName, Staff
from language.words import N_
from records.storage.audit import AuditAction
from records.storage.writer import record_event
from security.actor import act_as

OPEN_TO_ALL = {"static", "healthz", "language", "security.login"}
OPEN_ROOMS = {"portal"}
"""Endpoints and blueprints that need no sign-in; everything else does."""

ZXCVBN_READS = 72
"""It refuses to rate a longer password, which is no easier to guess than its beginning."""

POLICY = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],  # argon2 salts each password itself
    "SECURITY_PASSWORD_LENGTH_MIN": 12,
    "SECURITY_PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_TRACKABLE": True,
    "SECURITY_DATETIME_FACTORY": lambda: datetime.now(UTC),
    "SECURITY_FRESHNESS": timedelta(-1),
    "SECURITY_LOGOUT_METHODS": None,  # our own page asks first, and a link alone signs nobody out
    "SECURITY_STATIC_FOLDER": None,
    "SECURITY_CACHE_CONTROL": None,
    "SECURITY_FLASH_MESSAGES": False,
    "SECURITY_LOGIN_USER_TEMPLATE": "steward/sign_in.html",
    "SECURITY_I18N_DOMAIN": "messages",
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
        N_("This e-mail address and this password do not belong together. Please try again."),
        "error",
    ),
    "SECURITY_MSG_PASSWORD_INVALID_LENGTH": (N_("A password has 12 to 128 characters."), "error"),
    "SECURITY_MSG_PASSWORD_TOO_SIMPLE": (
        N_("This password is easily guessed. Several unusual words make a better one."),
        "error",
    ),
    "SESSION_PROTECTION": None,  # a phone changes its address; the session's id is secret enough
}


class SignInForm(LoginForm):
    """Address and password. There is no "remember me": such a cookie outlives signing out."""

    email = EmailField(
        lazy_gettext("E-mail"),
        filters=[lambda text: text and text.strip()],
        validators=[InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[InputRequired(), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    remember = None

    def validate(self, **options: Any) -> bool:
        """Check both, and note a refusal: of whose account, never what was typed."""
        if super().validate(**options):
            return True
        if self.ifield:  # both were entered, and did not open an account
            record_event(
                AuditAction.REFUSED, "staff", self.user.staff.pk if self.user else None, reason=self._fault()
            )
        return False

    def _fault(self) -> str:
        if self.user is None:
            return N_("Sign-in with an unknown address")
        return N_("Sign-in to a closed account") if self.user_authenticated else N_("Wrong password")


class Passwords(PasswordUtil):
    """What a new password must be (R80): 12 to 128 characters that are not easily guessed."""

    def validate(self, password: str, is_register: bool, **known: Any) -> tuple[list[str] | None, str]:
        """Return what is wrong, and the password as it is hashed. `known` is what a guesser knows."""
        plain = self.normalize(password)
        faults = password_length_validator(plain) or password_complexity_validator(
            plain[:ZXCVBN_READS], is_register, **known
        )
        return faults, plain


class WeakPassword(ValueError):
    """This password does not do; the message says why."""


def accepted_password(password: str, staff: Staff) -> str:
    """Return the hash of a new password of `staff` (R80). Raises `WeakPassword`."""
    faults, plain = current_app.extensions["security"].password_util.validate(
        password, True, name=staff.name, email=staff.email
    )
    if faults:
        raise WeakPassword(" ".join(faults))
    return flask_security.hash_password(plain)


def init_app(app: Flask, signins: Mapping[str, dict[str, str]]) -> None:
    """Open /login and /logout, and close everything else to those who are not signed in.

    `signins` are the demo's, by role, shown under its sign-in form.
    """
    app.config.update(POLICY, SECURITY_I18N_DIRNAME=app.extensions["babel"].translation_directories)
    security = Security(app, Accounts(), login_form=SignInForm, password_util_cls=Passwords)
    security.principal.skip_static = True
    security.want_json(lambda _request: False)  # an answer in JSON may hold a token that outlives signing out
    security.login_manager.request_loader(lambda _request: None)  # ... and none is taken
    security.login_context_processor(lambda: {"demo_signins": _in_words(signins)})
    app.add_url_rule("/logout", "logout", sign_out, methods=["GET", "POST"])
    rate_limit.init_app(app, "security.login")
    app.before_request(_ask_who_it_is)
    app.before_request(_take_the_form_alone)
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)


def _in_words(signins: Mapping[str, dict[str, str]]) -> list[dict[str, str]]:
    return [
        {**signin, "role": gettext(RoleName(signin.get("role", name)).label)}
        for name, signin in signins.items()
    ]


def sign_out() -> Response | str:
    """End the session, on the server too. A link only leads to the question."""
    if request.method == "POST":
        flask_security.logout_user()
        return redirect(url_for("security.login"))
    page = {
        "title": gettext("Sign out"),
        "question": gettext("Do you want to sign out?"),
        "action_url": url_for("logout"),
        "submit_label": gettext("Sign out"),
        "cancel_url": "/",
    }
    return render_template("steward/confirm.html", page=page)


def _take_the_form_alone() -> None:
    """Refuse a sign-in by JSON, which nothing counts; forget where to go on if that is elsewhere."""
    if request.endpoint != "security.login":
        return
    if request.is_json:
        raise UnsupportedMediaType
    for sent in ("args", "form"):
        values = MultiDict(getattr(request, sent))
        if values.get("next") and not local_path(values["next"], ""):
            values.poplist("next")
            setattr(request, sent, ImmutableMultiDict(values))


def _ask_who_it_is() -> None:
    """Let nobody in who has not signed in; what does not exist is not found all the same."""
    is_open = request.endpoint in OPEN_TO_ALL or request.blueprint in OPEN_ROOMS
    if request.endpoint and not is_open and not current_user.is_authenticated:
        raise Unauthorized


def _signed_in(app: Flask, user: Account, **_details: Any) -> None:
    """Go on under a new session id, so that a planted one is worth nothing."""
    language = session.get("language")
    kept = {name: session[name] for name in ("_user_id", "_fresh", "_id", "fs_paa") if name in session}
    app.session_interface.renew(session)  # type: ignore[attr-defined]
    session.clear()
    session.update(kept | ({"language": language} if language else {}))
    with act_as(actor_of(user.staff)):
        record_event(AuditAction.SIGN_IN, "staff", user.staff.pk)


def _signed_out(app: Flask, user: Any, **_details: Any) -> None:
    """Forget the session on the server: a copy of its cookie opens nothing."""
    if user and user.is_authenticated:
        record_event(AuditAction.SIGN_OUT, "staff", user.staff.pk)
    language = session.get("language")
    app.session_interface.renew(session)  # type: ignore[attr-defined]
    session.clear()
    if language:
        session["language"] = language
