"""The panel as tests use it: an application, a visitor, and people signed in by the real form.

Sign-ins go through the page as people's do. Only the hashing of passwords is made cheap.
"""

import re
import socket
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import mongoengine.connection
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo import MongoClient
from pymongo.database import Database
from werkzeug.test import TestResponse

import runtime
from security.actor import Actor, act_as
from security.permissions import Role

PASSWORD = "a lantern over nine rivers"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class PanelClient(FlaskClient):
    """A browser that fills in forms: `send` posts with the token that a page gave it."""

    staff: Any = None
    """Who is signed in, as `signed_in` stored them."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Read each answer to its end: one of a file left open is a leak."""
        return super().open(*args, **{"buffered": True, **options})

    _tokens: tuple[str, str] = ("", "")
    """The session's cookie, and the token that came with it."""

    def token(self) -> str:
        """A token against forgery, from a page that has a form; it holds for as long as the session."""
        cookie = self.get_cookie("steward")
        if cookie is None or cookie.value != self._tokens[0]:
            page = self.get("/logout" if self.staff else "/login")
            found, cookie = TOKEN.search(page.text), self.get_cookie("steward")
            assert found, f"{page.request.path} answered {page.status} and has no form"
            assert cookie
            self._tokens = (cookie.value, found[1])
        return self._tokens[1]

    def send(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.post(path, data={"csrf_token": self.token(), **(data or {})}, **options)

    def sign_in(self, email: str, password: str = PASSWORD, **options: Any) -> TestResponse:
        return self.send("/login", {"email": email, "password": password}, **options)


@pytest.fixture(scope="session")
def _panel(_indexed_database: Database) -> Flask:
    return panel_app()


def panel_app() -> Flask:
    """The application over the documents that are governed at this moment."""
    from app import create_app
    from config import Settings

    settings = Settings(secret_key="only for tests, " * 3, secure_cookies=False)
    app = create_app(settings)
    app.testing = True
    app.test_client_class = PanelClient
    app.extensions["security"].pwd_context.update(
        argon2__rounds=1, argon2__memory_cost=8, argon2__parallelism=1
    )
    return app


@pytest.fixture
def app(database: Database, _panel: Flask) -> Flask:
    """The application over an empty database."""
    from records.storage import keys
    from security.keyring import Keyring

    try:
        keys.keyring()
    except keys.NoKeyring:
        runtime.configure(keyring=Keyring.new())
    return _panel


@pytest.fixture
def client(app: Flask) -> PanelClient:
    """A visitor, who is nobody yet."""
    return app.test_client()


def make_account(app: Flask, *roles: Role, **fields: Any) -> Any:
    """An account in these roles; its password is PASSWORD."""
    from flask_security import hash_password

    from documents.staff.staff import Staff

    with app.app_context():
        hashed = hash_password(PASSWORD)
    known = {
        "name": f"A person of {' and '.join(roles)}",
        "email": f"{uuid.uuid4().hex[:8]}@steward.example",
        "roles": list(roles),
        "password": hashed,
        "fs_uniquifier": uuid.uuid4().hex,
    }
    with act_as(Actor.command("test")):
        return Staff(**(known | fields)).save()


@pytest.fixture
def account(app: Flask) -> Callable[..., Any]:
    """Make an account: `account(Role.AUDITOR, name="Ann")`."""
    return partial(make_account, app)


@pytest.fixture
def signed_in(app: Flask, account: Callable[..., Any]) -> Callable[..., PanelClient]:
    """Sign somebody in: `signed_in(Role.SUPERVISOR)` is their browser, and `.staff` who they are."""

    def signed_in(*roles: Role, **fields: Any) -> PanelClient:
        staff = account(*roles, **fields)
        browser = app.test_client()
        answer = browser.sign_in(staff.email)
        assert answer.status_code == 302, answer.text
        browser.staff = staff
        return browser

    return signed_in


@pytest.fixture
def deaf_database() -> Iterator[Database]:
    """A database whose server takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client: MongoClient = MongoClient("127.0.0.1", deaf.getsockname()[1], timeoutMS=200)
        yield client["deaf"]
        client.close()


@pytest.fixture
def without_database(app: Flask, deaf_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything talk to a database that does not answer."""
    from documents.staff.staff import Staff

    monkeypatch.setitem(mongoengine.connection._connections, "default", deaf_database.client)
    monkeypatch.setitem(mongoengine.connection._dbs, "default", deaf_database)
    monkeypatch.setattr(Staff, "_collection", None)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
