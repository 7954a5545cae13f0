"""The tasks of a run over a dataset, kept in the run directory: what solving may see, and apart from it what is
hidden until grading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agent.errors import RunConflict
from agent.rundir import RunDir, write_file
from swe_tasks.datasets import Dataset
from swe_tasks.rows import GradingRow, TaskRow, render_grading


@dataclass(frozen=True, slots=True)
class Plan:
    """`dataset.json`."""

    dataset: str
    split: str | None
    tasks: tuple[str, ...]
    """In the dataset's order, those of all shards."""
    rows: dict[str, TaskRow]
    schema_version: Literal[1] = 1


_SHAPE = TypeAdapter(Plan)


def keep_plan(run: RunDir, dataset: Dataset, order: Sequence[str]) -> Plan:
    """Store the chosen tasks of a dataset, together with those that the run has already. `order` are the ids of
    the whole dataset.

    Raises:
        RunConflict: the run is over another dataset, or a task is not what it was when the run began.
    """
    rows = {row.id: row for row in dataset.rows}
    grading = dict(dataset.grading)
    if run.dataset.exists():
        begun = load_plan(run)
        if (begun.dataset, begun.split) != (dataset.name, dataset.split):
            raise RunConflict(
                f"{run.path} is a run over {_named(begun.dataset, begun.split)}, not over "
                f"{_named(dataset.name, dataset.split)}; choose another directory with --out"
            )
        changed = sorted(task for task in begun.rows.keys() & rows.keys() if begun.rows[task] != rows[task])
        if changed:
            raise RunConflict(
                f"the dataset changed since the run {run.path} was begun: {', '.join(changed[:5])}; "
                "choose another directory with --out"
            )
        rows = begun.rows | rows
        grading = read_hidden(run) | grading
    tasks = tuple(task for task in order if task in rows)
    plan = Plan(dataset.name, dataset.split, tasks, {task: rows[task] for task in tasks})
    write_file(run.grading, render_grading([grading[task] for task in tasks]))
    write_file(run.dataset, _SHAPE.dump_json(plan, indent=2) + b"\n")
    # A run that lies in a work tree must not become part of a task.
    write_file(run.path / ".gitignore", "*\n")
    return plan


def load_plan(run: RunDir) -> Plan:
    """The tasks of a run.

    Raises:
        RunConflict: it is no run over a dataset, or the file is damaged.
    """
    try:
        return _SHAPE.validate_json(run.dataset.read_bytes())
    except FileNotFoundError as error:
        raise RunConflict(f"{run.path} is not a run over a dataset: it has no {run.dataset.name}") from error
    except ValidationError as error:
        raise RunConflict(f"{run.dataset} cannot be read: {error}") from error


def read_hidden(run: RunDir) -> dict[str, GradingRow]:
    """What is hidden from solving, by task. For grading, and for adding tasks to a run."""
    import json

    lines = run.grading.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["instance_id"]: GradingRow(row["instance_id"], row) for row in rows}


def _named(dataset: str, split: str | None) -> str:
    return dataset if split is None else f"{dataset} ({split})"
