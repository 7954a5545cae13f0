"""`shrewd select --run`: choose again on what a run has found out, or explain what it chose."""

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.getting import get_model
from agent.cli.options import Given

if TYPE_CHECKING:
    from pydantic import JsonValue

    from agent.reselect import Reselection
    from agent.rundir import RunDir
    from agent.settings import Settings


def choose_again(given: Given, run_dir: Path, *, as_json: bool, explain: bool) -> int:
    """Choose by the run's settings with what the command line says on top; with `explain` alone nothing is changed."""
    from agent.prepare import check_unchanged, keep_settings
    from agent.rundir import RunDir

    run = RunDir(run_dir)
    if not run.config.is_file():
        raise click.UsageError(f"{run_dir} is not a run directory: it has no {run.config.name}")
    if explain and not given.flags and not given.files:
        _show(run, None, "", as_json=as_json, explained=True)
        return 0
    settings = given.over(run.config)
    check_unchanged(run, settings)  # before anything is written
    found = _reselect(run, settings)
    keep_settings(run, settings)  # so that going on with the run keeps the choice
    _show(run, found, settings.method, as_json=as_json, explained=explain)
    return 0


def _reselect(run: "RunDir", settings: "Settings") -> "Reselection":
    from agent.decisions import pick_methods
    from agent.reselect import reselect
    from selection import METHODS

    if settings.method in METHODS:
        return reselect(run, settings.method, pick_methods([settings.method])[settings.method], seed=settings.seed)
    get_model(settings)
    return asyncio.run(_by_model(run, settings))


async def _by_model(run: "RunDir", settings: "Settings") -> "Reselection":
    from agent.logs import install_logging
    from agent.machinery import open_machinery
    from agent.redact import Redactor
    from agent.reselect import reselect_by_model
    from agent.workbench import Unwatched

    redactor = Redactor.from_environment(os.environ)
    end_logging = install_logging(redactor=redactor, file=run.log)
    try:
        async with open_machinery(settings, os.environ) as machinery:
            return await reselect_by_model(run, settings, machinery, redact=redactor.redact, watcher=Unwatched())
    finally:
        end_logging()


def _show(run: "RunDir", found: "Reselection | None", method: str, *, as_json: bool, explained: bool) -> None:
    from agent.decisions import task_names
    from agent.terminal import console_out

    if as_json:
        click.echo(json.dumps(_record(run, found, method, explained=explained)))
        return
    console = console_out()
    if explained:
        from agent.cli.explain import explain_tasks

        explain_tasks(console, run, task_names(run))
    if found is not None:
        for line in _lines(found, method):
            console.print(line, markup=False)


def _record(run: "RunDir", found: "Reselection | None", method: str, *, explained: bool) -> "JsonValue":
    from agent.decisions import task_names

    record: dict[str, JsonValue] = {"schema_version": 1}
    if found is not None:
        record["method"] = method
        record["tasks"] = {
            one.task: {"before": one.before, "after": one.after, "rule": one.rule} for one in found.tasks
        }
    if explained:
        from agent.cli.explain import task_explanations

        record["explanation"] = task_explanations(run, task_names(run))
    return record


def _lines(found: "Reselection", method: str) -> list[str]:
    from agent.terminal import one_line

    changed = [task for task in found.tasks if task.changed]
    lines = [
        one_line(f"{one.task}: {(one.before or 'nothing')[:8]} -> {(one.after or 'nothing')[:8]}   {one.rule}")
        for one in changed
    ]
    lines.append(f"Chosen again by {method}: {len(changed)} of {len(found.tasks)} choices changed.")
    if found.without_result:
        lines.append(f"{len(found.without_result)} tasks have nothing to choose from.")
    return lines
