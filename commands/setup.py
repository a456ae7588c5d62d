"""What an installation needs once: keys, indexes, accounts."""

import sys
import uuid

import click
import mongoengine

from admin.auth.sign_in import accepted_password
from commands.context import Entrance
from documents.deadlines import backfill_next_due
from documents.staff.staff import RoleName, Staff
from documents.work import notification
from records.declaration.registry import registered
from records.lists import search
from records.storage.indexes import ensure_indexes
from records.storage.writer import DuplicateValue


def add_to(cli: click.Group) -> None:
    for command in (indexes, search_index, make_keys, create_staff):
        cli.add_command(command)


@click.command()
@click.pass_obj
def indexes(entrance: Entrance) -> None:
    """Create the indexes that the documents declare, and complete what older programs stored without."""
    with entrance.opened("indexes"):
        click.echo(f"All {ensure_indexes()} indexes are there.")
        if completed := backfill_next_due.complete() + notification.backfill_recipients():
            click.echo(f"{completed:,} older records were completed.")


@click.command("search-index")
@click.argument("collections", nargs=-1)
@click.pass_obj
def search_index(entrance: Entrance, collections: tuple[str, ...]) -> None:
    """Make the search index anew, of all registers or of COLLECTIONS. Safe to stop and to repeat."""
    with entrance.opened("search-index"):
        known = {kind.collection_name(): kind for kind in registered()}
        if unknown := [name for name in collections if name not in known]:
            raise click.ClickException(
                f"There is no register {unknown[0]}. The registers are: {', '.join(known)}."
            )
        changed = search.rebuild(
            [known[name] for name in collections or known],
            lambda name, done: click.echo(f"{name}: {done:,} read", err=True),
        )
    click.echo(f"The search index is right; {changed:,} records were changed.")


@click.command("keys")
@click.pass_obj
def make_keys(entrance: Entrance) -> None:
    """Make the keys of personal data, once."""
    file, made = entrance.make_keys()
    click.echo(f"The keys are in {file}." if made else f"There are keys in {file} already.")


@click.command("create-staff")
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True, help="What colleagues see.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice([role.value for role in RoleName]),
    help="May be given several times.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create_staff(
    entrance: Entrance, email: str, name: str, roles: tuple[str, ...], password_stdin: bool
) -> None:
    """Create an account for a member of staff."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with entrance.opened("create-staff"), entrance.panel().app_context():
        staff = Staff(
            name=name.strip() or None,
            email=email.strip().lower(),
            roles=list(roles),
            fs_uniquifier=uuid.uuid4().hex,
        )
        staff.password = accepted_password(password, staff)
        try:
            staff.save()
        except mongoengine.ValidationError as error:
            wrong = ", ".join(sorted(error.to_dict()))
            raise click.ClickException(f"This account cannot be made; please check: {wrong}.") from error
        except DuplicateValue as error:
            raise click.ClickException(f"There is an account for {staff.email} already.") from error
    click.echo(f"{staff.name} may sign in as {staff.email} now.")
