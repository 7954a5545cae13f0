"""What all tasks of a run share: the model, the ledger, and how much may be in flight."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.ledger import Budget, Ledger
from agent.limiter import Limiter
from agent.models.opening import OpenModel, open_embedder, open_model
from agent.profiles import Profile, profile_of
from agent.settings import Settings

if TYPE_CHECKING:
    from agent.models.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Machinery:
    settings: Settings
    model: OpenModel
    profile: Profile
    ledger: Ledger
    """Of the whole run."""
    completions: Limiter
    executions: Limiter
    embedder: "Embedder | None" = None
    settled: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified when any task's completion is paid for and its reservation is given back."""


@asynccontextmanager
async def open_machinery(
    settings: Settings, environment: Mapping[str, str], *, asks: bool = True
) -> AsyncGenerator[Machinery]:
    """Get a run's model ready, with its ledger and limiters. Where nothing will be asked, no model is opened.

    Raises:
        UserError: a money limit with an unknown price.
        ModelSetupError: the model cannot be used here.
    """
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(open_model(settings, environment) if asks else _nothing_to_ask())
        embedder = await stack.enter_async_context(open_embedder(settings, environment))
        budget = Budget(settings.budget, settings.token_budget, settings.time_budget)
        budget.check_startable(model.price)
        yield Machinery(
            settings,
            model,
            profile_of(settings, window=model.window),
            Ledger(budget, model.price),
            Limiter(settings.completions_at_once or model.completions_at_once),
            Limiter(settings.executions_at_once or model.executions_at_once),
            embedder,
        )


@asynccontextmanager
async def _nothing_to_ask() -> AsyncGenerator[OpenModel]:
    from agent.models.no_model import no_model

    yield no_model("there seemed to be nothing to choose")
