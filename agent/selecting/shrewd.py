"""The default: execution decides where it can, a few duels where it cannot, and finalists face all the tests."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.regression import run_full_suite, run_tests
from agent.selecting.asking import Asker
from agent.selecting.duels import duel
from agent.selecting.method import Chosen
from agent.workbench import Workbench
from selection.examples import example_evidence
from selection.matrix import OutcomeMatrix, Step
from selection.result import Selection
from selection.shrewd import decide
from selection.weigh import weigh

SETTLED: Final = 0.7
"""Calibrated belief that is enough to ask no model: four of five such choices were right on recorded pools."""
FINALISTS: Final = 2
ROUNDS: Final = 3
"""How often a leader that fails in the whole suite makes room for another one that was not tried in it."""


async def shrewd(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """Weigh all that execution shows; let the leaders duel where that leaves doubt; run all tests on the finalists.

    Raises:
        ModelError, SandboxError: the machinery failed; what was paid for is in the journal.
    """
    duels: dict[str, float] = {}
    selection = _choose(matrix, duels)
    steps: tuple[Step, ...] = ()
    if len(matrix.candidates) > 1 and selection.confidence < SETTLED and bench.asks and bench.choosing.calls:
        bench.watcher.phase("asking for scripts that tell candidates apart")
        asker = Asker(bench, "select", bench.choosing.calls)
        posterior = {row.candidate.digest: row.score for row in selection.ranking}
        dueled = await duel(bench, matrix, posterior, asker=asker, files=files)
        matrix, steps = dueled.matrix, dueled.trail
        duels.update(dueled.weights)
        selection = _choose(matrix, duels)
    matrix, selection, more = await _finals(bench, matrix, selection, duels)
    return Chosen(matrix, replace(selection, trail=(*steps, *more, *selection.trail)))


def _choose(matrix: OutcomeMatrix, duels: Mapping[str, float]) -> Selection:
    examples = {digest: one.ratio for digest, one in example_evidence(matrix).items()}
    return decide(matrix, weigh(matrix, examples, duels), examples)


async def _finals(
    bench: Workbench, matrix: OutcomeMatrix, selection: Selection, duels: Mapping[str, float]
) -> tuple[OutcomeMatrix, Selection, tuple[Step, ...]]:
    """Run the rest of the repository's tests on the leaders, until one leads that was tried in them."""
    if len(matrix.candidates) < FINALISTS or not bench.choosing.tests or not matrix.tests:
        return matrix, selection, ()
    tested = await run_tests(bench, matrix.candidates)  # the journal has it all
    tried: set[str] = set()
    steps: tuple[Step, ...] = ()
    for _ in range(ROUNDS):
        leaders = [row.candidate for row in selection.ranking[:FINALISTS] if row.candidate.digest not in tried]
        if not leaders or selection.ranking[0].candidate.digest in tried:
            break
        bench.watcher.phase("running all tests on the leading candidates")
        known = tested.trail
        tested = await run_full_suite(bench, leaders, tested)
        tried.update(candidate.digest for candidate in leaders)
        steps = (*steps, *(step for step in tested.trail if step not in known))
        matrix = replace(matrix, tests=tested.tests, regressions=tested.broken)
        selection = _choose(matrix, duels)
    return matrix, selection, steps
