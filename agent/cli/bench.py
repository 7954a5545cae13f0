"""`shrewd bench`: many tasks of a dataset, solved, resumed, ready to be graded."""

import asyncio
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.getting import check_asks, get_model
from agent.cli.options import Given, SettingsCommand, settings_options

if TYPE_CHECKING:
    from agent.batch.plan import Plan
    from agent.batch.work import Batch, Ended
    from agent.rundir import RunDir
    from agent.settings import Settings


Command = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which tasks, as the command line says it."""

    dataset: str
    split: str | None
    revision: str | None
    only: tuple[str, ...]
    limit: int | None
    shuffle: bool
    shard: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How the tasks are worked on, and how it is told."""

    workers: int
    keep_images: int | None
    save_trajectories: bool
    retry: tuple[str, ...] = ()
    as_json: bool = False
    explain: bool = False
    """Show everything that led to the choices."""


def batch_options(function: Command) -> Command:
    """The options that `bench` and `resume` share; the function receives them as `manner`."""

    @wraps(function)
    def collect(
        *args: object, workers: int, keep_images: int | None, save_trajectories: bool, as_json: bool, **options: object
    ) -> int:
        manner = Manner(workers, keep_images, save_trajectories, as_json=as_json)
        return function(*args, manner=manner, **options)

    return _with(
        collect,
        click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Tasks at a time."),
        click.option(
            "--keep-images",
            type=click.IntRange(0),
            metavar="N",
            help="Of the images that this run pulls, keep the N used last. [default: all]",
        ),
        click.option("--save-trajectories", is_flag=True, help="Write a .traj.json of each trajectory."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table."),
    )


def chosen_options(function: Command) -> Command:
    """The options that choose tasks of a dataset; the function receives them as `chosen`, None without --dataset."""

    @wraps(function)
    def collect(
        *args: object,
        dataset: str | None,
        split: str | None,
        revision: str | None,
        only: tuple[str, ...],
        limit: int | None,
        shuffle: bool,
        shard: str | None,
        **options: object,
    ) -> int:
        from swe_tasks.subset import parse_shard

        part = None if shard is None else parse_shard(shard)
        if dataset is None:
            return function(*args, chosen=None, **options)
        return function(*args, chosen=Chosen(dataset, split, revision, only, limit, shuffle, part), **options)

    return _with(
        collect,
        click.option("--dataset", help="A Hugging Face name (or lite, verified, ...), or a file of rows."),
        click.option("--split", help="[default: test, or the only one]"),
        click.option("--revision", help="The dataset's revision on the hub."),
        click.option("--only", multiple=True, metavar="GLOB", help="Only tasks whose id matches; may be repeated."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N tasks; more later only adds."),
        click.option("--shuffle", is_flag=True, help="With --limit: tasks drawn by --seed instead of the first ones."),
        click.option("--shard", metavar="I/N", help="Work on the I-th of N parts; the others are for other machines."),
    )


def _with(
    function: Callable[..., int], *options: Callable[[Callable[..., int]], Callable[..., int]]
) -> Callable[..., int]:
    for option in reversed(options):
        function = option(function)
    return function


@click.command(cls=SettingsCommand)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The run directory.")
@click.option("--accept-changes", is_flag=True, help="Go on with a run that was begun with other settings.")
@chosen_options
@batch_options
@settings_options
def bench(given: Given, *, chosen: Chosen | None, manner: Manner, out: Path, accept_changes: bool) -> int:
    """Solve many tasks of a SWE-bench dataset, each in the container of its image.

    The same command again, or `shrewd resume`, goes on where it stopped; with a higher --limit or --samples it adds
    work. The patches are in predictions.jsonl; `shrewd grade` grades them. Exit code 0: every task has a
    result; 1: some failed or are left; 3: a budget was reached.
    """
    from agent.batch.prepare import check_settings
    from agent.prepare import keep_settings
    from agent.rundir import RunDir

    if chosen is None:
        raise click.UsageError("which tasks? Give --dataset NAME or --dataset FILE")
    settings = given.resolve().settings
    check_settings(settings)
    check_asks(settings)
    run = RunDir(out)
    if run.externals.exists():
        raise click.UsageError(f"{out} is a run that chooses among patches; choose another directory with --out")
    plan, mine = plan_run(run, chosen, settings.seed)
    keep_settings(run, settings, change=accept_changes)
    return work(run, plan, mine, settings, manner)


def plan_run(run: "RunDir", chosen: Chosen, seed: int) -> "tuple[Plan, tuple[str, ...]]":
    """The tasks of the run, stored in it, and those of them that are this process's."""
    from agent.batch.plan import keep_plan
    from swe_tasks.datasets import open_dataset, read_tasks
    from swe_tasks.subset import choose

    raw = open_dataset(chosen.dataset, split=chosen.split, revision=chosen.revision)

    def positions(shard: tuple[int, int] | None) -> tuple[int, ...]:
        return choose(raw.ids, only=chosen.only, limit=chosen.limit, shuffle=chosen.shuffle, seed=seed, shard=shard)

    plan = keep_plan(run, read_tasks(raw, positions(None)), raw.ids)
    mine = tuple(raw.ids[position] for position in positions(chosen.shard))
    return plan, (mine if chosen.shard else plan.tasks)


def work(run: "RunDir", plan: "Plan", mine: Sequence[str], settings: "Settings", manner: Manner) -> int:
    """Work through a run's tasks and say how it went; the exit code."""
    from agent.batch.external import load_externals, much_to_choose
    from agent.batch.work import Batch
    from agent.cli.batch_end import show
    from agent.failures import EXIT_INTERNAL

    externals = load_externals(run)
    asks = externals is None or much_to_choose(externals)
    if externals is None:
        check_asks(settings)
    if asks:
        get_model(settings)
    batch = Batch(
        run,
        settings,
        plan.tasks,
        tuple(mine),
        manner.workers,
        frozenset(manner.retry),
        manner.save_trajectories,
        externals,
    )
    ended = asyncio.run(_work(batch, plan, manner, asks=asks))
    show(batch, ended, as_json=manner.as_json, explained=manner.explain)
    if "internal" in ended.failed.values():
        return EXIT_INTERNAL  # recorded like any other failure, and still a fault of ours
    if ended.out_of_budget and ended.left:
        return 3
    return 1 if ended.failed or ended.left else 0


async def _work(batch: "Batch", plan: "Plan", manner: Manner, *, asks: bool) -> "Ended":
    from agent.batch.prepare import prepared_row, run_images
    from agent.batch.work import work_through
    from agent.cli.batch_progress import BatchProgress
    from agent.logs import install_logging
    from agent.machinery import open_machinery
    from agent.redact import Redactor
    from agent.terminal import console_err

    redactor = Redactor.from_environment(os.environ)
    images = run_images(batch.run, manner.keep_images)
    end_logging = install_logging(redactor=redactor, file=batch.run.log)
    try:
        async with open_machinery(batch.settings, os.environ, asks=asks) as machinery:
            progress = BatchProgress(console_err(), machinery.ledger)
            with progress.live():
                return await work_through(
                    batch,
                    machinery,
                    lambda task, say: prepared_row(batch.run, plan.rows[task], batch.settings, images, say),
                    redact=redactor.redact,
                    watcher=progress,
                )
    except asyncio.CancelledError:
        console_err().print(f"What was paid for is kept. To go on: shrewd resume {shlex.quote(str(batch.run.path))}")
        raise
    finally:
        end_logging()
