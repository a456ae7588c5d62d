"""The application and its command line: the only place that reads the settings and knows every room."""

import atexit
import json
import os
import signal
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import mongoengine
import waitress
from flask import Flask
from flask_wtf import CSRFProtect
from pymongo.errors import PyMongoError
from werkzeug.middleware.proxy_fix import ProxyFix

import admin
import jobs
import runtime
from admin import current_user, locale
from admin.auth import maintenance, sessions, sign_in
from admin.http import errors, headers, health, logs, message_catalogs
from backup import BackupRefused, restore_is_running
from commands import backup, deadline, imports, setup, workflow_diagram
from commands import demo as demo_command
from commands import jobs as jobs_command
from config import Settings, WrongSetting, read_settings, unknown_settings
from embedded.database import Embedded, EmbeddedDatabaseError
from mail.panel_links import PanelLinks
from mail.smtp import MailServer
from records.storage import keys
from records.storage.database import DatabaseUnusable, connect
from records.storage.indexes import ensure_indexes
from security.actor import Actor, act_as
from security.keyring import Keyring, KeyringError, KeyringFile

HERE = Path(__file__).parent
LARGEST_UPLOAD = 16 * 1024 * 1024
LARGEST_FORM, MOST_INPUTS = 8 * 1024 * 1024, 20_000
THREADS = 8
REFUSALS = (
    WrongSetting, KeyringError, DatabaseUnusable, EmbeddedDatabaseError, sign_in.WeakPassword, BackupRefused,
)  # fmt: skip
WHILE_RESTORING = {"restore", "serve", "jobs", "indexes"}
"""The commands that go on while a backup is restored; those that serve and work wait for its end."""


def create_app(settings: Settings) -> Flask:
    """Build the web application. The database is open and the keys are handed over: see `get_keys`."""
    message_catalogs.compile_stale(HERE / "translations")
    app = Flask(
        "steward", root_path=str(HERE), static_folder="admin/static", template_folder="admin/templates"
    )
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value()
        if settings.secret_key
        else keys.keyring().session.hex(),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=MOST_INPUTS,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: nobody loses what they typed
        STORAGE_LOCATION=settings.storage_location,
        BABEL_DEFAULT_LOCALE=settings.language,
        BABEL_DEFAULT_TIMEZONE=settings.time_zone,
    )
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies, proxies)  # type: ignore[method-assign]
    signins = demo_signins(settings)
    app.context_processor(lambda: {"demo": bool(signins)})

    logs.init_app(app)  # the order is that in which a request meets them
    sessions.init_app(app, secure=settings.cookies_are_secure)
    current_user.init_app(app)
    headers.init_app(app, secure=settings.cookies_are_secure)
    locale.init_app(app, HERE / "translations")
    maintenance.init_app(app)
    sign_in.init_app(app, signins)
    errors.init_app(app)
    CSRFProtect(app)
    admin.init_app(app)
    health.init_app(app)
    return app


def wsgi() -> Flask:
    """The application for a server of your choice: `gunicorn "app:wsgi()"`."""
    settings = begin()
    stack = ExitStack()
    stack.enter_context(opened(settings, "serve"))
    atexit.register(stack.close)
    return create_app(settings)


def begin() -> Settings:
    """Read the settings, and say which are none. Raises `WrongSetting`."""
    settings = read_settings()
    logs.configure(settings.log_level)
    for sentence in unknown_settings():
        click.echo(f"Warning: {sentence}", err=True)
    return settings


@contextmanager
def opened(settings: Settings, command: str, *, demo: bool = False) -> Iterator[None]:
    """Open the database and the keys, and let `command` answer for what is written meanwhile.

    Without an address the embedded database of the data folder is started, or joined where it runs.
    Raises one of `REFUSALS`.
    """
    with ExitStack() as stack:
        keyring = open_keyring(settings, demo=demo)
        if settings.mongodb_uri:
            uri = settings.mongodb_uri.get_secret_value()
        else:
            uri = stack.enter_context(Embedded(settings.data_dir))
        stack.callback(mongoengine.disconnect)
        connect(uri)
        runtime.configure(
            keyring=keyring,
            erasure_approval=settings.erasure_approval,
            mail_server=mail_server(settings),
            panel=panel_links_of(settings),
        )
        if command not in WHILE_RESTORING and restore_is_running():
            raise BackupRefused(
                "A backup is being restored, or was and did not come to its end: let it, or begin "
                "`python app.py restore FOLDER` again."
            )
        ensure_indexes()
        stack.enter_context(act_as(Actor.command(command)))
        yield


