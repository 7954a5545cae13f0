"""Every selection method by name, those that ask a model and those that do not, and the one door to all of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from agent.files import TreeFiles, readable
from agent.selecting.codemonkeys import codemonkeys
from agent.selecting.hybrid import hybrid
from agent.selecting.judge import judge
from agent.selecting.method import Chooser, Chosen
from agent.selecting.shrewd import shrewd
from agent.selecting.sstar import sstar
from agent.selecting.trae import trae
from agent.workbench import Workbench
from selection import OutcomeMatrix, Step, method
from swe_tasks.edits import changes

CHOOSERS: Final[Mapping[str, Chooser]] = MappingProxyType(
    {
        "shrewd": shrewd,
        "codemonkeys": codemonkeys,
        "sstar": sstar,
        "judge": judge,
        "trae": trae,
        "hybrid": hybrid,
    }
)
"""Methods that may ask a model."""
TRUSTED: Final = 0.35
"""With `abstain`, what is believed less than this is not chosen."""


async def pick(bench: Workbench, matrix: OutcomeMatrix) -> Chosen:
    """Choose by the workbench's method.

    Raises:
        UnknownMethod: there is none of this name.
        ModelError, SandboxError: the machinery failed; what was paid for is in the journal.
    """
    name = bench.choosing.method
    if len(matrix.candidates) > 1:
        bench.watcher.phase(f"choosing by {name}")
    if chooser := CHOOSERS.get(name):
        files = await asyncio.to_thread(changed_files, bench, matrix)
        chosen = await chooser(bench, matrix, files)
    else:
        chosen = Chosen(matrix, method(name)(matrix, seed=bench.seed))
    selection = chosen.selection
    if not bench.choosing.abstain or selection.winner is None or selection.confidence >= TRUSTED:
        return chosen
    said = f"the best candidate is believed to {selection.confidence:.0%}, and {TRUSTED:.0%} is asked for"
    trail = (*selection.trail, Step("abstention", said))
    return replace(chosen, selection=replace(selection, abstained=True, rule=f"abstained: {said}", trail=trail))


def changed_files(bench: Workbench, matrix: OutcomeMatrix) -> dict[str, str]:
    """The base tree's text of the files that candidates change, those that most of them change first."""
    counts: dict[str, int] = {}
    for candidate in matrix.candidates:
        for change in changes(bench.base, candidate.digest):
            counts[change.path] = counts.get(change.path, 0) + 1
    files = TreeFiles(bench.base)
    found: dict[str, str] = {}
    for path in sorted(counts, key=lambda path: (-counts[path], path)):
        text = readable(files[path]) if path in files else None
        if text is not None:
            found[path] = text
    return found
