"""Chooses among patches from elsewhere: scripts are written for the issue, and run on every distinct patch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from agent.context import Context
from agent.errors import BudgetReached
from agent.judge import distinct_scripts, judge
from agent.prompts import version
from agent.solve import FailedTrajectory, Refused, Solution, attempt_all, set_up
from agent.trajectory import Shared, State, Steps, TrajectoryResult, write_script
from agent.workbench import Workbench
from selection import Candidate
from selection.methods import method
from swe_tasks.edits import apply_patch, diff
from swe_tasks.errors import PatchError


@dataclass(frozen=True, slots=True)
class External:
    """A patch with the name of what made it."""

    source: str
    patch: str


async def choose(bench: Workbench, samples: int, steps: Steps, *, externals: Sequence[External]) -> Solution:
    """Choose one of the patches. No model is asked where there are not two different ones.

    Raises:
        ModelError, SandboxError: every attempt at a script broke, this is what broke the first.
    """
    bench.journal.event("prompts", version())
    candidates, refused = await asyncio.to_thread(admit, bench, externals)
    context = Context((), "", 0)
    results: tuple[TrajectoryResult, ...] = ()
    failed: tuple[FailedTrajectory, ...] = ()
    if len(candidates) > 1:
        context, shared = set_up(bench, steps)
        results, failed = await attempt_all(bench, samples, partial(_script, bench, shared))
    matrix = await judge(bench, candidates, distinct_scripts(results))
    return Solution(context, results, failed, matrix, method(bench.method)(matrix, seed=bench.seed), refused)


def admit(bench: Workbench, externals: Sequence[External]) -> tuple[tuple[Candidate, ...], tuple[Refused, ...]]:
    """The distinct trees that the patches make of the base tree, and the patches that make none."""
    origins: dict[str, list[str]] = {}
    refused: list[Refused] = []
    for external in externals:
        try:
            tree = apply_patch(bench.base, external.patch.encode("utf-8", errors="surrogateescape"))
        except PatchError as error:
            refused.append(Refused(external.source, str(error)))
            continue
        if tree == bench.base.tree:
            refused.append(Refused(external.source, "the patch is empty, or changes nothing"))
        else:
            origins.setdefault(tree, []).append(external.source)
    candidates = (Candidate(tree, diff(bench.base, tree), tuple(names)) for tree, names in sorted(origins.items()))
    return tuple(candidates), tuple(refused)


async def _script(bench: Workbench, shared: Shared, number: int) -> TrajectoryResult:
    """A trajectory that only writes a script."""
    best = State()

    def keep(state: State) -> None:
        nonlocal best
        if state.worth >= best.worth:
            best = state

    bench.watcher.stage(number, "script")
    try:
        await write_script(bench, shared, number, keep)
    except BudgetReached as error:
        return TrajectoryResult(number, best, "budget", str(error))
    bench.watcher.stage(number, "done")
    return TrajectoryResult(number, best, "done")
