"""Work a deadline out from the command line, with every step on the way."""

import json

import click

from working_time.calendars import CALENDARS, calendar_named
from working_time.spans import ImpossibleDeadline, read_hours, read_start


def add_to(cli: click.Group) -> None:
    cli.add_command(deadline)


# Options that are none are let through, so that hours like -1 are refused in words.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("start")
@click.argument("hours")
@click.option(
    "--calendar", "name", default="CN", show_default=True, help=f"Whose hours count: {', '.join(CALENDARS)}."
)
def deadline(start: str, hours: str, name: str) -> None:
    """Explain when HOURS of working time are over that begin at START.

    START is a moment in ISO 8601 with its offset, such as 2026-02-13T17:00:00+08:00; HOURS may have
    decimals. Each line tells what the clock does, for how long and why; the last line is the same as
    JSON, with the moments in the calendar's zone. It knows the calendars as they ship: it asks neither
    database nor keys.
    """
    try:
        explanation = calendar_named(name).explain(read_start(start), read_hours(hours))
    except ImpossibleDeadline as error:
        raise click.ClickException(str(error)) from error
    for line in explanation.lines():
        click.echo(line)
    click.echo(json.dumps(explanation.as_json(), ensure_ascii=False))
