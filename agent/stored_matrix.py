"""Reads the outcome matrix of a task back from its directory, to choose again or to measure choices."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import RunConflict
from agent.rundir import TaskDir
from selection import Behaviour, Candidate, Outcome, OutcomeMatrix, Probe, Step, TestScript

T = TypeVar("T")

_AGAIN: Final = "remove result.json there, and `shrewd resume` writes all of it again from the journal"


class _Record(BaseModel):
    # A field that is not known here would be lost on the way, so it is refused.
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Candidate(_Record):
    digest: str
    origins: tuple[str, ...]
    twins: tuple[str, ...] = ()
    stripped: tuple[str, ...] = ()


class _Script(_Record):
    digest: str
    origins: tuple[str, ...]
    text: str


class _Cell(_Record):
    candidate: str
    script: str
    outcome: Outcome


class _Probe(_Record):
    digest: str
    origin: str
    text: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    quoted: bool = True


class _Shown(_Record):
    exit_code: int | None
    output: str


class _Behaviour(_Shown):
    candidate: str
    probe: str


class _Step(_Record):
    stage: str
    said: str


class _Outcomes(_Record):
    """`outcomes.json`."""

    candidates: tuple[_Candidate, ...]
    """In the order of their files."""
    scripts: tuple[_Script, ...]
    base: dict[str, Outcome]
    cells: tuple[_Cell, ...]
    regressions: dict[str, tuple[str, ...]] = {}
    """Candidate -> tests that it breaks, of those that were asked for."""
    tests: int = 0
    probes: tuple[_Probe, ...] = ()
    base_behaviours: dict[str, _Shown] = {}
    behaviours: tuple[_Behaviour, ...] = ()
    found: tuple[_Step, ...] = ()


def read_matrix(place: TaskDir) -> OutcomeMatrix:
    """The matrix that `agent.results` wrote.

    Raises:
        RunConflict: a file is missing, damaged, or about something that is not there.
    """
    try:
        found = _Outcomes.model_validate_json(place.outcomes.read_bytes())
    except FileNotFoundError as error:
        raise RunConflict(f"{place.path} has no {place.outcomes.name}: the task has no result") from error
    except ValidationError as error:
        raise RunConflict(f"{place.outcomes} cannot be read; {_AGAIN}: {error}") from error
    _check(place, found)
    return OutcomeMatrix(
        tuple(
            Candidate(one.digest, _patch(place, number), one.origins, one.twins, one.stripped)
            for number, one in enumerate(found.candidates)
        ),
        tuple(TestScript(one.digest, one.text, one.origins) for one in found.scripts),
        dict(found.base),
        {(cell.candidate, cell.script): cell.outcome for cell in found.cells},
        {candidate: frozenset(tests) for candidate, tests in found.regressions.items()},
        found.tests,
        tuple(Probe(one.digest, one.text, one.origin, one.wanted, one.unwanted, one.quoted) for one in found.probes),
        {probe: Behaviour(shown.exit_code, shown.output) for probe, shown in found.base_behaviours.items()},
        {(one.candidate, one.probe): Behaviour(one.exit_code, one.output) for one in found.behaviours},
        tuple(Step(one.stage, one.said) for one in found.found),
    )


def _patch(place: TaskDir, number: int) -> bytes:
    path = place.candidates / f"{number}.diff"
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RunConflict(f"{path} is missing, and {place.outcomes.name} is about it; {_AGAIN}") from error


def _check(place: TaskDir, found: _Outcomes) -> None:
    """Every name stands for one thing that is there."""

    def refuse(problem: str) -> None:
        raise RunConflict(f"{place.outcomes} is damaged, {problem}; {_AGAIN}")

    candidates = [one.digest for one in found.candidates]
    scripts = [one.digest for one in found.scripts]
    if twice := _twice(candidates):
        refuse(f"the candidate {twice} is there twice")
    if twice := _twice(scripts):
        refuse(f"the script {twice} is there twice")
    if twice := _twice((cell.candidate, cell.script) for cell in found.cells):
        refuse(f"the cell of {twice[0]} and {twice[1]} is there twice")
    if twice := _twice((one.candidate, one.probe) for one in found.behaviours):
        refuse(f"the behaviour of {twice[0]} under {twice[1]} is there twice")
    if twice := _twice(one.digest for one in found.probes):
        refuse(f"the probe {twice} is there twice")
    about = {one.candidate for one in (*found.cells, *found.behaviours)} | found.regressions.keys()
    for name in sorted(about - set(candidates)):
        refuse(f"a cell, behaviour or regression is about {name}, which is no candidate")
    for name in sorted(({cell.script for cell in found.cells} | found.base.keys()) - set(scripts)):
        refuse(f"a cell is about {name}, which is no script")
    shown = {one.probe for one in found.behaviours} | found.base_behaviours.keys()
    for name in sorted(shown - {one.digest for one in found.probes}):
        refuse(f"a behaviour is about {name}, which is no probe")


def _twice(names: Iterable[T]) -> T | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)
