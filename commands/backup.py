"""Keep what is kept: back it up, restore it, and renew the keys."""

import json
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

import jobs
from backup import BackupRefused, create_backup, create_key_backup, restore_backup
from commands.context import Entrance
from commands.progress import show
from records.storage import key_rotation, keys

FOLDER = click.Path(path_type=Path, file_okay=False)


def add_to(cli: click.Group) -> None:
    for command in (backup, restore_, rotate_keys):
        cli.add_command(command)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--keys-only", is_flag=True, help="Write the data keys alone, in the place of older ones.")
@click.pass_obj
def backup(entrance: Entrance, folder: Path, keys_only: bool) -> None:
    """Back everything up to a new FOLDER, while everybody works on.

    Its folder `keys` is to be kept apart from the rest, and the keyring apart from both. The last line
    is one JSON object with the counts.
    """
    now = datetime.now(UTC)
    with entrance.opened("backup"):
        try:
            if keys_only:
                counts = create_key_backup(folder, now)
            else:
                with click.progressbar(length=1, label="Backing up") as bar:
                    counts = create_backup(folder, now, partial(show, bar))
        except (BackupRefused, OSError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"This backup opens with the keyring as it is now (master key {counts['epoch']}): keep a copy of that "
        "apart from it, and a new one whenever the master key was turned."
    )
    click.echo(json.dumps(counts, ensure_ascii=False))


@click.command("restore")
@click.argument("folder", type=FOLDER)
@click.option(
    "--keys", "keys_folder", type=FOLDER, help="The newest backup of the keys, if not FOLDER's own."
)
@click.pass_obj
def restore_(entrance: Entrance, folder: Path, keys_folder: Path | None) -> None:
    """Restore the backup in FOLDER into an empty database.

    Everything is checked first. What was deleted since the backup was made is deleted again before
    anyone can sign in. A restore that broke off is begun anew by the same command. The last line is
    one JSON object with the counts.
    """
    now = datetime.now(UTC)
    with entrance.opened("restore"), click.progressbar(length=1, label="Restoring") as bar:
        try:
            counts = restore_backup(folder, keys_folder, now, partial(show, bar))
        except (BackupRefused, OSError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(json.dumps(counts, ensure_ascii=False))


def warn_of_old_copies() -> None:
    """Say so where no copy of the keys opens with the keyring as it is now."""
    if keys.copies_are_old():
        click.echo(
            "Warning: the master key was turned since the keys were last copied, so no copy of them can be "
            "restored. Run `python app.py backup --keys-only FOLDER`, and copy the keyring as well.",
            err=True,
        )


@click.command("rotate-keys")
@click.argument(
    "which", nargs=-1, type=click.Choice(["master", "search", "hashes"]), metavar="[master|search|hashes]…"
)
@click.pass_obj
def rotate_keys(entrance: Entrance, which: tuple[str, ...]) -> None:
    """Renew keys: the master key, that of the search index, that of the hashes; all three unless named.

    Everybody works on meanwhile. Where it broke off, the job of this name carries it on. The last line
    is one JSON object with the counts.
    """
    now = datetime.now(UTC)
    renew = {
        "master": key_rotation.ask_to_turn,
        "search": key_rotation.rotate_search_key,
        "hashes": key_rotation.renew_audit,
    }
    with entrance.opened("rotate-keys"), click.progressbar(length=1, label="rotate-keys") as bar:
        try:
            for name in which or tuple(renew):
                renew[name](now)
            outcome = jobs.run_now("rotate-keys", progress=partial(show, bar))
            if keys.keyring().reindexing:  # until writes that were begun under the old key have ended
                time.sleep(key_rotation.WRITE_GRACE.total_seconds())
                outcome = jobs.run_now("rotate-keys")
        except (key_rotation.UnderWay, jobs.JobBusy, jobs.JobFailed) as error:
            raise click.ClickException(str(error)) from error
        show(bar, 1, 1)
        warn_of_old_copies()
    click.echo("Copies of the keyring that you keep are out of date now: replace them.")
    click.echo(json.dumps(outcome, ensure_ascii=False, default=str))
