"""Import files that other programs wrote."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from commands.entrance import Entrance
from commands.progress import show
from documents.importing import ImportRefused, import_file, mapping_named, shipped

SHOWN = 1000


def add_to(cli: click.Group) -> None:
    cli.add_command(import_)


@click.command("import")
@click.argument("kind", type=click.Choice(["complaints", "feedback"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    "mapping_name",
    required=True,
    help=f"What stands in which column: one of {', '.join(shipped())}, or a file.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and store none.")
@click.pass_obj
def import_(entrance: Entrance, kind: str, file: Path, mapping_name: str, dry_run: bool) -> None:
    """Import complaints or feedback from a CSV or XLSX FILE.

    Rejected rows are listed with line and reason. A row that is here already is left as it is, so
    importing again adds nothing. The last line is one JSON object with the counts.
    """
    try:
        mapping = mapping_named(mapping_name)
        if mapping.kind.collection_name() != kind:
            raise click.ClickException(
                f"The mapping {mapping_name} is for {mapping.kind.collection_name()}, not for {kind}."
            )
        if not file.is_file():
            raise click.ClickException(f"There is no file {file}.")
        with entrance.opened("import"), click.progressbar(length=1, label=file.name) as bar:
            result = import_file(
                file, mapping, now=datetime.now(UTC), dry_run=dry_run, progress=partial(show, bar)
            )
            show(bar, 1, 1)
    except ImportRefused as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    for lines in (result.rejections(), result.omissions()):
        for number, line in enumerate(lines):
            if number == SHOWN:
                click.echo("… and more.")
                break
            click.echo(line)
    click.echo(json.dumps(result.counts()))
