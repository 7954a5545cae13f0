"""The files of a whole run, rolled up from those of its tasks: whoever finishes a task writes them anew."""

import json
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from agent.errors import RunConflict
from agent.prompts import version as prompts_version
from agent.results import tally_record
from agent.rundir import RunDir, TaskDir, write_file, write_json
from agent.spent import recorded_completions
from agent.tally import Tally, tally_of


class Spent(BaseModel):
    """What `spent` of a `result.json` says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stages: dict[str, dict[str, float | int | None]]

    def tallies(self) -> dict[str, Tally]:
        """By stage."""
        return {stage: _tally(values) for stage, values in self.stages.items()}


class Result(BaseModel):
    """`result.json`, as far as others than its writer need it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    task: str
    model: str
    samples: int
    iterations: int
    script_iterations: int
    repairs: int
    seconds: float
    patch: bool
    out_of_budget: bool
    spent: Spent


def read_result(place: TaskDir) -> Result | None:
    """How a task ended; None if it has no result yet.

    Raises:
        RunConflict: the file cannot be read.
    """
    try:
        return Result.model_validate_json(place.result.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RunConflict(f"{place.result} cannot be read, remove it and resume the run: {error}") from error


def spent_by_stage(places: Iterable[TaskDir]) -> dict[str, Tally]:
    """What was spent on tasks: as their results say, and of those without one, as their journals do.

    Raises:
        RunConflict: a file cannot be read.
    """
    stages: dict[str, Tally] = {}
    for place in places:
        result = read_result(place)
        if result is not None:
            found = [*result.spent.tallies().items()]
        elif place.journal.is_file():
            found = [(stage, tally_of(completion)) for stage, _, completion in recorded_completions(place.journal)]
        else:
            found = []
        for stage, tally in found:
            stages[stage] = stages.get(stage, Tally()) + tally
    return stages


def write_run_files(run: RunDir, tasks: Iterable[str]) -> None:
    """`predictions.jsonl`, in the order of `tasks` and with all that have a result, and `report.json`."""
    places = [run.task(task) for task in tasks]
    predictions = [_one_line(place.prediction) for place in places if place.prediction.is_file()]
    write_file(run.predictions, "".join(line + "\n" for line in predictions))
    write_json(run.report, _report(places))


def _one_line(path: Path) -> str:
    return json.dumps(json.loads(path.read_bytes()))


def _report(places: list[TaskDir]) -> JsonValue:
    results = [result for place in places if (result := read_result(place)) is not None]
    failed: dict[str, JsonValue] = {
        place.path.name: json.loads(place.failure.read_bytes())["kind"] for place in places if place.failure.is_file()
    }
    stages = spent_by_stage(places)
    tasks: dict[str, JsonValue] = {
        result.task: result.model_dump(mode="json", exclude={"task", "spent"}) for result in results
    }
    models: list[JsonValue] = [*sorted({result.model for result in results})]
    return {
        "schema_version": 2,
        "shrewdness": version("shrewdness"),
        "python": platform.python_version(),
        "prompts": prompts_version(),
        "models": models,
        "seconds": round(sum(result.seconds for result in results), 3),
        "tasks": tasks,
        "failed": failed,
        "spent": {
            "total": tally_record(sum(stages.values(), Tally())),
            "stages": {stage: tally_record(tally) for stage, tally in stages.items()},
        },
    }


def _tally(values: dict[str, float | int | None]) -> Tally:
    known = {name: values[name] or 0 for name in Tally.__slots__ if name in values}
    return Tally(**known)  # pyright: ignore[reportArgumentType] - counts are whole numbers, as they were written
