"""Which candidates are right: read after everything is chosen, from a run's grades or a file of labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.decisions import Decided, Decisions
from agent.errors import UserError
from agent.grades import candidate_patches, digest, read_grades
from agent.rundir import RunDir
from selection.metrics import Labelled, TaskRecord
from selection.origins import samples
from swe_tasks.harness_reports import FINAL

_SHAPE = TypeAdapter(dict[str, dict[str, bool | None]])


@dataclass(frozen=True, slots=True)
class Labels:
    """Task -> digest of a candidate -> whether it is right, of those that are known."""

    known: Mapping[str, Mapping[str, bool]] = field(default_factory=dict[str, Mapping[str, bool]])
    contradicted: tuple[tuple[str, str], ...] = ()
    """Task and digest of candidates that labels of two kinds are about: they count as not known."""
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Task and name of labels about no candidate of a task of the run, such as a patch that was refused."""
    missed: tuple[tuple[str, str], ...] = ()
    """Those of them that say right: somebody had a right patch, and it is no candidate."""


def labels_of_run(run: RunDir, decisions: Decisions) -> Labels:
    """From `grades.json`: the grades of candidates and predictions as they are now.

    Raises:
        RunConflict: the file cannot be read.
    """
    grades = read_grades(run.grades)
    if grades is None:
        return Labels()
    found: dict[str, dict[str, bool]] = {}
    for decided in decisions.tasks:
        stored = list(grades.candidates.get(decided.task, {}).values())
        if decided.task in grades.tasks:
            stored.append(grades.tasks[decided.task])
        worth = {grade.patch: grade.resolved for grade in stored if grade.patch and grade.status in FINAL}
        patches = candidate_patches(decided.place)
        names = {digest(patches[str(number)]): one.digest for number, one in enumerate(decided.matrix.candidates)}
        found[decided.task] = {tree: worth[patch] for patch, tree in names.items() if patch in worth}
    return Labels(found)


def labels_of_file(path: Path, decisions: Decisions) -> Labels:
    """From a JSON file: task -> a candidate's digest, its file (`candidates/0.diff` or `0.diff`) or one of its
    origins -> true, false, or null for not known.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        said = _SHAPE.validate_json(path.read_bytes(), strict=True)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UserError(
            f"{path} holds no labels: {_problem(error)}. It has to be JSON, "
            '{"TASK": {"CANDIDATE": true}}, a candidate being a digest, a file such as 0.diff, or a source'
        ) from error
    found: dict[str, dict[str, bool]] = {}
    contradicted: list[tuple[str, str]] = []
    elsewhere: list[tuple[str, str]] = []
    missed: list[tuple[str, str]] = []
    for decided in decisions.tasks:
        names = _names(decided)
        worths: dict[str, set[bool]] = {}
        for name, right in said.get(decided.task, {}).items():
            if name not in names:
                elsewhere.append((decided.task, name))
                if right:
                    missed.append((decided.task, name))
            elif right is not None:
                worths.setdefault(names[name], set()).add(right)
        contradicted += [(decided.task, tree) for tree, both in worths.items() if len(both) > 1]
        found[decided.task] = {tree: both.pop() for tree, both in worths.items() if len(both) == 1}
    return Labels(found, tuple(contradicted), tuple(elsewhere), tuple(missed))


def records(decisions: Decisions, labels: Labels) -> list[TaskRecord]:
    """What `selection.metrics` measures: the choices that were made, and now the labels."""
    return [
        TaskRecord(
            decided.task,
            tuple(
                Labelled(one.digest, samples(one), labels.known.get(decided.task, {}).get(one.digest))
                for one in decided.matrix.candidates
            ),
            decided.choices,
            decided.fruitless,
        )
        for decided in decisions.tasks
    ]


def _names(decided: Decided) -> dict[str, str]:
    """Everything that a candidate may be called -> its digest. What it is comes before what it is named after."""
    names: dict[str, str] = {}
    for candidate in decided.matrix.candidates:
        names |= dict.fromkeys(candidate.origins, candidate.digest)
    for number, candidate in enumerate(decided.matrix.candidates):
        names |= {f"{number}.diff": candidate.digest, f"candidates/{number}.diff": candidate.digest}
    return names | {candidate.digest: candidate.digest for candidate in decided.matrix.candidates}


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = " / ".join(str(part) for part in first["loc"])
    return f"{first['msg']}" + (f" (at {place})" if place else "")