def mail_server(settings: Settings) -> MailServer | None:
    """Where replies to users are handed in; None where none is set. Raises `WrongSetting`."""
    if not settings.smtp_host:
        return None
    if not settings.smtp_from:
        raise WrongSetting(
            "STEWARD_SMTP_FROM is missing; with STEWARD_SMTP_HOST it should be the address that mail comes "
            "from, such as care@example.com."
        )
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return MailServer(
        settings.smtp_host, settings.smtp_from, settings.smtp_port, settings.smtp_security,
        settings.smtp_user, password,
    )  # fmt: skip


def panel_links_of(settings: Settings) -> PanelLinks:
    """The panel as mails speak of it; their words are compiled as those of its pages are."""
    message_catalogs.compile_stale(HERE / "translations")
    address = str(settings.public_address) if settings.public_address else None
    return PanelLinks(address, settings.language, settings.time_zone)


def open_keyring(settings: Settings, *, demo: bool = False) -> KeyringFile:
    """Read the keys; with the embedded database, make them the first time. Raises a refusal.

    On a database of its own an installation brings its own secrets: only a demo goes without.
    """
    file = settings.keyring_file
    if demo:
        if not file.exists():
            make_keyring(file)
    elif settings.mongodb_uri:
        if not settings.secret_key and not demo_signins(settings):
            raise WrongSetting(
                "STEWARD_SECRET_KEY is missing; with STEWARD_MONGODB_URI it should be at least 32 characters "
                "nobody can guess, such as the output of `openssl rand -hex 32`."
            )
    elif not (file.exists() or (settings.data_dir / "database").exists()):
        make_keyring(file)
    return KeyringFile(file)


def make_keyring(file: Path) -> bool:
    """Make keys at `file` unless there are some; tell whether it did. Safe for two at once."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        Keyring.new().write(fresh)
        os.link(fresh, file)  # fails where a file is, unlike a rename
    except FileExistsError:
        return False
    except OSError as error:
        raise KeyringError(f"The keys cannot be written to {file}: {error.strerror}.") from error
    finally:
        fresh.unlink(missing_ok=True)
    click.echo(
        f"Warning: new keys are in {file}. Keep a copy apart: without them no data can be read.", err=True
    )
    return True


def demo_signins(settings: Settings) -> dict[str, dict[str, str]]:
    """The sign-ins that the demo left in the data folder, by role; none where there is no demo."""
    try:
        return json.loads((settings.data_dir / "demo-signins.json").read_text())
    except (OSError, ValueError):
        return {}


class Commands(click.Group):
    """Tells what failed in one line, with exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except REFUSALS as error:
            raise click.ClickException(str(error)) from error
        except PyMongoError as error:
            raise click.ClickException(f"The database failed ({type(error).__name__}).") from error


class Entrance:
    """The way in for commands: reads the settings when the first of them asks."""

    @cached_property
    def settings(self) -> Settings:
        return begin()

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def opened(self, command: str, *, demo: bool = False) -> AbstractContextManager[None]:
        return opened(self.settings, command, demo=demo)

    def panel(self) -> Flask:
        return create_app(self.settings)

    def make_keys(self) -> tuple[Path, bool]:
        file = self.settings.keyring_file
        return file, make_keyring(file)

    def listen(self, panel: Flask, *, browse: bool = False) -> None:
        listen(panel, self.settings, browse=browse)


@click.group(cls=Commands)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Steward: an admin panel for a company's user data. Settings are read from STEWARD_* variables."""
    ctx.obj = Entrance()


@cli.command()
@click.pass_obj
def serve(entrance: Entrance) -> None:
    """Serve the panel and do its background work until it is stopped."""
    with entrance.opened("serve"):
        scheduler = jobs.start_scheduler()
        try:
            entrance.listen(entrance.panel())
        finally:
            scheduler.stop()


def listen(app: Flask, settings: Settings, *, browse: bool = False) -> None:
    """Answer requests until SIGINT or SIGTERM; what has begun is finished first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            ident="",
            max_request_body_size=LARGEST_UPLOAD,
            clear_untrusted_proxy_headers=not settings.trusted_proxies,
        )
    except OSError as error:
        raise WrongSetting(
            f"Steward cannot listen on port {settings.port} of {settings.host} ({error.strerror}); "
            "STEWARD_PORT should be a free port, and STEWARD_HOST an address of this machine."
        ) from error
    address = f"http://{settings.host}:{server.effective_port}/"
    click.echo(f"Steward is at {address}")
    if browse:
        webbrowser.open(address)
    server.run()


for subject in (jobs_command, deadline, imports, backup, setup, demo_command, workflow_diagram):
    subject.add_to(cli)

if __name__ == "__main__":
    cli()
