"""Grades of a run's patches by the official harness, kept in `grades.json`.

A patch that was graded is not graded again. Hidden tests stay in `grading.jsonl` and below `grading/`.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.doctor.packages import install_command
from agent.errors import RunConflict, UserError
from agent.rundir import TaskDir, write_file
from swe_tasks.build import open_base
from swe_tasks.edits import portable
from swe_tasks.harness import Manner, grade_patches, harness_version, row_digest
from swe_tasks.harness_reports import FINAL, Grade, Status
from swe_tasks.rows import GradingRow


class StoredGrade(BaseModel):
    """The grade of one patch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status
    resolved: bool
    detail: str = ""
    patch: str | None = None
    """The patch's digest; None where there is no patch."""
    row: str | None = None
    """The digest of the row that it was graded by."""
    image: str | None = None
    """The id of the image that the tests ran in."""

    @classmethod
    def of(cls, grade: Grade, patch: str | None, row: str | None) -> Self:
        return cls(
            status=grade.status, resolved=grade.resolved, detail=grade.detail, patch=patch, row=row, image=grade.image
        )


class Grades(BaseModel):
    """`grades.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    harness: str
    """The harness's version."""
    timeout: int
    """Seconds that the tests of a task had."""
    tasks: dict[str, StoredGrade]
    """By task: what its prediction is worth."""
    candidates: dict[str, dict[str, StoredGrade]]
    """By task and number of the candidate, of those that were graded."""


@dataclass(frozen=True, slots=True)
class ToGrade:
    """What there is to be graded."""

    tasks: tuple[str, ...]
    """All that are expected to have a prediction, in order."""
    rows: Mapping[str, GradingRow] = field(repr=False)
    predictions: Mapping[str, str]
    """Task -> patch; of some of the tasks, perhaps."""
    candidates: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Task -> number -> patch."""


def read_grades(path: Path) -> Grades | None:
    """The grades that are known; None if nothing was graded.

    Raises:
        RunConflict: the file cannot be read.
    """
    try:
        return Grades.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RunConflict(f"{path} cannot be read; remove it and grade again: {error}") from error


def candidate_patches(place: TaskDir) -> dict[str, str]:
    """Number -> patch of a task's candidates, as text that predictions can carry.

    Raises:
        PatchError, RepositoryError: one is not text, and the base tree to make it text is not there.
    """
    found: dict[str, str] = {}
    for path in sorted(place.candidates.glob("*.diff"), key=lambda path: (len(path.stem), path.stem)):
        patch = path.read_bytes()
        try:
            found[path.stem] = patch.decode()
        except UnicodeDecodeError:
            found[path.stem] = portable(open_base(place.base), patch)
    return found


async def grade(
    wanted: ToGrade,
    *,
    only: Sequence[str],
    candidates: bool,
    folder: Path,
    manner: Manner,
    watch: Callable[[Grade], None],
) -> Grades:
    """Grade the predictions of the tasks `only`, and on request their candidates; keep the grades in
    `folder/grades.json` and what the harness writes below `folder/grading/`. `watch` is told what is new.

    Raises:
        UserError: the harness is not installed.
        RunConflict: another process grades there, or what is there cannot be read.
        GradingError: the harness cannot run here, or broke. Grades that were had by then are kept.
    """
    if find_spec("swebench") is None:
        raise UserError(f"grading needs the extra `swebench`: {install_command('swebench')}")
    harness = harness_version()
    place = folder / "grading"
    with _alone(place):
        book = _Book(wanted, folder / "grades.json", harness, manner.seconds)
        for patches in book.rounds(only, candidates=candidates):

            def graded(found: Grade, patches: Mapping[str, str] = patches) -> None:
                book.add(found, patches[found.task])
                watch(found)

            rows = [wanted.rows[task] for task in patches]
            await grade_patches(rows, patches, folder=place, manner=manner, graded=graded)
        return book.write()


class _Book:
    """The grades that are known, by task, patch and row, and the file that they are kept in."""

    def __init__(self, wanted: ToGrade, path: Path, harness: str, seconds: int) -> None:
        self._wanted = wanted
        self._path = path
        self._harness = harness
        self._seconds = seconds
        self._rows = {task: row_digest(row) for task, row in wanted.rows.items()}
        self._known: dict[tuple[str, str], StoredGrade] = {}
        before = read_grades(path)
        if before is not None and before.harness == harness:
            for task, one in before.tasks.items():
                self._keep(task, one)
            for task, some in before.candidates.items():
                for one in some.values():
                    self._keep(task, one)

    def _keep(self, task: str, one: StoredGrade) -> None:
        if one.patch is not None and one.row == self._rows.get(task):
            self._known[task, one.patch] = one

    def rounds(self, only: Sequence[str], *, candidates: bool) -> Iterator[dict[str, str]]:
        """What is to be graded, one patch of a task at a time: first the predictions, then the candidates."""
        waiting: dict[str, dict[str, str]] = {}
        for task in only:
            predicted = self._wanted.predictions.get(task)
            patches = [] if predicted is None else [predicted]
            if candidates:
                patches += self._wanted.candidates.get(task, {}).values()
            named = {digest(patch): patch for patch in patches}
            waiting[task] = {name: patch for name, patch in named.items() if not self._final(task, name)}
        while some := {task: patches.pop(next(iter(patches))) for task, patches in waiting.items() if patches}:
            yield some

    def _final(self, task: str, patch: str) -> bool:
        known = self._known.get((task, patch))
        return known is not None and known.status in FINAL

    def add(self, found: Grade, patch: str) -> None:
        """Keep a grade, on disk too."""
        name = digest(patch)
        self._known[found.task, name] = StoredGrade.of(found, name, self._rows[found.task])
        self.write()

    def write(self) -> Grades:
        """Write the file: what is known of the predictions and candidates of now."""
        tasks: dict[str, StoredGrade] = {}
        candidates: dict[str, dict[str, StoredGrade]] = {}
        for task in self._wanted.tasks:
            if task not in self._wanted.predictions:
                tasks[task] = StoredGrade(status="no_prediction", resolved=False)
            elif known := self._known.get((task, digest(self._wanted.predictions[task]))):
                tasks[task] = known
            some = {
                number: known
                for number, patch in self._wanted.candidates.get(task, {}).items()
                if (known := self._known.get((task, digest(patch))))
            }
            if some:
                candidates[task] = some
        grades = Grades(harness=self._harness, timeout=self._seconds, tasks=tasks, candidates=candidates)
        write_file(self._path, grades.model_dump_json(indent=2) + "\n")
        return grades


def digest(patch: str) -> str:
    """A name for a patch."""
    return hashlib.sha256(patch.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _alone(place: Path) -> Generator[None]:
    place.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunConflict(f"another process is grading in {place.parent}; wait for it or stop it") from error
    try:
        yield
    finally:
        lock.release()
