"""The demo: a made-up company to try everything on."""

import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from flask_security import hash_password
from rich.console import Console
from rich.table import Table

import demo
import jobs
from commands.context import Entrance
from commands.progress import show

SIGN_INS = "demo-signins.json"

SignIns = dict[str, dict[str, str]]


def add_to(cli: click.Group) -> None:
    cli.add_command(demo_)


@click.command("demo")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--reset", is_flag=True, help="Throw the demo's data away and start over.")
@click.pass_obj
def demo_(entrance: Entrance, no_browser: bool, reset: bool) -> None:
    """Show the panel with a made-up company's records, on the embedded database or the one named.

    The records are loaded once. The sign-ins, one a role and a second compliance officer's, are printed and left in demo-signins.json
    in the data folder.
    """
    with entrance.opened("demo", demo=True):
        file = entrance.data_dir / SIGN_INS
        try:
            sign_ins = _prepared(entrance, file, reset=reset)
        except demo.NotTheDemos as error:
            raise click.ClickException(str(error)) from error
        _print(sign_ins)
        scheduler = jobs.start_scheduler()
        try:
            entrance.listen(entrance.panel(), browse=not no_browser)
        finally:
            scheduler.stop()


def _prepared(entrance: Entrance, file: Path, *, reset: bool) -> SignIns:
    """Load the records unless they are there; return the sign-ins."""
    if not reset and demo.loaded() and file.exists():
        click.echo("The demo's records are as you left them; --reset starts over.")
        return json.loads(file.read_text())
    if not reset and demo.loaded():
        raise click.ClickException(
            f"The demo's sign-ins are gone from {file}; --reset makes everything anew."
        )
    with entrance.panel().app_context(), click.progressbar(length=1, label="Loading") as bar:
        loaded = demo.load(datetime.now(UTC), hash_password, partial(show, bar))
    _write(file, loaded.sign_ins)
    return loaded.sign_ins


def _write(file: Path, sign_ins: SignIns) -> None:
    """Leave the sign-ins for their owner's eyes only."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump(sign_ins, opened, indent=1)


def _print(sign_ins: SignIns) -> None:
    table = Table(title="Sign in as", title_justify="left")
    for heading in ("Role", "E-mail", "Password"):
        table.add_column(heading, no_wrap=True)
    for name, account in sign_ins.items():
        table.add_row(account.get("role", name), account["email"], account["password"])
    Console().print(table)
