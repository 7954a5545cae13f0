"""Works on a prepared task from beginning to end and leaves the results in its directory."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.bench import open_bench
from agent.failures import EXIT_BUDGET, EXIT_CHOSEN, EXIT_NONE
from agent.ledger import Totals
from agent.machinery import Machinery
from agent.prepare import Prepared
from agent.results import write_result
from agent.solve import Solution, solve
from agent.trajectory import Steps
from agent.workbench import Watcher, Workbench


@dataclass(frozen=True, slots=True)
class Worked:
    """A task that was worked on, and what it took."""

    prepared: Prepared
    solution: Solution
    totals: Totals
    seconds: float

    @property
    def exit_code(self) -> int:
        """0: a patch was chosen; 1: none could be; 3: a budget was reached before there was a candidate."""
        if self.solution.patch is not None:
            return EXIT_CHOSEN
        return EXIT_BUDGET if self.solution.out_of_budget else EXIT_NONE


Pipeline = Callable[[Workbench, int, Steps], Awaitable[Solution]]
"""What is done with a task: `solve`, or choosing among patches from elsewhere. Takes the number of samples."""


async def work_on(
    prepared: Prepared,
    machinery: Machinery,
    *,
    redact: Callable[[str], str],
    watcher: Watcher,
    pipeline: Pipeline = solve,
    name: str | None = None,
) -> Worked:
    """Work on the task, or what is left of it to do. `name` is what the prediction says made it, if not the model.

    Raises:
        what `open_bench` and the pipeline raise.
    """
    began = time.monotonic()
    settings = prepared.settings
    steps = Steps(settings.script_iterations, settings.iterations, settings.repairs)
    async with open_bench(prepared, machinery, redact=redact, watcher=watcher) as bench:
        watcher.follow(bench.ledger)
        solution = await pipeline(bench, settings.samples, steps)
        totals, seconds = bench.ledger.totals(), time.monotonic() - began
        write_result(prepared.place, bench.base, solution, totals, settings, seconds=seconds, name=name)
        return Worked(prepared, solution, totals, seconds)
