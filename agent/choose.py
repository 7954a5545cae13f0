"""Chooses among patches from elsewhere: scripts are written for the issue, and run on every distinct patch."""

import asyncio
from collections.abc import Sequence
from functools import partial

from agent.candidates import External, from_patches
from agent.context import Context
from agent.errors import BudgetReached
from agent.evidence import gather
from agent.judge import distinct_scripts
from agent.prompts import version
from agent.selecting.pick import pick
from agent.solve import FailedTrajectory, Solution, attempt_all, set_up
from agent.trajectory import Shared, State, Steps, TrajectoryResult, write_script
from agent.workbench import Workbench


async def choose(bench: Workbench, samples: int, steps: Steps, *, externals: Sequence[External]) -> Solution:
    """Choose one of the patches. No model is asked where there are not two different ones.

    Raises:
        ModelError, SandboxError: every attempt at a script broke, this is what broke the first.
    """
    bench.journal.event("prompts", version())
    candidates, refused = await asyncio.to_thread(from_patches, bench.base, externals)
    context = Context((), "", 0)
    results: tuple[TrajectoryResult, ...] = ()
    failed: tuple[FailedTrajectory, ...] = ()
    if len(candidates) > 1 and bench.asks:
        context, shared = await set_up(bench, steps)
        results, failed = await attempt_all(bench, samples, partial(_script, bench, shared))
    chosen = await pick(bench, await gather(bench, candidates, distinct_scripts(results)))
    return Solution(context, results, failed, chosen.matrix, chosen.selection, refused)


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
