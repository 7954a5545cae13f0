"""The end of a run on a terminal: the diff, the vote table, what it cost, and where everything lies."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.rundir import TaskDir
from agent.solve import Solution
from agent.terminal import diff_text, one_line, printable
from agent.work import Worked
from selection import OutcomeMatrix, Selection

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from agent.ledger import Tally, Totals

_SIGNS = {"solved": "✓", "unsolved": "✗", "broken": "!"}


def show_solution(console: "Console", worked: Worked, done: Sequence[str], *, explained: bool = False) -> None:
    """Everything a user wants to know; the last line says where the patch lies and how to apply it.

    `done` are lines on what was done with the patch. `explained`: with everything that led to the choice.
    """
    solution, place = worked.solution, worked.prepared.place
    if solution.patch is not None:
        console.print(diff_text(solution.patch.decode("utf-8", errors="replace")))
    if explained:
        from agent.cli.explain import explain

        explain(console, solution.matrix, solution.selection, solution.refused)
    else:
        _show_choice(console, solution)
    if solution.results or solution.failed:
        console.print(trajectory_table(solution))
    console.print(cost_table(worked.totals))
    console.print(f"Time: {worked.seconds:.0f} s. Run directory: {worked.prepared.run.path.absolute()}")
    for line in done:
        console.print(printable(line))
    console.print(last_line(solution, place, worked.prepared.stored.task.repository))


def _show_choice(console: "Console", solution: Solution) -> None:
    for refused in solution.refused:
        console.print(one_line(f"Refused: {refused.source}: {refused.reason}"))
    if solution.matrix.candidates:
        console.print(vote_table(solution.matrix, solution.selection))
        console.print(f"Chosen by: {solution.selection.rule}.\n")


def last_line(solution: Solution, place: TaskDir, repository: str) -> str:
    if solution.patch is None:
        return f"No patch: {_why_none(solution)}."
    where = shlex.quote(str(place.patch.absolute()))
    inside = f"-C {shlex.quote(repository)} " if Path(repository).is_absolute() else ""
    return printable(f"Patch: {place.patch.absolute()}    Apply it with: git {inside}apply {where}")


def _why_none(solution: Solution) -> str:
    if solution.selection.abstained:
        return "no candidate is trusted enough"
    if solution.out_of_budget:
        return "a budget was reached before there was one"
    return "no trajectory made an edit" if solution.results or solution.failed else "none of the patches can be used"


def vote_table(matrix: OutcomeMatrix, chosen: Selection) -> "Table":
    """Candidates x scripts, the base tree first. A script with a vote fails on the base and passes somewhere."""
    from rich.table import Table

    table = Table(title="Votes: candidates x scripts", title_justify="left")
    table.add_column("candidate")
    for number, script in enumerate(matrix.scripts):
        table.add_column(f"s{number}" + ("*" if script.digest in chosen.voting else ""), justify="center")
    table.add_column("votes", justify="right")
    table.add_column("lines", justify="right")
    table.add_column("from")
    base = [_SIGNS.get(matrix.base.get(s.digest, ""), "·") for s in matrix.scripts]
    table.add_row("base tree", *base, "", "", "")
    for row in chosen.ranking:
        cells = [_SIGNS.get(matrix.cells.get((row.candidate.digest, s.digest), ""), "·") for s in matrix.scripts]
        name = row.candidate.digest[:8] + (" (chosen)" if row.candidate == chosen.winner else "")
        changed = sum(line[:1] in {b"+", b"-"} for line in row.candidate.patch.splitlines())
        table.add_row(name, *cells, str(row.votes), str(changed), one_line(", ".join(row.candidate.origins)))
    table.caption = "✓ exits 0: solved   ✗ exits 2: not solved   ! broken   · not known   * has a vote"
    table.caption_justify = "left"
    return table


def trajectory_table(solution: Solution) -> "Table":
    from rich.table import Table

    table = Table(title="Trajectories", title_justify="left")
    for name in ("", "ended", "iterations", "own script before → after", ""):
        table.add_column(name)
    for result in solution.results:
        state = result.state
        runs = "no script" if state.script is None else f"{_code(state.before)} → {_code(state.after)}"
        verified = "fails before, passes after" if result.verified else ""
        table.add_row(str(result.trajectory), result.ended, str(result.iterations), runs, verified)
    for failed in solution.failed:
        table.add_row(str(failed.trajectory), "failed", "", failed.failure.kind, one_line(failed.failure.message, 80))
    return table


def _code(exit_code: int | None) -> str:
    return "not run" if exit_code is None else str(exit_code)


def cost_table(totals: "Totals") -> "Table":
    from rich.table import Table

    table = Table(title="Spent", title_justify="left")
    table.add_column("stage")
    for name in (
        "completions",
        "prompt tokens",
        "of them cached",
        "completion tokens",
        "dollars",
        "model seconds",
    ):
        table.add_column(name, justify="right")
    for stage, tally in totals.stages.items():
        table.add_row(stage, *_cells(tally))
    table.add_row("total", *_cells(totals.total), end_section=True)
    return table


def _cells(tally: "Tally") -> list[str]:
    counts = (tally.calls, tally.prompt, tally.cached, tally.completion)
    return [*(f"{count:,}" for count in counts), money(tally), f"{tally.seconds:.0f}"]


def money(tally: "Tally") -> str:
    """Dollars, with what is unknown said and never taken for nothing."""
    if tally.unpriced == 0:
        return f"{tally.dollars:.4f}"
    known = f"{tally.dollars:.4f} + " if tally.unpriced < tally.calls else ""
    return f"{known}unknown"
