"""`shrewd grade`: the official SWE-bench harness on a run's predictions, or on anybody's."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from agent.grades import Grades, ToGrade

_EPILOG: Final = (
    "Exit codes: 0 every task is graded, 1 predictions are missing, 2 usage or environment error (a task that could "
    "not be graded among them), 70 a fault in shrewd itself, 130 interrupted."
)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is graded, where the grades go, and which tasks are asked for."""

    wanted: "ToGrade"
    folder: Path
    only: tuple[str, ...]
    strangers: tuple[str, ...]
    """Ids of predictions that are about no task of the dataset."""


@click.command(epilog=_EPILOG)
@click.argument("run_dir", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--candidates", is_flag=True, help="Grade every candidate too: then `shrewd report` knows the coverage.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only tasks whose ids match; may be repeated.")
@click.option("--workers", type=click.IntRange(1), help="Tasks at once. [default: 3 for every 4 processors]")
@click.option("--timeout", type=click.IntRange(1), default=1800, show_default=True, help="Seconds for a task's tests.")
@click.option("--dataset", metavar="NAME", help="Without RUN_DIR: the tasks, a file of rows or a Hugging Face name.")
@click.option("--split", help="Without RUN_DIR: the split of the dataset.")
@click.option(
    "--predictions", type=click.Path(path_type=Path, dir_okay=False), help="Without RUN_DIR: the patches to grade."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Without RUN_DIR: where grades go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def grade(
    *,
    run_dir: Path | None,
    candidates: bool,
    only: tuple[str, ...],
    workers: int | None,
    timeout: int,
    dataset: str | None,
    split: str | None,
    predictions: Path | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Grade the predictions of the run in RUN_DIR with the official SWE-bench harness.

    Grades are kept in grades.json; what is graded already is not graded again unless its patch changed, and what
    could not be graded is tried again. Remove grades.json to grade everything anew, for example with other images.

    To grade predictions of any origin: shrewd grade --dataset ROWS --predictions FILE --out DIR
    """
    from agent.terminal import console_err, console_out

    others = {"--dataset": dataset, "--predictions": predictions, "--out": out}
    if run_dir is not None:
        if given := [name for name, value in {**others, "--split": split}.items() if value is not None]:
            raise click.UsageError(f"{', '.join(given)} cannot be given together with a run directory")
        choice = _of_run(run_dir, only)
    elif dataset is None or predictions is None or out is None:
        lacking = [name for name, value in others.items() if value is None]
        raise click.UsageError(f"give a run directory, or also {', '.join(lacking)}")
    elif candidates:
        raise click.UsageError("--candidates needs a run directory: a predictions file has none")
    else:
        choice = _of_files(dataset, split, predictions, out, only)
    workers = workers or max(1, (os.cpu_count() or 1) * 3 // 4)
    grades = asyncio.run(_grade(choice, candidates=candidates, workers=workers, seconds=timeout, console=console_err()))
    if as_json:
        click.echo(json.dumps(_record(choice, grades)))
    else:
        _show(console_out(), choice, grades)
    return _exit_code(choice, grades)


def _of_run(path: Path, only: Sequence[str]) -> _Choice:
    from agent.batch.plan import load_plan, read_hidden
    from agent.errors import RunConflict, UserError
    from agent.grades import ToGrade, candidate_patches
    from agent.rundir import RunDir
    from swe_tasks.predictions import read_predictions
    from swe_tasks.subset import choose

    run = RunDir(path)
    if not run.grading.is_file():
        raise UserError(
            f"{path} is not the directory of a `shrewd bench` run: it has no {run.grading.name}. To grade predictions "
            "of another origin: shrewd grade --dataset ROWS --predictions FILE --out DIR"
        )
    tasks = load_plan(run).tasks
    has_any = run.predictions.is_file() and run.predictions.stat().st_size > 0
    found = {one.instance_id: one.patch for one in read_predictions(run.predictions)} if has_any else {}
    candidates = {task: candidate_patches(run.task(task)) for task in tasks}
    rows = read_hidden(run)
    if lacking := [task for task in tasks if task not in rows]:
        raise RunConflict(f"{run.grading} lacks {', '.join(lacking)}; run the same `shrewd bench` again to restore it")
    wanted = ToGrade(tasks, rows, {task: found[task] for task in tasks if task in found}, candidates)
    kept = tuple(tasks[position] for position in choose(tasks, only=only))
    return _Choice(wanted, path, kept, tuple(sorted(found.keys() - set(tasks))))


def _of_files(dataset: str, split: str | None, predictions: Path, out: Path, only: Sequence[str]) -> _Choice:
    from agent.errors import UserError
    from agent.grades import ToGrade
    from swe_tasks.datasets import open_dataset, read_tasks
    from swe_tasks.predictions import read_predictions
    from swe_tasks.subset import choose

    found = {one.instance_id: one.patch for one in read_predictions(predictions)}
    raw = open_dataset(dataset, split=split)
    known = {task: found[task] for task in raw.ids if task in found}
    if not known:
        raise UserError(f"none of the {len(found)} predictions of {predictions} is about a task of {raw.name}")
    rows = read_tasks(raw, [position for position, task in enumerate(raw.ids) if task in known]).grading
    kept = tuple(raw.ids[position] for position in choose(raw.ids, only=only))
    return _Choice(ToGrade(raw.ids, rows, known), out, kept, tuple(sorted(found.keys() - set(raw.ids))))


async def _grade(choice: _Choice, *, candidates: bool, workers: int, seconds: int, console: "Console") -> "Grades":
    from agent.grades import grade as grade_all
    from agent.terminal import one_line
    from swe_tasks.harness import Manner, harness_environment
    from swe_tasks.harness_reports import Grade

    began = time.monotonic()
    done = 0

    def watch(found: Grade) -> None:
        nonlocal done
        done += 1
        passed = int(time.monotonic() - began)
        told = f"{found.task}: {found.status.replace('_', ' ')}" + (f" ({found.detail})" if found.detail else "")
        console.print(f"[{passed // 60}:{passed % 60:02}] {done}  {one_line(told, 300)}")

    for task in choice.strangers:
        console.print(f"not graded, for it is no task of the dataset: {one_line(task)}")
    manner = Manner(harness_environment(os.environ), workers, seconds)
    return await grade_all(
        choice.wanted, only=choice.only, candidates=candidates, folder=choice.folder, manner=manner, watch=watch
    )


def _exit_code(choice: _Choice, grades: "Grades") -> int:
    from swe_tasks.harness_reports import UNGRADED

    asked = [grades.tasks[task] for task in choice.only]
    if any(one.status in UNGRADED for one in asked):
        return 2
    return int(any(one.status == "no_prediction" for one in asked))


def _record(choice: _Choice, grades: "Grades") -> dict[str, object]:
    missing = _missing(choice)
    return {
        **grades.model_dump(mode="json"),
        "asked": list(choice.only),
        "expected": len(choice.only),
        "found": len(choice.only) - len(missing),
        "resolved": sum(grades.tasks[task].resolved for task in choice.only),
        "without_prediction": missing,
        "without_task": list(choice.strangers),
    }


def _missing(choice: _Choice) -> list[str]:
    return [task for task in choice.only if task not in choice.wanted.predictions]


def _show(console: "Console", choice: _Choice, grades: "Grades") -> None:
    from agent.terminal import one_line

    console.print(_table(choice, grades))
    count, missing = len(choice.only), _missing(choice)
    counts = Counter(grades.tasks[task].status for task in choice.only)
    words = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in counts.most_common())
    if missing:
        console.print(f"EXPECTED {count} PREDICTIONS, FOUND {count - len(missing)}. Not resolved for want of one:")
        console.print(one_line(", ".join(missing), 2000))
    console.print(f"Resolved {counts['resolved']} of {count} ({100 * counts['resolved'] / count:.1f} %): {words}")
    console.print(f"Harness: swebench {grades.harness}. Grades: {choice.folder / 'grades.json'}")


def _table(choice: _Choice, grades: "Grades") -> "Table":
    from rich.table import Table

    from agent.terminal import one_line

    table = Table(title="Grades", title_justify="left")
    for name in ("task", "grade", ""):
        table.add_column(name, overflow="fold")
    if grades.candidates:
        table.add_column("candidates that resolve it")
    for task in choice.only:
        one = grades.tasks[task]
        some = grades.candidates.get(task, {}).values()
        row = [
            one_line(task),
            one.status.replace("_", " ") if one else "not graded",
            one_line(one.detail) if one else "",
        ]
        if grades.candidates:
            row.append(f"{sum(grade.resolved for grade in some)} of {len(some)}" if some else "")
        table.add_row(*row, style="green" if one.resolved else "")
    return table
