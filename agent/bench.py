"""Opens everything that a task is worked on with, and closes it again whatever happens."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from agent.journal import Journal, digest
from agent.machinery import Machinery
from agent.places import cache_directory
from agent.prepare import Prepared
from agent.scratch import scratch_directory
from agent.settings import Settings
from agent.workbench import Choosing, Reading, Watcher, Workbench
from sandbox.choose import Choice, open_sandbox
from sandbox.records import Environment, Limits, Owner, Sandbox
from swe_tasks import BaseTree, Task, open_base

RANKINGS = 3
"""Of what a scan says matters, as the published system does it."""


@asynccontextmanager
async def open_bench(
    prepared: Prepared, machinery: Machinery, *, redact: Callable[[str], str], watcher: Watcher
) -> AsyncGenerator[Workbench]:
    """The workbench of one task, with its sandbox, its journal and its part of the ledger.

    Raises:
        RunConflict: another process works on the task.
        SandboxError: the sandbox cannot be used here.
    """
    settings, stored = prepared.settings, prepared.stored
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(scratch_directory())
        if stored.backend == "docker":
            from sandbox.docker import reap

            await asyncio.to_thread(reap)  # containers of runs that were killed hold memory until somebody does
        sandbox = open_sandbox(
            Choice(stored.backend, "as the task was made"),
            stored.environment,
            Owner(run=prepared.run.path.name, pid=os.getpid()),
            scratch=scratch,
            size=machinery.executions.limit + 1,  # one is made ready while the others work
        )
        stack.push_async_callback(sandbox.close)
        # Last opened, first closed: effects in flight end before what they use goes away.
        journal = Journal(prepared.place.journal, redact=redact)
        stack.push_async_callback(journal.aclose)
        ground = Ground(stored.task, open_base(prepared.place.base), sandbox, stored.environment, stored.python)
        yield replace(workbench(ground, settings, machinery, journal), ledger=machinery.ledger.part(), watcher=watcher)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a task's work is about, and where its programs run."""

    task: Task
    base: BaseTree
    sandbox: Sandbox
    environment: Environment
    python: str


def workbench(ground: Ground, settings: Settings, machinery: Machinery, journal: Journal) -> Workbench:
    """A workbench that nobody watches, on the ledger of the whole run."""
    model = machinery.model
    return Workbench(
        task=ground.task,
        base=ground.base,
        journal=journal,
        model=model.model,
        model_key=digest(settings.model),
        model_name=settings.model,
        sandbox=ground.sandbox,
        environment=ground.environment,
        limits=limits_of(settings, shares=model.execution_shares),
        python=ground.python,
        profile=machinery.profile,
        ledger=machinery.ledger,
        completions=machinery.completions,
        executions=machinery.executions,
        count_tokens=model.count_tokens,
        seed=settings.seed,
        continues=model.continues,
        choosing=choosing_of(settings),
        reading=reading_of(settings),
        asks=model.asks,
        settled=machinery.settled,
        embedder=machinery.embedder,
    )


def reading_of(settings: Settings) -> Reading:
    rankings = settings.rank if settings.rank is not None else (0 if settings.scan == "off" else RANKINGS)
    return Reading(
        settings.scan,
        rankings,
        settings.reads,
        dossier=settings.dossier == "on",
        cache=cache_directory(os.environ),
    )


def choosing_of(settings: Settings) -> Choosing:
    return Choosing(
        method=settings.method,
        tests=settings.tests,
        test_command=settings.test_command,
        test_seconds=settings.test_seconds,
        calls=settings.select_calls,
        sstar_variant=settings.sstar_variant,
        abstain=settings.abstain,
    )


def limits_of(settings: Settings, *, shares: int) -> Limits:
    return Limits(
        seconds=settings.timeout,
        memory=settings.memory,
        cpus=settings.cpus,
        shares=shares,
        processes=settings.processes,
        disk=settings.disk,
        output=settings.output,
    )
