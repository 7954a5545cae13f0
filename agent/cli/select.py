"""`shrewd select`: choose among patches from elsewhere."""

from pathlib import Path

import click

from agent.cli.bench import Chosen, Manner, batch_options, chosen_options, plan_run, work
from agent.cli.options import Given, SettingsCommand, settings_options


@click.command(cls=SettingsCommand)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--candidates",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A predictions file of one system; may be repeated, or followed by more files.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The run directory.")
@click.option("--accept-changes", is_flag=True, help="Go on with a run that was begun with other settings.")
@chosen_options
@batch_options
@settings_options
def select(
    given: Given,
    *,
    chosen: Chosen,
    manner: Manner,
    candidates: tuple[Path, ...],
    files: tuple[Path, ...],
    out: Path,
    accept_changes: bool,
) -> int:
    """Choose one patch a task among the predictions of several systems.

    The patches are applied to the repository in each task's image; those that make the same tree are one
    candidate. Where there are several, the model writes --samples test scripts, each is run on the base tree
    and on every candidate, and a script votes if it exits 2 on the base and 0 on some candidate. `shrewd
    resume` goes on.
    """
    from agent.batch.external import keep_externals, read_externals
    from agent.batch.prepare import check_settings
    from agent.prepare import keep_settings
    from agent.rundir import RunDir

    settings = given.resolve().settings
    check_settings(settings)
    run = RunDir(out)
    if run.dataset.exists() and not run.externals.exists():
        raise click.UsageError(f"{out} is a run that writes its own patches; choose another directory with --out")
    plan, mine = plan_run(run, chosen, settings.seed)
    keep_externals(run, read_externals([*candidates, *files], plan.tasks))
    keep_settings(run, settings, change=accept_changes)
    return work(run, plan, mine, settings, manner)
