"""Runs with real results on a small repository, as a pipeline leaves them, without a model having been asked."""

from collections.abc import Mapping
from pathlib import Path

from support.git_repository import make_repository

from agent.context import Context
from agent.results import write_result
from agent.rollup import write_run_files
from agent.rundir import RunDir, write_file
from agent.settings import Settings
from agent.solve import Refused, Solution
from agent.tally import Tally, Totals
from agent.trajectory import State, TrajectoryResult
from selection import Candidate, Outcome, OutcomeMatrix, TestScript, choose_by_votes
from swe_tasks import materialise_local
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import diff, write_tree
from swe_tasks.task import FileChange

LETTERS = {"s": Outcome.SOLVED, "u": Outcome.UNSOLVED, "b": Outcome.BROKEN}

Rows = Mapping[bytes, tuple[str, tuple[str, ...]]]
"""Content of the candidate's file -> a letter a script (s, u, b, or `.` for not run), and its origins."""


def store_task(run: RunDir, task: str, base: str, rows: Rows, *, fruitless: int = 0, refused: int = 0) -> OutcomeMatrix:
    """Store a task with candidates that write `calc.py`, chosen by votes. `base` holds a letter a script."""
    place = run.task(task)
    repository = make_repository(run.path.parent / "repositories" / run.path.name / task, {"calc.py": "1\n"})
    tree = materialise_local(repository, place.base, ref=None, uncommitted="refuse")
    matrix = matrix_of(tree, base, rows)
    numbers = [candidate.digest for candidate in matrix.candidates for _ in candidate.origins]
    ended = [
        TrajectoryResult(n, State(tree=digest), "done") for n, digest in enumerate([*numbers, *[None] * fruitless])
    ]
    refusals = tuple(Refused(f"refused {number}", "it does not apply") for number in range(refused))
    solution = Solution(Context((), "", 0), tuple(ended), (), matrix, choose_by_votes(matrix), refusals)
    settings = Settings(model="scripted/model", samples=len(ended))
    write_file(place.task, "{}\n")
    write_result(place, tree, solution, Totals(Tally(), {}, {}), settings, seconds=1.0)
    write_run_files(run, [stored.path.name for stored in run.tasks()])
    return matrix


def matrix_of(tree: BaseTree, base: str, rows: Rows) -> OutcomeMatrix:
    candidates: list[Candidate] = []
    cells: dict[tuple[str, str], Outcome] = {}
    for content, (letters, origins) in rows.items():
        edited = write_tree(tree, [FileChange("calc.py", content, "file")])
        candidates.append(Candidate(edited, diff(tree, edited), origins))
        cells |= {(edited, f"t{n}"): LETTERS[letter] for n, letter in enumerate(letters) if letter != "."}
    scripts = tuple(TestScript(f"t{n}", f"# {n}\n", (f"trajectory {n}",)) for n in range(len(base)))
    said = {f"t{n}": LETTERS[letter] for n, letter in enumerate(base) if letter != "."}
    return OutcomeMatrix(tuple(candidates), scripts, said, cells)


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a directory but the base trees."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "base" not in path.relative_to(root).parts
    }
