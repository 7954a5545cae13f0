"""The pipeline of one task: context, trajectories, outcome matrix, selection, patch. Data flows one way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from agent.candidates import Refused, from_trees
from agent.context import Context, Library, find_context, look_up, text_of
from agent.dossier.shown import dossier_of
from agent.edits.names import Names, defined_names
from agent.errors import ModelError
from agent.evidence import gather
from agent.failures import Failure, classify
from agent.files import TreeFiles
from agent.judge import distinct_scripts
from agent.messages import Message
from agent.prompts import render, version
from agent.selecting.pick import pick
from agent.trajectory import Shared, Steps, TrajectoryResult, run_trajectory
from agent.trajectory.edits import edit_reader
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from selection import OutcomeMatrix, Selection
from swe_tasks.edits import diff

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FailedTrajectory:
    """A trajectory that broken machinery ended. Its class of failure stands in the one table."""

    trajectory: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Solution:
    """Everything the pipeline found out about a task."""

    context: Context
    results: tuple[TrajectoryResult, ...]
    failed: tuple[FailedTrajectory, ...]
    matrix: OutcomeMatrix
    selection: Selection
    refused: tuple[Refused, ...] = ()

    @property
    def patch(self) -> bytes | None:
        winner = self.selection.winner
        return winner.patch if winner else None

    @property
    def out_of_budget(self) -> bool:
        return any(result.ended == "budget" for result in self.results)


async def solve(bench: Workbench, samples: int, steps: Steps) -> Solution:
    """Solve one task.

    Raises:
        ModelError, SandboxError: every trajectory broke, this is what broke the first.
    """
    bench.journal.event("prompts", version())
    context, shared = await set_up(bench, steps)
    results, failed = await attempt_all(bench, samples, partial(run_trajectory, bench, shared))
    candidates = await asyncio.to_thread(from_trees, bench.base, _edits(results))
    chosen = await pick(bench, await gather(bench, candidates, distinct_scripts(results)))
    return Solution(context, results, failed, chosen.matrix, chosen.selection)


def _edits(results: Sequence[TrajectoryResult]) -> list[tuple[str, str]]:
    """The trajectories' names and edited trees."""
    return [(f"trajectory {one.trajectory}", one.state.tree) for one in results if one.state.tree is not None]


async def set_up(bench: Workbench, steps: Steps) -> tuple[Context, Shared]:
    """What all trajectories of the task begin with."""
    bench.watcher.phase("finding what must be read")
    files = TreeFiles(bench.base)
    dossier = await dossier_of(bench)
    context, ranking = await find_context(bench, without=bench.count_tokens(dossier) if dossier else 0)
    reads = bench.reading.reads if bench.profile.edit_format != "definitions" else 0

    library = Library(ranking.index, partial(text_of, bench.base), bench.count_tokens)

    def look(wanted: Sequence[str]) -> str:
        """A quarter of the room for files, each time."""
        return look_up(library, wanted, budget=max(256, bench.profile.file_tokens // 4))

    shared = Shared(
        opening=opening(bench.task.issue, context, dossier),
        read_edit=edit_reader(bench.base, files, bench.profile.edit_format, context.paths),
        show_diff=lambda tree: diff(bench.base, tree).decode("utf-8", errors="replace"),
        names=_names(bench, files, context),
        steps=steps,
        reads=reads,
        look=look,
    )
    return context, shared


def _names(bench: Workbench, files: TreeFiles, context: Context) -> Names:
    if bench.profile.edit_format != "definitions":
        return Names((), ())
    return defined_names(files, context.paths, context.in_part)


Attempt = Callable[[int], Awaitable[TrajectoryResult]]
"""Makes the trajectory of that number."""


async def attempt_all(
    bench: Workbench, samples: int, attempt: Attempt
) -> tuple[tuple[TrajectoryResult, ...], tuple[FailedTrajectory, ...]]:
    """Make `samples` trajectories at once: those that came to an end, and those that broken machinery ended.

    Raises:
        ModelError, SandboxError: every trajectory broke, this is what broke the first.
    """
    ended = await asyncio.gather(*(_isolated(bench, number, attempt) for number in range(samples)))
    results = tuple(result for result in ended if isinstance(result, TrajectoryResult))
    for error in ended:
        if not results and isinstance(error, Exception):
            raise error
    failed = tuple(FailedTrajectory(n, classify(e)) for n, e in enumerate(ended) if isinstance(e, Exception))
    return results, failed


async def _isolated(bench: Workbench, number: int, attempt: Attempt) -> TrajectoryResult | Exception:
    """A trajectory whose broken machinery is a result of its own and never stops another."""
    try:
        return await attempt(number)
    except (ModelError, SandboxError) as error:
        log.warning("trajectory %d broke: %s", number, error)
        bench.watcher.stage(number, "failed")
        return error


def opening(issue: str, context: Context, dossier: str = "") -> tuple[Message, ...]:
    """What every conversation of a task begins with, byte for byte.

    The third message keeps the roles alternating, which some chat templates insist on.
    """
    return (
        Message("system", render("system")),
        Message("user", render("issue", issue=issue.strip(), files=context.text, dossier=dossier), cached=True),
        Message("assistant", render("ready")),
    )
