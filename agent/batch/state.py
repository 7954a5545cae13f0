"""How far each task of a run has come, read from its directory."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import RunConflict
from agent.failures import Failure
from agent.results import effort
from agent.rollup import read_result
from agent.rundir import TaskDir, write_json
from agent.settings import Settings


class State(StrEnum):
    TO_DO = "to do"
    DONE = "done"
    FAILED = "failed"


class StoredFailure(BaseModel):
    """`failure.json`: why a task has no result."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    kind: str
    message: str
    remedy: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Progressed:
    """A task, and why it failed if it did."""

    task: str
    state: State
    failure: StoredFailure | None = None


def progress_of(place: TaskDir, settings: Settings) -> Progressed:
    """A task is done if it has a result of as much effort as the settings ask for, and no limit cut it short.

    Raises:
        RunConflict: a file cannot be read.
    """
    task, failure = place.path.name, read_failure(place)
    if failure is not None:
        return Progressed(task, State.FAILED, failure)
    result = read_result(place)
    if result is None or result.out_of_budget:
        return Progressed(task, State.TO_DO)
    same = all(getattr(result, name) == value for name, value in effort(settings).items())
    return Progressed(task, State.DONE if same else State.TO_DO)


def read_failure(place: TaskDir) -> StoredFailure | None:
    """Why a task failed; None if it did not.

    Raises:
        RunConflict: the file cannot be read.
    """
    try:
        return StoredFailure.model_validate_json(place.failure.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RunConflict(f"{place.failure} cannot be read, remove it and resume the run: {error}") from error


def store_failure(place: TaskDir, failure: Failure) -> None:
    """Record that a task failed. What it had before, its journal above all, stays."""
    write_json(
        place.failure,
        {
            "schema_version": 1,
            "task": place.path.name,
            "kind": failure.kind,
            "message": failure.message,
            "remedy": failure.remedy,
            "retryable": failure.retryable,
        },
    )
