"""Programs that a choice has run on trees, and what they add to the matrix."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.errors import BudgetReached
from agent.journal import digest
from agent.selecting.show import show_end
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from sandbox.records import Execution
from selection.matrix import OutcomeMatrix, TestScript, outcome_of

log = logging.getLogger(__name__)


async def run_on(bench: Workbench, trees: Iterable[str], program: str) -> dict[str, Execution]:
    """How a program ends on each tree. One whose execution broke is missing: nothing is known of it."""

    async def one(tree: str) -> Execution | None:
        try:
            return await bench.execute(tree, program, priority=1)
        except SandboxError as error:
            log.warning("no outcome for program %s on tree %s: %s", digest(program)[:8], tree[:8], error)
            return None
        except BudgetReached:
            return None

    distinct = list(dict.fromkeys(trees))
    ended = await asyncio.gather(*map(one, distinct))
    return {tree: execution for tree, execution in zip(distinct, ended, strict=True) if execution is not None}


def show_ended(bench: Workbench, execution: Execution | None) -> str:
    """How a program ended on one tree, or that nothing is known of that."""
    return "It could not be run there, so nothing is known." if execution is None else show_end(bench, execution)


def with_script(
    matrix: OutcomeMatrix, text: str, origin: str, base_tree: str, ended: Mapping[str, Execution]
) -> OutcomeMatrix:
    """The matrix with a script and what it says of the trees. What is there already stays as it is."""
    name = digest(text)
    known = {script.digest for script in matrix.scripts}
    added = () if name in known else (TestScript(name, text, (origin,)),)
    said = {tree: outcome_of(execution.exit_code) for tree, execution in ended.items()}
    base = {name: said[base_tree]} if base_tree in said else {}
    candidates = {candidate.digest for candidate in matrix.candidates}
    cells = {(tree, name): outcome for tree, outcome in said.items() if tree in candidates}
    return replace(
        matrix, scripts=(*matrix.scripts, *added), base={**base, **matrix.base}, cells={**cells, **matrix.cells}
    )
