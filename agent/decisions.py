"""What each method chooses on the stored matrices of a run. Labels are not known here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from agent.batch.plan import load_plan
from agent.errors import RunConflict, UserError
from agent.rundir import RunDir, TaskDir
from agent.stored_matrix import read_matrix
from selection import METHODS, Method, OutcomeMatrix, Selection, UnknownMethod, method

AS_CHOSEN: Final = "as-chosen"
"""Stands among the methods for what the run itself chose, by whichever method it was told."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A task with what the methods chose."""

    place: TaskDir
    matrix: OutcomeMatrix
    selections: Mapping[str, Selection]
    """By method."""
    fruitless: int
    """Trajectories, or sources, that gave no candidate."""
    chosen: str | None
    """Digest of the candidate that the run chose; None if none."""

    @property
    def task(self) -> str:
        return self.place.path.name

    @property
    def choices(self) -> dict[str, str | None]:
        """Method -> digest of the candidate that it chose; None if none. The run's own choice is among them."""
        winners = {method: selection.winner for method, selection in self.selections.items()}
        return {
            **{method: winner.digest if winner else None for method, winner in winners.items()},
            AS_CHOSEN: self.chosen,
        }


@dataclass(frozen=True, slots=True)
class Decisions:
    tasks: tuple[Decided, ...]
    without_result: tuple[str, ...]
    """Tasks of the run that have no matrix: they failed, or were not finished."""


def pick_methods(names: Sequence[str]) -> dict[str, Method]:
    """The methods of these names; all where none is named.

    Raises:
        UserError: there is no such method.
    """
    try:
        return {name: method(name) for name in names or METHODS}
    except UnknownMethod as error:
        raise UserError(str(error)) from error


def decide(run: RunDir, methods: Mapping[str, Method], *, seed: int) -> Decisions:
    """Apply every method to the stored matrix of every task.

    Raises:
        UserError: there is no run.
        RunConflict: a file cannot be read.
    """
    names = task_names(run)
    found = {name: decide_task(run, name, methods, seed=seed) for name in names}
    return Decisions(
        tuple(decided for decided in found.values() if decided), tuple(name for name in names if not found[name])
    )


def decide_task(run: RunDir, task: str, methods: Mapping[str, Method], *, seed: int) -> Decided | None:
    """Apply every method to the stored matrix of one task; None if it has no result.

    Raises:
        RunConflict: a file cannot be read.
    """
    place = run.task(task)
    if not place.result.is_file():
        return None
    matrix = read_matrix(place)
    selections = {name: choose(matrix, seed=seed) for name, choose in methods.items()}
    endings = _endings(place)
    return Decided(place, matrix, selections, _fruitless(run, endings, matrix), endings.winner)


def task_names(run: RunDir) -> tuple[str, ...]:
    """The tasks of a run, in the dataset's order where it is over one.

    Raises:
        UserError: there is no run.
    """
    names = load_plan(run).tasks if run.dataset.is_file() else tuple(place.path.name for place in run.tasks())
    if not names:
        raise UserError(f"{run.path} is not a run directory: it has no {run.dataset.name} and no task")
    return names


class _Endings(BaseModel):
    """Of `selection.json`: what each attempt came to."""

    model_config = ConfigDict(extra="ignore")

    winner: str | None
    trajectories: list[JsonValue]
    failed: list[JsonValue]
    refused: list[JsonValue] = []


def _endings(place: TaskDir) -> _Endings:
    try:
        return _Endings.model_validate_json(place.selection.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise RunConflict(f"{place.selection} cannot be read; remove {place.result} and resume the run") from error


def _fruitless(run: RunDir, endings: _Endings, matrix: OutcomeMatrix) -> int:
    """Refused patches, and trajectories without a candidate where trajectories are what writes candidates."""
    refused = len(endings.refused)
    if run.externals.is_file():
        return refused
    fruitful = sum(len(candidate.origins) for candidate in matrix.candidates)
    return refused + max(0, len(endings.trajectories) + len(endings.failed) - fruitful)
