"""Every distinct script run on every distinct candidate and on the base tree."""

import asyncio
import logging
from collections.abc import Sequence

from agent.errors import BudgetReached
from agent.journal import digest
from agent.trajectory import TrajectoryResult
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from selection import Candidate, Outcome, OutcomeMatrix, TestScript, outcome_of

log = logging.getLogger(__name__)


def distinct_scripts(results: Sequence[TrajectoryResult]) -> tuple[TestScript, ...]:
    """The trajectories' scripts, each text once."""
    origins: dict[str, list[str]] = {}
    for result in results:
        if result.state.script is not None:
            origins.setdefault(result.state.script, []).append(f"trajectory {result.trajectory}")
    scripts = (TestScript(digest(text), text, tuple(names)) for text, names in origins.items())
    return tuple(sorted(scripts, key=lambda script: script.digest))


async def judge(bench: Workbench, candidates: tuple[Candidate, ...], scripts: tuple[TestScript, ...]) -> OutcomeMatrix:
    """The outcome matrix, its cells in parallel. A cell whose execution broke is missing, not failed."""

    async def cell(tree: str, script: TestScript) -> Outcome | None:
        try:
            return outcome_of((await bench.execute(tree, script.text, priority=1)).exit_code)
        except SandboxError as error:
            log.warning("no outcome for script %s on tree %s: %s", script.digest[:8], tree[:8], error)
            return None
        except BudgetReached:
            return None

    if candidates and scripts:
        bench.watcher.phase(f"running {_counted(scripts, 'script')} on {_counted(candidates, 'candidate')}")
    places = [(tree, script) for script in scripts for tree in (bench.base.tree, *(c.digest for c in candidates))]
    outcomes = await asyncio.gather(*(cell(tree, script) for tree, script in places))
    found = {(tree, script.digest): out for (tree, script), out in zip(places, outcomes, strict=True) if out}
    return OutcomeMatrix(
        candidates,
        scripts,
        base={script: outcome for (tree, script), outcome in found.items() if tree == bench.base.tree},
        cells={key: outcome for key, outcome in found.items() if key[0] != bench.base.tree},
    )


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")
