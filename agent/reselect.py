"""Chooses again on a stored run: no candidate is generated anew, only what follows from the choice is rewritten."""

import fcntl
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from agent.bench import open_bench
from agent.context import Context
from agent.decisions import decide_task, task_names
from agent.errors import RunConflict, TaskBusy
from agent.machinery import Machinery
from agent.prepare import Prepared
from agent.results import outcomes_record, prediction_record, selection_record
from agent.rollup import write_run_files
from agent.rundir import RunDir, TaskDir, write_file, write_json
from agent.selecting.method import Chosen
from agent.selecting.pick import pick
from agent.settings import Settings
from agent.solve import Solution
from agent.stored import load_task
from agent.stored_matrix import read_matrix
from agent.workbench import Watcher
from selection import Method
from swe_tasks.build import open_base
from swe_tasks.edits import portable

_OF_THE_ATTEMPTS: Final = ("trajectories", "failed", "refused", "files_shown")
"""Parts of `selection.json` that say how candidates came about, whichever of them is chosen."""

_OBJECT = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Rechosen:
    """A task that was chosen for again."""

    task: str
    before: str | None
    """Digest of the candidate that was the choice; None if none was."""
    after: str | None
    rule: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Reselection:
    tasks: tuple[Rechosen, ...]
    without_result: tuple[str, ...]
    """Tasks of the run that have nothing to choose from: they failed, or were not finished."""


def reselect(run: RunDir, method: str, choose: Method, *, seed: int) -> Reselection:
    """Choose again for every task with a result, by `choose`, whose name `method` is recorded. Nothing is executed.

    All is read and chosen once before anything is written, so that what cannot be used stops it before it begins.
    The same call again mends what a crash left.

    Raises:
        UserError: there is no run.
        RunConflict: a file is missing or damaged.
        TaskBusy: another process works on a task.
        PatchError, RepositoryError: a patch is not text, and the base tree to make it text is not there.
    """
    names = task_names(run)

    def change(task: str, *, write: bool) -> _Change | None:
        with _alone(run.task(task)):  # one task at a time: a run has more of them than a process may have files
            decided = decide_task(run, task, {method: choose}, seed=seed)
            found = decided and _Change.of(
                decided.place, Chosen(decided.matrix, decided.selections[method]), method, seed
            )
            if found and write:
                found.write()
            return found

    for name in names:
        change(name, write=False)
    changes = {name: change(name, write=True) for name in names}
    write_run_files(run, names)
    return Reselection(
        tuple(one.rechosen for one in changes.values() if one), tuple(name for name in names if not changes[name])
    )


async def reselect_by_model(
    run: RunDir, settings: Settings, machinery: Machinery, *, redact: Callable[[str], str], watcher: Watcher
) -> Reselection:
    """Choose again for every task with a result, by a method that may ask the model and run things of its own.

    What it asks and runs goes through each task's journal, so the same call again pays for nothing twice.

    Raises:
        UserError, RunConflict, TaskBusy, PatchError, RepositoryError: as for `reselect`.
        ModelError, SandboxError: the machinery failed; tasks before that one are chosen for.
    """
    names = task_names(run)
    found: dict[str, Rechosen] = {}
    for name in names:
        place = run.task(name)
        if not place.result.is_file():
            continue
        prepared = Prepared(run, place, load_task(place.task), settings)
        async with open_bench(prepared, machinery, redact=redact, watcher=watcher) as bench:
            chosen = await pick(bench, read_matrix(place))
            change = _Change.of(place, chosen, settings.method, settings.seed)
            change.write()
            found[name] = change.rechosen
    write_run_files(run, names)
    return Reselection(tuple(found.values()), tuple(name for name in names if name not in found))


@contextmanager
def _alone(place: TaskDir) -> Generator[None]:
    """Keep other processes out of a task, by the lock that whoever works on it has: that on its journal."""
    if not place.journal.is_file():
        yield
        return
    file = os.open(place.journal, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise TaskBusy(f"another process is working on {place.path}; wait for it or stop it") from error
    finally:
        os.close(file)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is written for one task."""

    place: TaskDir
    rechosen: Rechosen
    patch: bytes | None
    files: Mapping[Path, JsonValue]
    """In the order of writing: the result comes last."""

    @classmethod
    def of(cls, place: TaskDir, chosen: Chosen, method: str, seed: int) -> "_Change":
        selection, winner = chosen.selection, chosen.selection.winner
        attempts, result, prediction = (_read(path) for path in (place.selection, place.result, place.prediction))
        solution = Solution(Context((), "", 0), (), (), chosen.matrix, selection)
        fresh = selection_record(solution)
        assert isinstance(fresh, dict)
        rule: dict[str, JsonValue] = {"rule": selection.rule, "confidence": selection.confidence}
        said: dict[str, JsonValue] = {"method": method, "seed": seed}
        before, patch = attempts.get("winner"), winner.patch if winner else None
        return cls(
            place,
            Rechosen(
                place.path.name,
                before if isinstance(before, str) else None,
                winner.digest if winner else None,
                selection.rule,
            ),
            patch,
            {
                place.outcomes: outcomes_record(solution),
                place.selection: {
                    **{key: value for key, value in fresh.items() if key not in _OF_THE_ATTEMPTS},
                    **said,
                    **{key: attempts[key] for key in _OF_THE_ATTEMPTS if key in attempts},
                },
                place.prediction: prediction_record(
                    place.path.name,
                    _text(prediction, "model_name_or_path", place.prediction),
                    _as_text(place, patch),
                ),
                place.result: {**result, "patch": winner is not None, **rule, "selected": said},
            },
        )

    def write(self) -> None:
        if self.patch is None:
            self.place.patch.unlink(missing_ok=True)
        else:
            write_file(self.place.patch, self.patch)
        for path, record in self.files.items():
            write_json(path, record)


def _as_text(place: TaskDir, patch: bytes | None) -> str:
    """A patch as predictions can carry it, the same as in the first place; no patch is the empty one."""
    try:
        return (patch or b"").decode()
    except UnicodeDecodeError:
        return portable(open_base(place.base), patch or b"")


def _text(record: Mapping[str, JsonValue], key: str, path: Path) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise RunConflict(f"{path} is damaged: {key} is missing")
    return value


def _read(path: Path) -> dict[str, JsonValue]:
    try:
        return _OBJECT.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise RunConflict(
            f"{path} cannot be read; remove result.json there, and `shrewd resume` writes all of it again: {error}"
        ) from error
