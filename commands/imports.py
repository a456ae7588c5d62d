"""Import files that other programs wrote, and take an import back."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from admin.locale import in_every_language
from commands.context import Entrance
from commands.progress import show
from exchange.importing import (
    ImportRefused,
    Mapping,
    builtin_mappings,
    import_file,
    import_log,
    importable,
    load_mapping,
    mapping_builder,
    parse_mapping,
    undo,
    uploads,
)
from records.declaration.record import Governed

SHOWN = 1000


def add_to(cli: click.Group) -> None:
    cli.add_command(import_)


@click.command("import")
@click.argument(
    "kind", metavar="REGISTER", type=click.Choice(sorted(importable.importable_kinds())), required=False
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--mapping",
    "mapping_name",
    help=f"What stands in which column: one of {', '.join(builtin_mappings())}, or a file. Left out, it is guessed.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and store none.")
@click.option(
    "--undo",
    "undone",
    is_flag=False,
    flag_value="",
    metavar="[IMPORT]",
    help="Take back what an import brought in; without its id, list the latest imports.",
)
@click.option("--reason", default="undone on the command line", help="Why an import is undone.")
@click.pass_obj
def import_(
    entrance: Entrance,
    kind: str | None,
    file: Path | None,
    mapping_name: str | None,
    dry_run: bool,
    undone: str | None,
    reason: str,
) -> None:
    """Import records into a REGISTER from a CSV or XLSX FILE, or take an import back.

    Rejected rows are listed with line and reason. A row that is here already is left as it is, so
    importing again adds nothing. The last line is one JSON object with the counts.
    """
    if undone is not None:
        _undo(entrance, kind, undone, reason)
        return
    if kind is None or file is None:
        raise click.UsageError("Say into which register, and from which file.")
    _import(entrance, importable.importable_kinds()[kind], file, mapping_name, dry_run=dry_run)


def _import(
    entrance: Entrance, kind: type[Governed], file: Path, mapping_name: str | None, *, dry_run: bool
) -> None:
    now = datetime.now(UTC)
    try:
        mapping = load_mapping(mapping_name) if mapping_name else None
        if mapping and mapping.kind is not kind:
            into = mapping.kind.collection_name()
            raise click.ClickException(
                f"The mapping {mapping_name} is for {into}, not for {kind.collection_name()}."
            )
        if not file.is_file():
            raise click.ClickException(f"There is no file {file}.")
        with entrance.opened("import"):
            mapping = mapping or _guessed(entrance, kind, file)
            begun = None if dry_run else import_log.begin(kind, file.name, now)
            with click.progressbar(length=1, label=file.name) as bar:
                batch, told = begun.pk if begun else None, partial(show, bar)
                result = import_file(file, mapping, now=now, dry_run=dry_run, batch=batch, progress=told)
                show(bar, 1, 1)
            if begun:
                import_log.end(begun, result, datetime.now(UTC))
    except ImportRefused as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    for lines in (result.rejections(), result.omissions()):
        _list(lines)
    if result.added and not dry_run:
        click.echo(f"To take this import back: python app.py import --undo {result.batch}")
    click.echo(json.dumps(result.counts()))


def _guessed(entrance: Entrance, kind: type[Governed], file: Path) -> Mapping:
    """What the names and the looks of the columns tell; said, so that nobody has to guess what was."""
    columns = uploads.columns(file)
    panel = entrance.panel()
    with panel.app_context():
        words = mapping_builder.Words.of(kind, in_every_language())
    targets = mapping_builder.guessed(kind, columns, words)
    if lacking := importable.missing(kind, set(targets)):
        raise click.ClickException(
            f"No column looks as if it held {lacking[0]}, and no record is without one; say which, with --mapping."
        )
    for column, target in zip(columns, targets, strict=True):
        click.echo(f"“{column.name}”: {target or 'left out'}")
    how = mapping_builder.Reading(source=file.stem, zone=panel.config["BABEL_DEFAULT_TIMEZONE"])
    return parse_mapping(mapping_builder.proposed(kind, columns, targets, words, how))


def _undo(entrance: Entrance, about: str | None, text: str, reason: str) -> None:
    with entrance.opened("import"):
        task = import_log.named(text)
        if task is None:
            for one, left in import_log.latest(about):
                when = f"{one.created_at:%Y-%m-%d %H:%M} UTC"
                click.echo(f"{one.pk}  {when}  {one.about}  {one.name}  {left} records")
            wrong = f"There is no import {text}." if text else "Say which import: --undo IMPORT."
            raise click.ClickException(wrong)
        kind = importable.importable_kinds().get(task.about or "")
        if kind is None:
            raise click.ClickException("These records are no longer kept here.")
        with click.progressbar(length=1, label=task.name) as bar:
            now = datetime.now(UTC)
            outcome = undo.take_all_back(kind, task.pk, reason, now, partial(show, bar))
            show(bar, 1, 1)
    _list(f"{one['label']}: {one['message'] % one['words']}" for one in outcome.problems)
    click.echo(json.dumps({"undone": outcome.done, "kept": len(outcome.problems)}))


def _list(lines: Iterable[str]) -> None:
    for number, line in enumerate(lines):
        if number == SHOWN:
            click.echo("… and more.")
            break
        click.echo(line)
