"""The issue's examples on the base tree and on every candidate."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agent.errors import BudgetReached
from agent.examples.extract import probes_of
from agent.examples.program import UNFIT
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from selection.behaviour import Behaviour, Probe, behaviour_of
from selection.matrix import Candidate
from selection.result import Step

log = logging.getLogger(__name__)

SECONDS: Final = 60.0
"""What one example may take, at most."""
STAGE: Final = "examples"
_HANGS = re.compile(
    r"\b(?:hangs?|hanging|freez\w+|infinite|never (?:returns|ends|stops|finishes)|endless|deadlock\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Examined:
    """What the issue's examples show. A cell that is not there is missing data."""

    probes: tuple[Probe, ...] = ()
    """Those that say something on the base tree, the same every time."""
    base_behaviours: Mapping[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    """By probe digest."""
    behaviours: Mapping[tuple[str, str], Behaviour] = field(default_factory=dict[tuple[str, str], Behaviour])
    """By candidate digest and probe digest."""
    trail: tuple[Step, ...] = ()


async def examine(bench: Workbench, candidates: Sequence[Candidate]) -> Examined:
    """Run the issue's examples, twice on the base tree and once on each candidate.

    An example that flickers on the base tree, cannot run there or takes too long is left out, and the trail says so.
    """
    probes = probes_of(bench.task.issue)
    if not probes:
        return Examined(trail=(Step(STAGE, "the issue shows nothing that can be run"),))
    bases = await asyncio.gather(*(_on_base(bench, probe) for probe in probes))
    kept = {probe: base for probe, base in zip(probes, bases, strict=True) if isinstance(base, Behaviour)}
    trail = [Step(STAGE, f"{probe.origin}: left out, {base}") for probe, base in zip(probes, bases, strict=True)
             if isinstance(base, str)]  # fmt: skip
    places = [(candidate, probe) for probe in kept for candidate in candidates]
    shown = await asyncio.gather(*(_behaviour(bench, candidate.digest, probe) for candidate, probe in places))
    cells = {(c.digest, p.digest): found for (c, p), found in zip(places, shown, strict=True) if found is not None}
    for probe, base in kept.items():
        known = [cells[c.digest, probe.digest] for c in candidates if (c.digest, probe.digest) in cells]
        changed = sum(behaviour != base for behaviour in known)
        kinds = len(set(known))
        trail.append(Step(STAGE, f"{probe.origin}: {changed} of {len(known)} candidates change it, in {kinds} ways"))
    return Examined(tuple(kept), {probe.digest: base for probe, base in kept.items()}, cells, tuple(trail))


async def _on_base(bench: Workbench, probe: Probe) -> Behaviour | str:
    """What the probe shows on the base tree, or why it is of no use."""
    first, second = await asyncio.gather(*(_behaviour(bench, bench.base.tree, probe, repeat=r) for r in (0, 1)))
    if first is None or second is None:
        return "it could not be run on the base tree"
    if first != second:
        return "it shows something else each time"
    if first.exit_code == UNFIT:
        return f"it cannot run here: {_last_words(first)}"
    if first.exit_code is None and not _HANGS.search(bench.task.issue):
        return "it takes too long on the base tree"
    if first.exit_code not in (None, 0, 1):
        return f"it ended with exit code {first.exit_code}"
    return first


def _last_words(behaviour: Behaviour) -> str:
    lines = [line for line in behaviour.output.split("\n") if line and not line.startswith("#")]
    return lines[-1][:200] if lines else "nothing in it shows anything"


async def _behaviour(bench: Workbench, tree: str, probe: Probe, *, repeat: int = 0) -> Behaviour | None:
    limits = replace(bench.limits, seconds=min(SECONDS, bench.limits.seconds))
    try:
        execution = await bench.execute(tree, probe.text, priority=1, limits=limits, repeat=repeat)
    except SandboxError as error:
        log.warning("nothing is known of %s on tree %s: %s", probe.origin, tree[:8], error)
        return None
    except BudgetReached:
        return None
    return behaviour_of(
        execution.exit_code,
        execution.stdout,
        execution.stderr,
        timed_out=execution.timed_out,
        roots=(bench.environment.workdir, str(bench.base.path)),
    )
