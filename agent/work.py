"""Works on a prepared task from beginning to end and leaves the results in the run directory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.bench import open_bench
from agent.failures import EXIT_BUDGET, EXIT_CHOSEN, EXIT_NONE
from agent.ledger import Totals
from agent.prepare import Prepared
from agent.results import report_record, write_predictions, write_solution
from agent.rundir import write_json
from agent.solve import Solution, solve
from agent.trajectory import Steps
from agent.workbench import Watcher


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


async def work_on(
    prepared: Prepared, *, redact: Callable[[str], str], watcher: Watcher, environment: Mapping[str, str]
) -> Worked:
    """Solve the task, or what is left of it to do.

    Raises:
        what `open_bench` and `solve` raise.
    """
    began = time.monotonic()
    settings = prepared.settings
    steps = Steps(settings.script_iterations, settings.iterations, settings.repairs)
    async with open_bench(prepared, redact=redact, watcher=watcher, environment=environment) as bench:
        watcher.follow(bench.ledger)
        solution = await solve(bench, samples=settings.samples, steps=steps)
        seconds = time.monotonic() - began
        write_solution(prepared.place, solution)
        write_predictions(prepared.run, [(bench.task.id, settings.model, solution.patch)])
        report = report_record(bench.task, solution, bench.ledger.totals(), model=settings.model, seconds=seconds)
        write_json(prepared.run.report, report)
        return Worked(prepared, solution, bench.ledger.totals(), seconds)
