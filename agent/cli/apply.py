"""`shrewd apply`: bring the patch of a finished run into the repository."""

from pathlib import Path

import click


@click.command
@click.argument("run_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--branch", metavar="NAME", help="Commit it to a new branch instead; the checkout stays as it is.")
def apply(run_dir: Path, branch: str | None) -> int:
    """Apply the patch of the run in RUN_DIR to the work tree it was made for.

    Paths with uncommitted changes are never touched: then nothing is applied. Prints how to undo it.
    """
    from agent.apply import apply_run
    from agent.errors import UserError
    from agent.rundir import RunDir
    from agent.stored import load_task
    from agent.terminal import printable

    places = RunDir(run_dir).tasks()
    if not places:
        raise UserError(f"{run_dir} is not a run directory: it has no task")
    for place in places:
        for line in apply_run(place, load_task(place.task).task, apply=branch is None, branch=branch):
            click.echo(printable(line))
    return 0
