"""Finds out by running things what can be known of the candidates: scripts, the issue's examples, own tests."""

from dataclasses import replace

from agent.examples import examine
from agent.judge import judge
from agent.regression import run_tests
from agent.workbench import Workbench
from selection import Candidate, OutcomeMatrix, TestScript


async def gather(bench: Workbench, candidates: tuple[Candidate, ...], scripts: tuple[TestScript, ...]) -> OutcomeMatrix:
    """The outcome matrix. The tests and examples are run where there is something to choose.

    Raises:
        SandboxError: the machinery failed before anything could be known.
    """
    matrix = await judge(bench, candidates, scripts)
    if len(candidates) < 2:
        return matrix
    bench.watcher.phase("running the issue's examples")
    examined = await examine(bench, candidates)
    matrix = replace(
        matrix,
        probes=examined.probes,
        base_behaviours=examined.base_behaviours,
        behaviours=examined.behaviours,
        found=(*matrix.found, *examined.trail),
    )
    if not bench.choosing.tests:
        return matrix
    bench.watcher.phase("running the repository's tests")
    tested = await run_tests(bench, candidates)
    return replace(matrix, tests=tested.tests, regressions=tested.broken, found=(*matrix.found, *tested.trail))
