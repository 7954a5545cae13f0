"""Chooses among patches from elsewhere: scripts are written for the issue, and run on every distinct patch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agent.context import Context
from agent.errors import BudgetReached, ModelError
from agent.failures import classify
from agent.judge import distinct_scripts, judge
from agent.prompts import version
from agent.solve import FailedTrajectory, Refused, Solution, set_up
from agent.trajectory import Shared, State, Steps, TrajectoryResult, write_script
from agent.workbench import Workbench
from sandbox.errors import SandboxError
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
    ended: list[TrajectoryResult | Exception] = []
    if len(candidates) > 1:
        context, shared = set_up(bench, steps)
        ended = await asyncio.gather(*(_script(bench, shared, number) for number in range(samples)))
    results = tuple(result for result in ended if isinstance(result, TrajectoryResult))
    for error in ended:
        if not results and isinstance(error, Exception):
            raise error
    failed = tuple(FailedTrajectory(n, classify(e)) for n, e in enumerate(ended) if isinstance(e, Exception))
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


async def _script(bench: Workbench, shared: Shared, number: int) -> TrajectoryResult | Exception:
    """A trajectory that only writes a script. Its broken machinery is a result of its own."""
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
    except (ModelError, SandboxError) as error:
        bench.watcher.stage(number, "failed")
        return error
    bench.watcher.stage(number, "done")
    return TrajectoryResult(number, best, "done")
