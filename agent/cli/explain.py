"""Why a candidate was chosen, on a terminal: what came in, what it showed, and the steps to the choice."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from agent.candidates import Refused
from agent.cli.show import vote_table
from agent.explanation import changed_lines, explanation_record, sources_of, steps_of
from agent.rundir import RunDir
from agent.stored_matrix import read_matrix
from agent.stored_selection import read_selection
from agent.terminal import one_line
from selection import OutcomeMatrix, Selection
from selection.behaviour import Behaviour, Probe
from selection.clusters import clusters
from selection.examples import example_evidence, shows

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.console import Console
    from rich.table import Table

__all__ = ["explain", "explain_tasks", "explanation_record", "task_explanations"]

_WIDE: Final = 160
"""Of a line of what others wrote."""
_NAMED: Final = 5
"""Of many names, so many are shown."""


def explain(console: "Console", matrix: OutcomeMatrix, selection: Selection, refused: Sequence[Refused]) -> None:
    """Everything that led to the choice. `refused` are the patches that were no candidates."""
    if matrix.candidates:
        console.print(_candidates(matrix))
    for one in refused:
        console.print(one_line(f"Refused: {one.source}: {one.reason}", _WIDE))
    _tests(console, matrix)
    for probe in matrix.probes:
        console.print(_example(matrix, probe))
    for digest, evidence in example_evidence(matrix).items():
        console.print(one_line(f"{digest[:8]} {evidence.ratio:+.1f}: {evidence.said}", _WIDE))
    if matrix.scripts:
        console.print(vote_table(matrix, selection))
        for number, script in enumerate(matrix.scripts):
            console.print(one_line(f"s{number}: {script.digest[:8]} by {_some(script.origins) or 'nobody'}", _WIDE))
    if len(matrix.candidates) > 1:
        console.print(_clusters(matrix))
    _trail(console, matrix, selection)
    _verdict(console, selection)


def explain_tasks(console: "Console", run: RunDir, tasks: Iterable[str]) -> None:
    """Explain the stored choices of a run, under the names of its tasks. Nothing is changed.

    Raises:
        RunConflict: a file is missing or damaged.
    """
    for task, matrix, selection, refused in _stored(run, tasks):
        console.print(f"\n{one_line(task)}", style="bold")
        explain(console, matrix, selection, refused)


def task_explanations(run: RunDir, tasks: Iterable[str]) -> "dict[str, JsonValue]":
    """The same as data, by task."""
    return {
        task: explanation_record(matrix, selection, refused) for task, matrix, selection, refused in _stored(run, tasks)
    }


def _stored(run: RunDir, tasks: Iterable[str]) -> "Iterable[tuple[str, OutcomeMatrix, Selection, tuple[Refused, ...]]]":
    for task in tasks:
        place = run.task(task)
        if place.result.is_file():
            matrix = read_matrix(place)
            yield task, matrix, *read_selection(place, matrix)


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _candidates(matrix: OutcomeMatrix) -> "Table":
    table = _table("Candidates", "candidate", "sources (samples)", "trees alike", "lines", "left out of the patch")
    for one in matrix.candidates:
        sources = [f"{name} ({count})" if count > 1 else name for name, count in sources_of(one.origins).items()]
        lines = str(changed_lines(one.patch))
        table.add_row(one.digest[:8], _some(sources), str(1 + len(one.twins)), lines, _some(one.stripped))
    return table


def _tests(console: "Console", matrix: OutcomeMatrix) -> None:
    if not matrix.tests and not matrix.regressions:
        console.print("The repository's tests: nothing is known.")
        return
    table = _table(f"The repository's tests: {matrix.tests} were asked", "candidate", "broken", "which")
    for one in matrix.candidates:
        broken = matrix.regressions.get(one.digest)
        count = "not known" if broken is None else str(len(broken))
        table.add_row(one.digest[:8], count, _some(sorted(broken or ())))
    console.print(table)


def _example(matrix: OutcomeMatrix, probe: Probe) -> "Table":
    """What each group of candidates shows, the base tree first."""
    kind = "Example" if probe.quoted else "Made up to tell candidates apart"
    table = _table(one_line(f"{kind}: {probe.origin}", _WIDE), "tree", "ends with", "shows", "that is")
    base = matrix.base_behaviours.get(probe.digest)
    if base is not None:
        table.add_row("base tree", *_shown(base, _complaint(base, probe)))
    groups: dict[Behaviour, list[str]] = {}
    for one in matrix.candidates:
        if (one.digest, probe.digest) in matrix.behaviours:
            groups.setdefault(matrix.behaviours[one.digest, probe.digest], []).append(one.digest[:8])
    for behaviour, names in groups.items():
        new = [output for output in probe.wanted if base is None or not shows(base, output)]
        wanted = "wanted" if any(shows(behaviour, output) for output in new) else ""
        same = "as on the base tree" if behaviour == base else ""
        said = ", ".join(filter(None, (wanted, _complaint(behaviour, probe), same)))
        table.add_row(", ".join(names), *_shown(behaviour, said))
    asked = (("wants", probe.wanted), ("complains about", probe.unwanted))
    table.caption = "   ".join(f"It {verb}: {_some(outputs)}" for verb, outputs in asked if outputs)
    table.caption_justify = "left"
    return table


def _complaint(behaviour: Behaviour, probe: Probe) -> str:
    return "complained about" if any(shows(behaviour, output) for output in probe.unwanted) else ""


def _shown(behaviour: Behaviour, said: str) -> tuple[str, str, str]:
    code = "no end" if behaviour.exit_code is None else str(behaviour.exit_code)
    return code, one_line(behaviour.output, _WIDE), said


def _clusters(matrix: OutcomeMatrix) -> "Table":
    table = _table("Clusters: alike under every script and example", "candidates", "independent samples")
    for one in clusters(matrix):
        others = [member.digest[:8] for member in one.members if member != one.representative]
        table.add_row(", ".join([one.representative.digest[:8], *others]), f"{one.units:g}")
    return table


def _trail(console: "Console", matrix: OutcomeMatrix, selection: Selection) -> None:
    for stage, steps in groupby(steps_of(matrix, selection), lambda step: step.stage):
        console.print(one_line(stage), style="bold")
        for step in steps:
            console.print(f"  {one_line(step.said, _WIDE)}")


def _verdict(console: "Console", selection: Selection) -> None:
    if selection.abstained:
        console.print("Nothing is chosen: no candidate is trusted enough.")
    elif selection.winner is None:
        console.print("Nothing is chosen: there is no candidate.")
    else:
        console.print(f"Chosen: {selection.winner.digest[:8]}")
    console.print(one_line(f"By: {selection.rule}. Confidence: {selection.confidence:.2f}.", _WIDE))


def _some(names: Sequence[str]) -> str:
    """The first few names, in one line."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return one_line(", ".join(names[:_NAMED]), _WIDE) + more
