"""The names of everything in a run directory, and the one way whole files get there."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class TaskDir:
    path: Path

    @property
    def task(self) -> Path:
        return self.path / "task.json"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def base(self) -> Path:
        """The base tree's store and checkout."""
        return self.path / "base"

    @property
    def candidates(self) -> Path:
        return self.path / "candidates"

    @property
    def outcomes(self) -> Path:
        return self.path / "outcomes.json"

    @property
    def selection(self) -> Path:
        return self.path / "selection.json"

    @property
    def patch(self) -> Path:
        return self.path / "patch.diff"

    @property
    def result(self) -> Path:
        """How the task ended, and what it took."""
        return self.path / "result.json"

    @property
    def failure(self) -> Path:
        """Why it ended without a result; there is one or the other."""
        return self.path / "failure.json"

    @property
    def prediction(self) -> Path:
        """The task's line of the predictions."""
        return self.path / "prediction.json"

    @property
    def log(self) -> Path:
        """What of the run's log is about the task."""
        return self.path / "log.jsonl"

    @property
    def trajectories(self) -> Path:
        """Trajectories for other programs to read."""
        return self.path / "trajectories"


@dataclass(frozen=True, slots=True)
class RunDir:
    path: Path
    """Absolute, however it was given: git runs in other directories."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.absolute())

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def dataset(self) -> Path:
        """The tasks of a run over a dataset, as far as solving may see them."""
        return self.path / "dataset.json"

    @property
    def grading(self) -> Path:
        """The rows with everything that is hidden from solving. Only grading reads it."""
        return self.path / "grading.jsonl"

    @property
    def externals(self) -> Path:
        """The patches from elsewhere that the run chooses among; only there where it does not write its own."""
        return self.path / "externals.json"

    @property
    def pulled(self) -> Path:
        """The names of the images that are on this machine because of the run."""
        return self.path / "pulled.txt"

    @property
    def grades(self) -> Path:
        return self.path / "grades.json"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.jsonl"

    @property
    def report(self) -> Path:
        return self.path / "report.json"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    def task(self, task_id: str) -> TaskDir:
        return TaskDir(self.path / "tasks" / task_id)

    def tasks(self) -> tuple[TaskDir, ...]:
        """All tasks that were begun, by name."""
        return tuple(TaskDir(path.parent) for path in sorted(self.path.glob("tasks/*/task.json")))


def write_file(path: Path, content: bytes | str) -> None:
    """Put a whole file in place at once: under its name lies the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: JsonValue) -> None:
    write_file(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
