"""Opens everything that a task is worked on with, and closes it again whatever happens."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from agent.journal import Journal, digest
from agent.ledger import Budget, Ledger
from agent.limiter import Limiter
from agent.models.opening import open_model
from agent.prepare import Prepared
from agent.profiles import profile_of
from agent.scratch import scratch_directory
from agent.settings import Settings
from agent.workbench import Watcher, Workbench
from sandbox.choose import Choice, open_sandbox
from sandbox.records import Limits, Owner
from swe_tasks import open_base


@asynccontextmanager
async def open_bench(
    prepared: Prepared, *, redact: Callable[[str], str], watcher: Watcher, environment: Mapping[str, str]
) -> AsyncGenerator[Workbench]:
    """The workbench of one task, with its model, sandbox, journal and ledger.

    Raises:
        RunConflict: another process works on the task.
        UserError: a money limit with an unknown price.
        ModelSetupError, SandboxError: the model or the sandbox cannot be used here.
    """
    settings, stored = prepared.settings, prepared.stored
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(scratch_directory())
        model = await stack.enter_async_context(open_model(settings, environment))
        budget = Budget(settings.budget, settings.token_budget, settings.time_budget)
        budget.check_startable(model.price)
        executions = settings.executions_at_once or model.executions_at_once
        if stored.backend == "docker":
            from sandbox.docker import reap

            await asyncio.to_thread(reap)  # containers of runs that were killed hold memory until somebody does
        sandbox = open_sandbox(
            Choice(stored.backend, "as the task was made"),
            stored.environment,
            Owner(run=prepared.run.path.name, pid=os.getpid()),
            scratch=scratch,
            size=executions,
        )
        stack.push_async_callback(sandbox.close)
        # Last opened, first closed: effects in flight end before what they use goes away.
        journal = Journal(prepared.place.journal, redact=redact)
        stack.push_async_callback(journal.aclose)
        yield Workbench(
            task=stored.task,
            base=open_base(prepared.place.base),
            journal=journal,
            model=model.model,
            model_key=digest(settings.model),
            sandbox=sandbox,
            environment=stored.environment,
            limits=limits_of(settings, shares=model.execution_shares),
            python=stored.python,
            profile=profile_of(settings, window=model.window),
            ledger=Ledger(budget, model.price),
            completions=Limiter(settings.completions_at_once or model.completions_at_once),
            executions=Limiter(executions),
            count_tokens=model.count_tokens,
            seed=settings.seed,
            continues=model.continues,
            watcher=watcher,
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
