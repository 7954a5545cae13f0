"""`task.json`: a task with the surroundings it runs in, as a run directory keeps it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agent.errors import RunConflict
from agent.rundir import TaskDir, write_file
from sandbox.records import Environment
from swe_tasks.task import Task


@dataclass(frozen=True, slots=True)
class StoredTask:
    task: Task
    environment: Environment
    backend: Literal["docker", "bubblewrap"]
    python: str
    """The interpreter that scripts are started with, as the sandbox sees it."""
    schema_version: Literal[1] = 1


_SHAPE = TypeAdapter(StoredTask)


def store_task(place: TaskDir, stored: StoredTask) -> None:
    write_file(place.task, _SHAPE.dump_json(stored, indent=2) + b"\n")


def load_task(path: Path) -> StoredTask:
    """Read a `task.json`.

    Raises:
        RunConflict: it is missing, damaged or of another version.
    """
    try:
        return _SHAPE.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise RunConflict(f"{path} is missing: {path.parent} is not a task of a run") from error
    except ValidationError as error:
        raise RunConflict(f"{path} cannot be read: {error}") from error
