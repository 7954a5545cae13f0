"""What a run came to: resolved tasks, what its candidates were worth, what it cost, and what went wrong."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from agent.batch.plan import load_plan
from agent.batch.state import StoredFailure, read_failure
from agent.errors import RunConflict, UserError
from agent.grades import StoredGrade, candidate_patches, digest, read_grades
from agent.rollup import Result, read_result, spent_by_stage
from agent.rundir import RunDir, TaskDir
from agent.tally import Tally
from swe_tasks.harness_reports import UNGRADED
from swe_tasks.predictions import read_predictions

State = Literal["done", "failed", "unfinished", "missing"]
"""failed: it has a failure, beside an earlier result perhaps; done: it has a result; unfinished: it was begun;
missing: it was not."""

_Z: Final = 1.959963984540054
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many."""

    count: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson for the share."""
        if self.total == 0:
            return (0.0, 1.0)
        share, square = self.count / self.total, _Z * _Z
        middle = share + square / (2 * self.total)
        half = _Z * math.sqrt(share * (1 - share) / self.total + square / (4 * self.total * self.total))
        scale = 1 + square / self.total
        return (max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


@dataclass(frozen=True, slots=True)
class TaskReport:
    """How one task went."""

    task: str
    state: State
    result: Result | None
    failure: StoredFailure | None
    grade: StoredGrade | None
    """Of its prediction; None if that was not graded as it is now."""
    covered: bool | None
    """Whether some candidate resolves it; None where one was not graded."""
    by_chance: float | None
    """The share of its trajectories that ended in a candidate that resolves it; None as above."""


@dataclass(frozen=True, slots=True)
class RunReport:
    dataset: str | None
    """None: the run is not over a dataset."""
    split: str | None
    tasks: tuple[TaskReport, ...]
    stages: Mapping[str, Tally]

    @property
    def resolved(self) -> Proportion | None:
        """Of all tasks, those whose prediction resolves them; None if nothing is graded."""
        graded = [one.grade for one in self.tasks if one.grade is not None]
        return Proportion(sum(grade.resolved for grade in graded), len(self.tasks)) if graded else None

    @property
    def coverage(self) -> Proportion | None:
        """Of all tasks, those that some candidate resolves; None if candidates are not graded."""
        if self.unjudged:
            return None
        return Proportion(sum(bool(one.covered) for one in self.tasks), len(self.tasks))

    @property
    def pass_at_1(self) -> float | None:
        """The share of the tasks that a trajectory picked at random resolves; None if candidates are not graded."""
        if self.unjudged:
            return None
        return sum(one.by_chance or 0.0 for one in self.tasks) / len(self.tasks)

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Tasks of whose candidates some are not graded."""
        return tuple(one.task for one in self.tasks if one.covered is None)

    @property
    def ungraded(self) -> tuple[str, ...]:
        """Tasks with a result of which nobody knows what it is worth."""
        done = (one for one in self.tasks if one.result)
        return tuple(one.task for one in done if one.grade is None or one.grade.status in UNGRADED)

    @property
    def failures(self) -> dict[str, list[str]]:
        """Kind -> tasks."""
        found: dict[str, list[str]] = {}
        for one in self.tasks:
            if one.failure is not None:
                found.setdefault(one.failure.kind, []).append(one.task)
        return found

    def in_state(self, state: State) -> tuple[str, ...]:
        return tuple(one.task for one in self.tasks if one.state == state)


def report_on(run: RunDir) -> RunReport:
    """Read what a run has left.

    Raises:
        UserError: there is no run.
        RunConflict: a file cannot be read.
    """
    plan = load_plan(run) if run.dataset.is_file() else None
    names = plan.tasks if plan else tuple(place.path.name for place in run.tasks())
    if not names:
        raise UserError(f"{run.path} is not a run directory: it has no {run.dataset.name} and no task")
    grades = read_grades(run.grades)
    has_any = run.predictions.is_file() and run.predictions.stat().st_size > 0
    predictions = {one.instance_id: one.patch for one in read_predictions(run.predictions)} if has_any else {}
    tasks = tuple(
        _task(
            run,
            run.task(name),
            predictions.get(name),
            grades.tasks.get(name) if grades else None,
            grades.candidates.get(name, {}) if grades else {},
        )
        for name in names
    )
    stages = spent_by_stage(run.task(name) for name in names)
    return RunReport(plan.dataset if plan else None, plan.split if plan else None, tasks, stages)


class _Origins(BaseModel):
    """Of `outcomes.json`: the candidates, in the order of their files."""

    class Candidate(BaseModel):
        model_config = ConfigDict(extra="ignore")
        digest: str
        origins: list[str] = []

    model_config = ConfigDict(extra="ignore")
    candidates: list[Candidate]


class _Endings(BaseModel):
    """Of `selection.json`: what each trajectory ended with."""

    class Trajectory(BaseModel):
        model_config = ConfigDict(extra="ignore")
        candidate: str | None

    model_config = ConfigDict(extra="ignore")
    trajectories: list[Trajectory]
    failed: list[JsonValue]
    refused: list[JsonValue] = []


def _task(
    run: RunDir,
    place: TaskDir,
    prediction: str | None,
    stored: StoredGrade | None,
    candidates: Mapping[str, StoredGrade],
) -> TaskReport:
    result, failure = read_result(place), read_failure(place)
    state: State = "failed" if failure else "done" if result else "unfinished" if place.path.is_dir() else "missing"
    current = stored is not None and stored.patch == (None if prediction is None else digest(prediction))
    resolving = _resolving(place, [*([stored] if stored else []), *candidates.values()])
    return TaskReport(
        task=place.path.name,
        state=state,
        result=result,
        failure=failure,
        grade=stored if current else None,
        covered=None if resolving is None else any(resolving.values()),
        by_chance=None if resolving is None else by_chance(run, place, resolving),
    )


def _resolving(place: TaskDir, grades: Iterable[StoredGrade]) -> dict[str, bool] | None:
    """Number of a candidate -> whether it resolves the task; None if one is not graded."""
    known = {grade.patch: grade.resolved for grade in grades if grade.status not in UNGRADED}
    found = {number: known.get(digest(patch)) for number, patch in candidate_patches(place).items()}
    graded = {number: resolves for number, resolves in found.items() if resolves is not None}
    return graded if len(graded) == len(found) else None


def by_chance(run: RunDir, place: TaskDir, resolving: Mapping[str, bool]) -> float:
    """The share of the attempts, trajectories or patches from elsewhere, that resolve the task."""
    if not resolving:
        return 0.0
    try:
        outcomes = _Origins.model_validate_json(place.outcomes.read_bytes())
        endings = _Endings.model_validate_json(place.selection.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise RunConflict(f"{place.path} cannot be read; `shrewd resume` writes it again: {error}") from error
    winners = [one for number, one in enumerate(outcomes.candidates) if resolving.get(str(number))]
    if run.externals.is_file():  # trajectories wrote scripts there, and the patches are of others
        attempts = sum(len(one.origins) for one in outcomes.candidates) + len(endings.refused)
        return sum(len(one.origins) for one in winners) / max(1, attempts)
    right = {one.digest for one in winners}
    hits = sum(one.candidate in right for one in endings.trajectories)
    return hits / max(1, len(endings.trajectories) + len(endings.failed))
