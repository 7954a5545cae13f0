"""`shrewd resume`: go on with any run."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.bench import Manner, batch_options
from agent.cli.options import Given, SettingsCommand, settings_options
from agent.cli.solve import Ending
from agent.cli.solve import work as work_on_one

if TYPE_CHECKING:
    from agent.rundir import RunDir
    from agent.settings import Settings


@click.command(cls=SettingsCommand)
@click.argument("run_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--apply", is_flag=True, help="Apply the patch to the work tree at the end.")
@click.option("--branch", metavar="NAME", help="Commit the patch to a new branch at the end.")
@click.option("--accept-changes", is_flag=True, help="Go on although settings differ that change answers.")
@click.option("--shard", metavar="I/N", help="Of a run over a dataset: work on the I-th of N parts.")
@click.option(
    "--retry", multiple=True, metavar="KIND", help="Of a run over a dataset: try failures of this kind again."
)
@batch_options
@settings_options
def resume(
    given: Given,
    *,
    run_dir: Path,
    apply: bool,
    branch: str | None,
    accept_changes: bool,
    shard: str | None,
    retry: tuple[str, ...],
    manner: Manner,
) -> int:
    """Go on with the run in RUN_DIR: after a crash, a Ctrl-C, or with a higher --budget.

    What was paid for is not paid for again. Settings are those of the run; flags change them. Tasks of a dataset
    that failed are tried again only with --retry: image, network, sandbox, model, ... or all.
    """
    from agent.prepare import keep_settings, load_run
    from agent.rundir import RunDir

    run = RunDir(run_dir)
    over_dataset = run.dataset.exists()
    if not over_dataset:
        run = load_run(run_dir)
    settings = given.over(run.config)
    keep_settings(run, settings, change=accept_changes)
    if over_dataset:
        if apply or branch:
            raise click.UsageError("--apply and --branch are for a run of one repository's issue, not of a dataset")
        return _batch(run, settings, shard, replace(manner, retry=retry))
    _refuse(run_dir, {"--shard": shard, "--retry": retry, "--keep-images": manner.keep_images is not None})
    _refuse(run_dir, {"--save-trajectories": manner.save_trajectories})
    return _one(run, settings, Ending(apply, branch, manner.as_json))


def _refuse(run: Path, options: Mapping[str, object]) -> None:
    for name, given in options.items():
        if given:
            raise click.UsageError(f"{name} is for runs over a dataset, and {run} is none")


def _one(run: "RunDir", settings: "Settings", ending: Ending) -> int:
    from agent.prepare import Prepared
    from agent.stored import load_task

    tasks = [Prepared(run, place, load_task(place.task), settings) for place in run.tasks()]
    return max(asyncio.run(work_on_one(prepared, ending)) for prepared in tasks)


def _batch(run: "RunDir", settings: "Settings", shard: str | None, manner: Manner) -> int:
    from agent.batch.plan import load_plan
    from agent.batch.work import check_kinds
    from agent.cli.bench import work
    from swe_tasks.subset import choose, parse_shard

    check_kinds(manner.retry)
    plan = load_plan(run)
    part = None if shard is None else parse_shard(shard)
    mine = tuple(plan.tasks[position] for position in choose(plan.tasks, shard=part))
    return work(run, plan, mine, settings, manner)
