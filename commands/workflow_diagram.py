"""Draw the lives of tickets."""

import click

from documents.tickets.workflow_diagram import drawn


def add_to(cli: click.Group) -> None:
    cli.add_command(states)


@click.command()
def states() -> None:
    """Print the states of complaints and feedback and the steps between them, as Markdown with Mermaid.

    It knows them as they are declared: it asks neither database nor keys.
    """
    click.echo(drawn(), nl=False)
