"""A duel of two real behaviours of the sample repository: with a model and a sandbox, or from what was recorded.

python -m support.duel_session JOURNAL    holds one with the embedded model and Docker, and keeps its journal
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from support.bench import ScriptedModel, ScriptedSandbox
from support.git_repository import make_repository
from support.recorded import FOLDER

from agent.examples import examine
from agent.journal import Journal, digest
from agent.ledger import Budget, Ledger
from agent.limiter import Limiter
from agent.messages import Model
from agent.models.opening import open_model
from agent.models.pricing import FREE
from agent.profiles import profile_of
from agent.selecting.asking import Asker
from agent.selecting.duels import Dueled, duel
from agent.settings import Settings
from agent.workbench import Workbench
from sandbox import Choice, open_sandbox
from sandbox.records import Environment, Limits, Owner, Sandbox
from selection import Candidate, OutcomeMatrix
from swe_tasks import Task, materialise_local
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import diff, write_tree
from swe_tasks.task import FileChange

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
JOURNAL: Final = FOLDER / "duel.jsonl"
SETTINGS: Final = Settings(context_tokens=8192)
ENVIRONMENT: Final = Environment("/workspace", image="python:3.11-slim-bookworm")
CALLS: Final = 16
CLOCK: Final = "timeslip/clock.py"

_LOOP = "    for number, unit in _PART.findall(cleaned):\n"
_HALF = '    cleaned = re.sub(r"h([0-9]+)$", r"h\\1m", cleaned)\n' + _LOOP
"""Counts what stands after the hours, and goes on skipping what it does not understand."""
_RIGHT = _HALF.replace(
    _LOOP, '    if _PART.sub("", cleaned).strip():\n        raise ValueError(f"not a duration: {text!r}")\n' + _LOOP
)
BEHAVIOURS: Final = {"half": _HALF, "right": _RIGHT}


async def hold(bench: Workbench, calls: int = CALLS) -> Dueled:
    """The duel, after the issue's examples told the two apart: neither is believed in more than the other."""
    files = {CLOCK: _text(CLOCK)}
    candidates = tuple(candidate(bench.base, name) for name in BEHAVIOURS)
    shown = await examine(bench, candidates)
    matrix = OutcomeMatrix(
        candidates,
        (),
        # Not as quoted by the issue: the judge would be asked about its example, and no program would be written.
        probes=tuple(replace(probe, quoted=False) for probe in shown.probes),
        base_behaviours=shown.base_behaviours,
        behaviours=shown.behaviours,
        found=shown.trail,
    )
    asker = Asker(bench, "select", calls)
    return await duel(bench, matrix, {one.digest: 0.5 for one in candidates}, asker=asker, files=files)


def candidate(base: BaseTree, name: str) -> Candidate:
    """The patch of that behaviour."""
    content = _text(CLOCK)
    assert content.count(_LOOP) == 1
    tree = write_tree(base, [FileChange(CLOCK, content.replace(_LOOP, BEHAVIOURS[name]).encode())])
    return Candidate(tree, diff(base, tree), (name,))


@asynccontextmanager
async def recorded_session(place: Path) -> AsyncGenerator[Workbench]:
    """What was recorded, with nobody to ask and nothing to run."""
    shutil.copyfile(JOURNAL, place / "journal.jsonl")

    def run(files: dict[str, bytes], script: str) -> int:
        raise AssertionError("nothing is run again")

    sandbox = ScriptedSandbox(run, name="docker")
    async with _bench(place, ScriptedModel([]), sandbox, lambda text: len(text) // 4) as bench:
        yield bench


@asynccontextmanager
async def real_session(place: Path, settings: Settings = SETTINGS) -> AsyncGenerator[Workbench]:
    """An embedded model, and containers."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_model(settings, os.environ))
        owner = Owner("duel-session", os.getpid())
        sandbox = open_sandbox(Choice("docker", "asked for"), ENVIRONMENT, owner, scratch=place, size=2)
        stack.push_async_callback(sandbox.close)
        yield await stack.enter_async_context(_bench(place, opened.model, sandbox, opened.count_tokens, settings))


@asynccontextmanager
async def _bench(
    place: Path, model: Model, sandbox: Sandbox, count_tokens: Callable[[str], int], settings: Settings = SETTINGS
) -> AsyncGenerator[Workbench]:
    files: dict[str, str | bytes] = {
        str(path.relative_to(EXAMPLES / "timeslip")): path.read_bytes()
        for path in sorted((EXAMPLES / "timeslip").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    make_repository(place / "repository", files)
    base = materialise_local(place / "repository", place / "base", ref=None, uncommitted="refuse")
    journal = Journal(place / "journal.jsonl", redact=lambda text: text)
    issue = (EXAMPLES / "issues/durations.md").read_text()
    try:
        yield Workbench(
            task=Task("durations", issue, "/repo", base.commit, base.tree, ENVIRONMENT.workdir),
            base=base,
            journal=journal,
            model=model,
            model_key=digest(settings.model),
            sandbox=sandbox,
            environment=ENVIRONMENT,
            limits=Limits(),
            python="python3",
            profile=profile_of(settings),
            ledger=Ledger(Budget(), FREE),
            completions=Limiter(1),
            executions=Limiter(2),
            count_tokens=count_tokens,
            seed=0,
            continues=True,
        )
    finally:
        await journal.aclose()


def _text(path: str) -> str:
    return (EXAMPLES / "timeslip" / path).read_text()


async def _record(to: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        async with real_session(Path(place)) as bench:
            dueled = await hold(bench)
        shutil.copyfile(Path(place) / "journal.jsonl", to)
    for step in (*dueled.matrix.found, *dueled.trail):
        print(step.said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path)
    asyncio.run(_record(parser.parse_args().journal))
    sys.exit(0)
