"""The directory of a run over the tiny dataset, as `shrewd bench` leaves it, without a model having been asked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.tiny_dataset import TinyDataset

from agent.batch.plan import keep_plan
from agent.grades import Grades, StoredGrade, digest
from agent.rundir import RunDir, write_file, write_json
from swe_tasks.datasets import load_dataset
from swe_tasks.harness_reports import Status


def make_run(place: Path, dataset: TinyDataset) -> RunDir:
    """A run over all tasks of the dataset; none was begun."""
    run = RunDir(place)
    loaded = load_dataset(str(dataset.rows), split=None)
    keep_plan(run, loaded, [row.id for row in loaded.rows])
    write_file(run.config, "{}\n")
    return run


def finish(
    run: RunDir,
    task: str,
    candidates: Sequence[str],
    *,
    chosen: int | None = None,
    ended: Sequence[int | None] = (),
    dollars: float | None = 0.25,
) -> None:
    """Give a task a result: these candidates' patches, the number of the chosen one, and for each trajectory the
    number of the one that it ended with."""
    place = run.task(task)
    for number, patch in enumerate(candidates):
        write_file(place.candidates / f"{number}.diff", patch)
    write_json(place.outcomes, {"candidates": [{"digest": f"tree {number}"} for number in range(len(candidates))]})
    write_json(
        place.selection,
        {
            "trajectories": [
                {"trajectory": number, "candidate": None if end is None else f"tree {end}"}
                for number, end in enumerate(ended)
            ],
            "failed": [],
        },
    )
    stage = {"calls": 2, "prompt": 100, "completion": 10, "seconds": 1.5, "dollars": dollars, "unpriced": 0}
    if dollars is None:
        stage["unpriced"] = 2
    effort = {"samples": len(ended), "iterations": 1, "script_iterations": 1, "repairs": 0}
    write_json(
        place.result,
        {
            "schema_version": 1,
            "task": task,
            "model": "scripted",
            **effort,
            "seconds": 12.0,
            "patch": chosen is not None,
            "out_of_budget": False,
            "spent": {"stages": {"edit": stage}},
        },
    )
    predict(run, {task: "" if chosen is None else candidates[chosen]})


def predict(run: RunDir, patches: Mapping[str, str]) -> None:
    """Add predictions to the run's, or change them."""
    text = run.predictions.read_text(encoding="utf-8") if run.predictions.exists() else ""
    known = {line["instance_id"]: line for line in map(json.loads, text.splitlines())}
    for task, patch in patches.items():
        known[task] = {"instance_id": task, "model_name_or_path": "scripted", "model_patch": patch}
    write_file(run.predictions, "".join(json.dumps(line) + "\n" for line in known.values()))


def keep_grades(
    run: RunDir,
    tasks: Mapping[str, tuple[Status, str]],
    candidates: Mapping[str, Sequence[tuple[Status, str]]] | None = None,
) -> None:
    """Write `grades.json` as if the harness had said this: a status and the patch that it is about."""

    def stored(one: tuple[Status, str]) -> StoredGrade:
        status, patch = one
        return StoredGrade(status=status, resolved=status == "resolved", patch=digest(patch), row="row")

    grades = Grades(
        harness="5.0.2",
        timeout=1800,
        tasks={task: stored(one) for task, one in tasks.items()},
        candidates={
            task: {str(number): stored(one) for number, one in enumerate(some)}
            for task, some in (candidates or {}).items()
        },
    )
    write_file(run.grades, grades.model_dump_json())
