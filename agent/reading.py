"""A workbench for reading alone: a base tree and a model, and no sandbox, for nothing is run."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from agent.bench import Ground, reading_of, workbench
from agent.journal import Journal
from agent.machinery import open_machinery
from agent.models.opening import token_counter
from agent.settings import Settings
from agent.workbench import Workbench
from sandbox.errors import SandboxBroken
from sandbox.records import Environment, Execution, Limits, Script, Tree
from swe_tasks import BaseTree, Task
from swe_tasks.sources import task_id


class NoSandbox:
    """Implements `sandbox.records.Sandbox` by refusing: that it is asked is a fault of the caller."""

    name = "none"

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        """Raises:
        SandboxBroken: always.
        """
        del tree, script, limits
        raise SandboxBroken("something was to be run where only reading was asked for")

    async def close(self) -> None: ...


@asynccontextmanager
async def open_reading(
    base: BaseTree,
    issue: str,
    settings: Settings,
    environment: Mapping[str, str],
    *,
    place: Path,
    redact: Callable[[str], str],
) -> AsyncGenerator[Workbench]:
    """A workbench that can rank, scan and pack. What a model says is kept in `place`, and not asked for again.

    Raises:
        UserError, ModelSetupError: the model cannot be used here.
    """
    asks = reading_of(settings).asks
    async with open_machinery(settings, environment, asks=asks) as machinery:
        journal = Journal(place / "journal.jsonl", redact=redact)
        opened = workbench(_ground(base, issue), settings, machinery, journal)
        try:
            # Where no model was opened, tokens are still counted as it would count them.
            yield opened if asks else replace(opened, count_tokens=token_counter(settings, environment))
        finally:
            await journal.aclose()


def _ground(base: BaseTree, issue: str) -> Ground:
    task = Task(task_id(str(base.path), issue, base.tree), issue, str(base.path), base.commit, base.tree, "/")
    return Ground(task, base, NoSandbox(), Environment(task.workdir), "python")
