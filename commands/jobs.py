"""Background work from the command line: run it, list it, do one job now."""

import json
from functools import partial

import click

import jobs
from commands.backup import warn_of_old_copies
from commands.context import Entrance
from commands.progress import show
from records.job_state import UnknownJob


def add_to(cli: click.Group) -> None:
    cli.add_command(background)


@click.group("jobs", invoke_without_command=True)
@click.pass_context
def background(ctx: click.Context) -> None:
    """Do the background work in this process until it is stopped, or one of the commands below."""
    if ctx.invoked_subcommand is None:
        with ctx.obj.opened("jobs"):
            warn_of_old_copies()
            click.echo("The jobs are running; Ctrl-C ends them at the next batch.")
            jobs.run_forever()


@background.command("list")
@click.pass_obj
def list_jobs(entrance: Entrance) -> None:
    """List every job, when it runs next and how it went last."""
    with entrance.opened("jobs"):
        for row in jobs.list_jobs():
            last = row["last"]
            went = f"{last.state}, {last.changed} changed, {last.failed} failed" if last else "not run yet"
            due = f"{row['next_run_at']:%Y-%m-%d %H:%M} UTC" if row["next_run_at"] else "–"
            click.echo(f"{row['job']:<22} {row['cadence']:<28} next {due:<21} {went}")
        warn_of_old_copies()


@background.command("run")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Change nothing; tell what would be done.")
@click.pass_obj
def run_job(entrance: Entrance, name: str, dry_run: bool) -> None:
    """Do one job now. The last line is one JSON object with its counts."""
    with entrance.opened("jobs"), click.progressbar(length=1, label=name) as bar:
        try:
            outcome = jobs.run_now(name, dry_run=dry_run, progress=partial(show, bar))
        except (UnknownJob, jobs.JobBusy, jobs.JobFailed) as error:
            raise click.ClickException(str(error)) from error
        show(bar, 1, 1)
    click.echo(json.dumps(outcome, ensure_ascii=False, default=str))
