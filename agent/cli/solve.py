"""`shrewd solve`: an issue in, a patch out."""

import asyncio
import json
import os
import shlex
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.getting import check_asks, get_model
from agent.cli.options import Given, SettingsCommand, settings_options

if TYPE_CHECKING:
    from pydantic import JsonValue

    from agent.prepare import Prepared, Wanted
    from agent.work import Pipeline, Worked


@dataclass(frozen=True, slots=True)
class Ending:
    """What to do with the patch, and how to tell."""

    apply: bool = False
    branch: str | None = None
    as_json: bool = False
    explain: bool = False


@click.command(cls=SettingsCommand)
@click.argument("repository", default=".")
@click.option("--issue", help="The issue: its text, a file or @FILE, - for standard input, or its address on GitHub.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The run directory.")
@click.option("--apply", is_flag=True, help="Apply the patch to the work tree at the end.")
@click.option("--branch", metavar="NAME", help="Commit the patch to a new branch at the end.")
@click.option("--accept-changes", is_flag=True, help="Go on with a run that was begun with other settings.")
@click.option("--explain", is_flag=True, help="Show everything that led to the choice.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@settings_options
def solve(
    given: Given,
    *,
    repository: str,
    issue: str | None,
    out: Path | None,
    apply: bool,
    branch: str | None,
    accept_changes: bool,
    explain: bool,
    as_json: bool,
) -> int:
    """Resolve an issue of REPOSITORY, a git work tree (default: here) or a URL.

    The work tree is never touched unless --apply or --branch says so: the patch is a file in the run directory.
    The same command again continues where it stopped, and so does `shrewd resume`.
    """
    from swe_tasks.github import parse_issue_url
    from swe_tasks.remote import is_url

    ref = parse_issue_url(repository)
    if ref is not None:
        repository, issue = f"https://{ref.host}/{ref.owner}/{ref.repo}", issue or repository
    if issue is None:
        raise click.UsageError("what is to be solved? Give --issue TEXT, @FILE, - or an address on GitHub")
    if is_url(repository) and (apply or branch):
        raise click.UsageError("--apply and --branch need a work tree on this machine, not a URL")
    settings = given.resolve(None if is_url(repository) else Path(repository)).settings
    from agent.places import runs_directory
    from agent.prepare import Wanted

    wanted = Wanted(repository, issue, settings, out, runs_directory(), os.environ.get("GITHUB_TOKEN"), accept_changes)
    return asyncio.run(_solve(wanted, Ending(apply, branch, as_json, explain)))


async def _solve(wanted: "Wanted", ending: Ending) -> int:
    from agent.prepare import prepare, read_issue
    from agent.rundir import RunDir
    from agent.terminal import console_err, one_line

    console = console_err()
    if wanted.out is not None and RunDir(wanted.out).externals.exists():
        raise click.UsageError(f"{wanted.out} is a run that chooses among patches; choose another directory with --out")
    check_asks(wanted.settings)
    text = await read_issue(wanted, sys.stdin.buffer)
    get_model(wanted.settings)
    prepared = prepare(wanted, text, lambda line: console.print(one_line(line, 500), style="dim"))
    console.print(f"Run directory: {prepared.run.path}", style="dim")
    return await work(prepared, ending)


async def work(prepared: "Prepared", ending: Ending) -> int:
    """Work on a task of a run for one repository, or go on with it, and tell; the exit code."""
    from agent.cli.progress import Progress
    from agent.cli.show import show_solution
    from agent.logs import install_logging
    from agent.machinery import open_machinery
    from agent.redact import Redactor
    from agent.rollup import write_run_files
    from agent.terminal import console_err, console_out
    from agent.work import work_on

    way = _way(prepared)
    redactor = Redactor.from_environment(os.environ)
    progress = Progress(console_err(), prepared.settings.samples)
    end_logging = install_logging(redactor=redactor, file=prepared.run.log)
    try:
        with progress.live():
            async with open_machinery(prepared.settings, os.environ, asks=way.asks) as machinery:
                worked = await work_on(
                    prepared,
                    machinery,
                    redact=redactor.redact,
                    watcher=progress,
                    pipeline=way.pipeline,
                    name=way.name,
                )
        write_run_files(prepared.run, [place.path.name for place in prepared.run.tasks()])
    except asyncio.CancelledError:
        where = shlex.quote(str(prepared.run.path))
        progress.say(f"What was paid for is kept. To go on: shrewd resume {where}")
        raise
    finally:
        end_logging()
    lines = _use_patch(prepared, ending)
    if ending.as_json:
        click.echo(json.dumps(_record(worked, explained=ending.explain)))
    else:
        show_solution(console_out(), worked, lines, explained=ending.explain)
    return worked.exit_code


@dataclass(frozen=True, slots=True)
class _Way:
    """How a patch is come by."""

    pipeline: "Pipeline"
    name: str | None
    """What the prediction says made it, if not the model."""
    asks: bool
    """Whether a model may be needed."""


def _way(prepared: "Prepared") -> _Way:
    """A run that has patches from elsewhere chooses among them; its model is got only where there are several."""
    from agent.batch.external import load_externals, much_to_choose
    from agent.batch.work import CHOSEN
    from agent.choose import choose
    from agent.solve import solve as write_patches

    externals, task = load_externals(prepared.run), prepared.stored.task.id
    if externals is None:
        check_asks(prepared.settings)
        get_model(prepared.settings)
        return _Way(write_patches, None, asks=True)
    mine = externals.get(task, ())
    asks = much_to_choose({task: mine})
    if asks:
        get_model(prepared.settings)
    return _Way(partial(choose, externals=mine), CHOSEN, asks)


def _record(worked: "Worked", *, explained: bool) -> "JsonValue":
    from agent.explanation import explanation_record
    from agent.results import solution_record

    solution, prepared = worked.solution, worked.prepared
    record = solution_record(prepared.stored.task, solution, worked.totals, prepared.run, exit_code=worked.exit_code)
    if not explained:
        return record
    assert isinstance(record, dict)
    return {**record, "explanation": explanation_record(solution.matrix, solution.selection, solution.refused)}


def _use_patch(prepared: "Prepared", ending: Ending) -> list[str]:
    """Apply or commit the patch as asked; lines that say what was done."""
    if not prepared.place.patch.is_file() or not (ending.apply or ending.branch):
        return []
    from agent.apply import apply_run

    return apply_run(prepared.place, prepared.stored.task, apply=ending.apply, branch=ending.branch)
