"""The README says what is so."""

import re
from pathlib import Path

import click

from app import cli
from config import PREFIX, Settings

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_settings_table_is_the_settings() -> None:
    told = re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)

    declared = [
        (name.upper(), "–" if field.default is None else f"`{field.default}`", field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert told == declared


def test_every_command_is_in_the_readme() -> None:
    commands = cli.list_commands(click.Context(cli))

    assert [name for name in commands if not re.search(rf"`(python app\.py )?{name}\b", README)] == []
