"""`shrewd select`: choose among patches from elsewhere, or again on a stored run."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.bench import Chosen, Manner, batch_options, chosen_options, plan_run, work
from agent.cli.options import Given, SettingsCommand, settings_options

if TYPE_CHECKING:
    from agent.reselect import Reselection


@click.command(cls=SettingsCommand)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--candidates",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A predictions file of one system; may be repeated, or followed by more files.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The run directory.")
@click.option(
    "--run",
    "run_dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Instead: choose again on this run, by --method. Nothing is generated or executed.",
)
@click.option("--accept-changes", is_flag=True, help="Go on with a run that was begun with other settings.")
@chosen_options
@batch_options
@settings_options
def select(
    given: Given,
    *,
    chosen: Chosen | None,
    manner: Manner,
    candidates: tuple[Path, ...],
    files: tuple[Path, ...],
    out: Path | None,
    run_dir: Path | None,
    accept_changes: bool,
) -> int:
    """Choose one patch a task among the predictions of several systems.

    The patches are applied to the repository in each task's image; those that make the same tree are one
    candidate. Where there are several, the model writes --samples test scripts, each is run on the base tree
    and on every candidate, and --method chooses. `shrewd resume` goes on.
    """
    if run_dir is not None:
        if chosen or candidates or files or out:
            raise click.UsageError("--run chooses again on a run: it needs neither --dataset, --candidates nor --out")
        return _again(given, run_dir, as_json=manner.as_json)
    if chosen is None or out is None or not candidates:
        raise click.UsageError("give --dataset, --candidates and --out; or --run to choose again on a stored run")
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


def _again(given: Given, run_dir: Path, *, as_json: bool) -> int:
    from agent.decisions import pick_methods
    from agent.prepare import keep_settings
    from agent.reselect import reselect
    from agent.rundir import RunDir

    run = RunDir(run_dir)
    if not run.config.is_file():
        raise click.UsageError(f"{run_dir} is not a run directory: it has no {run.config.name}")
    settings = given.over(run.config)
    found = reselect(run, settings.method, pick_methods([settings.method])[settings.method], seed=settings.seed)
    keep_settings(run, settings)  # so that going on with the run keeps the choice
    _show(found, settings.method, as_json=as_json)
    return 0


def _show(found: "Reselection", method: str, *, as_json: bool) -> None:
    from agent.terminal import console_out, one_line

    changed = [task for task in found.tasks if task.changed]
    if as_json:
        tasks = {one.task: {"before": one.before, "after": one.after, "rule": one.rule} for one in found.tasks}
        click.echo(json.dumps({"schema_version": 1, "method": method, "tasks": tasks}))
        return
    console = console_out()
    for one in changed:
        line = f"{one.task}: {(one.before or 'nothing')[:8]} -> {(one.after or 'nothing')[:8]}   {one.rule}"
        console.print(one_line(line, 200), markup=False)
    console.print(f"Chosen again by {method}: {len(changed)} of {len(found.tasks)} choices changed.")
    if found.without_result:
        console.print(f"{len(found.without_result)} tasks have nothing to choose from.")
