"""Reads what a run of one task left in its directory."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agent.errors import RunConflict
from agent.rundir import RunDir
from agent.stored import StoredTask, load_task

M = TypeVar("M", bound=BaseModel)


class RunFailedError(Exception):
    """A run that did not leave what a run leaves."""


class _Row(BaseModel):
    file: str
    candidate: str
    origins: list[str]
    votes: int


class _Selection(BaseModel):
    winner: str | None
    ranking: list[_Row]


class _Totals(BaseModel):
    prompt: int
    completion: int


class _Spent(BaseModel):
    total: _Totals


class _Result(BaseModel):
    model: str
    seconds: float
    trajectories: int
    spent: _Spent


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from, and what became of it."""

    trajectories: tuple[int, ...]
    votes: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Results:
    run: Path
    stored: StoredTask
    candidates: tuple[bytes, ...]
    """Distinct patches."""
    origins: tuple[Origin, ...]
    """Of each candidate, in the same order."""
    answer: bytes | None
    trajectories: int
    tokens: int
    seconds: float
    model: str


def read_results(run: Path) -> Results:
    """The results of a run with one task.

    Raises:
        RunFailedError: a file is missing or damaged, or they do not belong together.
    """
    tasks = RunDir(run).tasks()
    if len(tasks) != 1:
        raise RunFailedError(f"{run} holds {len(tasks)} tasks instead of one")
    (place,) = tasks
    try:
        stored = load_task(place.task)
    except RunConflict as error:
        raise RunFailedError(str(error)) from error
    selection = _read(_Selection, place.selection)
    result = _read(_Result, place.result)
    rows = {row.file: row for row in selection.ranking}
    files = sorted(place.candidates.glob("*.diff"), key=lambda path: int(path.stem))
    if {f"candidates/{path.name}" for path in files} != rows.keys():
        raise RunFailedError(f"{place.selection} and {place.candidates} name different candidates")
    return Results(
        run=run,
        stored=stored,
        candidates=tuple(path.read_bytes() for path in files),
        origins=tuple(_origin(rows[f"candidates/{path.name}"], selection.winner) for path in files),
        answer=place.patch.read_bytes() if place.patch.exists() else None,
        trajectories=result.trajectories,
        tokens=result.spent.total.prompt + result.spent.total.completion,
        seconds=result.seconds,
        model=result.model,
    )


def _origin(row: _Row, winner: str | None) -> Origin:
    numbers = (re.fullmatch(r"trajectory (\d+)", origin) for origin in row.origins)
    return Origin(tuple(int(n[1]) for n in numbers if n), row.votes, row.candidate == winner)


def _read(shape: type[M], path: Path) -> M:
    try:
        return shape.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunFailedError(f"{path} cannot be read: {error}") from error
