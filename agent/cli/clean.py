"""`shrewd clean`: remove what runs left behind, by our label, and nothing else."""

import sys
from pathlib import Path

import click

from agent.doctor.sandboxes import our_containers
from agent.errors import UserError
from agent.scratch import remove_stale_scratch, stale_scratch
from agent.terminal import printable


@click.command(
    epilog="Exit codes: 0 done, or there was nothing to do, 2 usage or environment error, 70 a fault in "
    "shrewd itself, 130 interrupted."
)
@click.option("--run", metavar="RUN", help="Only what belongs to this run: its directory, or its name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(run: str | None, yes: bool) -> int:
    """Remove what runs left behind, and only that.

    That is: containers that carry the label of shrewd, also of runs that are going on, and scratch
    directories whose owners have died. Run directories, patches and models stay. To remove only what is
    surely left over, use `shrewd doctor --reap`.
    """
    name = None if run is None else Path(run).absolute().name
    containers = our_containers(name)
    scratch = stale_scratch() if name is None else ()
    found = [*containers, *(f"scratch directory {path}" for path in scratch)]
    if not found:
        click.echo("There is nothing to remove.")
        return 0
    if not yes:
        _ask(found)
    if containers:
        from sandbox.docker import clean as remove_containers

        _tell(remove_containers(name))
    if scratch:
        _tell([f"scratch directory {path}" for path in remove_stale_scratch()])
    return 0


def _ask(found: list[str]) -> None:
    for line in found:
        click.echo(printable(line), err=True)
    if not sys.stdin.isatty():
        raise UserError(f"{len(found)} things would be removed; say --yes, since nobody can be asked here")
    click.confirm("Remove all of this?", abort=True, err=True)


def _tell(removed: list[str]) -> None:
    for line in removed:
        click.echo(f"removed {printable(line)}")
