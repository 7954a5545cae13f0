"""Earlier runs: every candidate that a run found, whichever it chose."""

import logging
from collections.abc import Iterator
from pathlib import Path

from agent.errors import UserError
from agent.rundir import RunDir, TaskDir
from agent.stored_matrix import read_matrix
from selection import Candidate
from swe_tasks.build import open_base
from swe_tasks.candidate_files import Offered
from swe_tasks.edits import portable

log = logging.getLogger(__name__)


def is_run(path: Path) -> bool:
    return RunDir(path).config.is_file()


def read_run(path: Path, *, name: str) -> tuple[Offered, ...]:
    """The candidates of all tasks that have a result; `NAME trajectory N` for those of its own trajectories.

    A candidate of several origins is offered once for each: that they agree must not be lost.

    Raises:
        UserError: no task of the run has a result.
        RunConflict: a file of it is missing or damaged.
        PatchError, RepositoryError: a patch is not text, and the base tree to make it text is not there.
    """
    places = RunDir(path).tasks()
    ready = [place for place in places if place.result.is_file()]
    if not ready:
        raise UserError(f"{path} is a run in which no task has a result yet; shrewd resume goes on with it")
    if len(ready) < len(places):
        log.warning("%s: %d of its %d tasks have no result yet", path, len(places) - len(ready), len(places))
    return tuple(offered for place in ready for offered in _of_task(place, name))


def _of_task(place: TaskDir, name: str) -> Iterator[Offered]:
    for candidate in read_matrix(place).candidates:
        patch = _as_text(place, candidate)
        for origin in candidate.origins or ("",):
            yield Offered(place.path.name, f"{name} {origin}".rstrip(), patch)


def _as_text(place: TaskDir, candidate: Candidate) -> str:
    try:
        return candidate.patch.decode()
    except UnicodeDecodeError:
        return portable(open_base(place.base), candidate.patch)
