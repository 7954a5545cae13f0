"""The end of a batch on a terminal: how it went, and where everything lies."""

import json
import shlex
from collections import Counter
from typing import TYPE_CHECKING

import click

from agent.terminal import console_out

if TYPE_CHECKING:
    from pydantic import JsonValue

    from agent.batch.work import Batch, Ended


def show(batch: "Batch", ended: "Ended", *, as_json: bool, explained: bool = False) -> None:
    """How it went, and where everything lies; `explained`: and before that, of each task, what led to the choice."""
    if as_json:
        click.echo(json.dumps(_record(batch, ended, explained=explained)))
        return
    console = console_out()
    if explained:
        from agent.cli.explain import explain_tasks

        explain_tasks(console, batch.run, batch.mine)
    where = shlex.quote(str(batch.run.path))
    kinds = Counter(ended.failed.values())
    console.print(f"{ended.done} of {len(batch.mine)} tasks have a result.", highlight=False)
    for kind, count in sorted(kinds.items()):
        console.print(
            f"{count} failed ({kind}). To try them again: shrewd resume {where} --retry {kind}", soft_wrap=True
        )
    if ended.left:
        why = "a budget was reached" if ended.out_of_budget else "another process holds them, or it was interrupted"
        console.print(f"{len(ended.left)} are left: {why}. To go on: shrewd resume {where}", soft_wrap=True)
    console.print(f"Predictions: {batch.run.predictions.absolute()}", soft_wrap=True)
    console.print(f"Grade them with: shrewd grade {where}    What happened: shrewd report {where}", soft_wrap=True)


def _record(batch: "Batch", ended: "Ended", *, explained: bool) -> "JsonValue":
    record: dict[str, JsonValue] = {
        "schema_version": 1,
        "tasks": len(batch.mine),
        "done": ended.done,
        "failed": dict(ended.failed),
        "left": list(ended.left),
        "out_of_budget": ended.out_of_budget,
        "run_directory": str(batch.run.path.absolute()),
        "predictions_file": str(batch.run.predictions.absolute()),
    }
    if explained:
        from agent.cli.explain import task_explanations

        record["explanation"] = task_explanations(batch.run, batch.mine)
    return record
