"""The model of the settings, ready to be asked: a provider's, a server of one's own, the embedded one, or none."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.messages import Model
from agent.models.cores import usable_cores
from agent.models.litellm_model import LiteLLMModel
from agent.models.pricing import FREE, Price
from agent.settings import Settings

if TYPE_CHECKING:
    from agent.models.embedding import Embedder

EMBEDDED = "embedded/"
NONE = "none"
"""The name of no model: choosing among patches goes by what can be found out without one."""
REMOTE_COMPLETIONS = 16
LOCAL_COMPLETIONS = 4


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model and what must be known to use it well."""

    model: Model
    price: Price | None
    window: int | None
    """Tokens of context, where anybody says."""
    continues: bool
    """Whether it goes on with an unfinished message of its own."""
    completions_at_once: int
    executions_at_once: int
    execution_shares: int
    """The weight of an execution against other work of this machine; 1024 is an equal."""
    count_tokens: Callable[[str], int]
    asks: bool = True
    """Whether it may be asked at all."""


@asynccontextmanager
async def open_model(settings: Settings, environment: Mapping[str, str]) -> AsyncGenerator[OpenModel]:
    """Get the settings' model ready. Nothing is asked and no server is started before the first completion.

    Raises:
        ModelSetupError: there is no such model, or something it needs is missing; says how to get it.
    """
    if settings.model == NONE:
        from agent.models.no_model import no_model

        yield no_model(f"--model {NONE} asks no model")
        return
    if settings.model.startswith(EMBEDDED):
        from agent.models.embedded_model import open_embedded

        async with open_embedded(settings, environment) as opened:
            yield opened
        return
    model = LiteLLMModel(
        settings.model,
        api_base=settings.api_base,
        api_key=environment.get("SHREWD_API_KEY"),
        timeout=settings.model_timeout,
        price=given_price(settings),
        window=settings.context_tokens,
    )
    try:
        await model.prepare()
        yield OpenModel(
            model=model,
            price=model.price(),
            window=model.context_window(),
            continues=model.supports_prefill,
            completions_at_once=LOCAL_COMPLETIONS if _is_here(settings.api_base) else REMOTE_COMPLETIONS,
            executions_at_once=usable_cores(),
            execution_shares=1024,
            count_tokens=await asyncio.to_thread(given_counter, settings) or model.count_tokens,
        )
    finally:
        await model.aclose()


@asynccontextmanager
async def open_embedder(settings: Settings, environment: Mapping[str, str]) -> AsyncGenerator["Embedder | None"]:
    """The settings' embedding model, or None where they name none. Nothing is asked yet.

    Raises:
        ModelSetupError: there is no such model, or something it needs is missing.
    """
    if settings.embed is None:
        yield None
        return
    from agent.models.embedding import Embedder

    key = environment.get("SHREWD_EMBED_KEY")
    model = LiteLLMModel(
        settings.embed,
        api_base=settings.embed_base,
        api_key=key,
        timeout=settings.model_timeout,
        base_flag="--embed-base",
    )
    embedder = Embedder(model)
    try:
        await embedder.prepare()
        yield embedder
    finally:
        await embedder.aclose()


def token_counter(settings: Settings, environment: Mapping[str, str]) -> Callable[[str], int]:
    """Counts tokens as the settings' model does, without getting the model ready.

    Raises:
        ModelSetupError: the settings name a tokenizer that cannot be used.
    """
    if settings.model.startswith(EMBEDDED):
        from agent.models.embedded_model import counter

        return counter(settings, environment)
    return given_counter(settings) or LiteLLMModel(settings.model, api_base=settings.api_base).count_tokens


def given_counter(settings: Settings) -> Callable[[str], int] | None:
    """Counts by the tokenizer that the settings name, if they do.

    Raises:
        ModelSetupError: it cannot be used.
    """
    if settings.tokenizer is None:
        return None
    from agent.models.tokens import count_by

    return count_by(Path(settings.tokenizer))


def given_price(settings: Settings) -> Price | None:
    """The price that the user says the model has."""
    if settings.price_input is None or settings.price_output is None:
        return None
    if settings.price_input == settings.price_output == 0:
        return FREE
    cached = settings.price_input if settings.price_cached is None else settings.price_cached
    return Price(settings.price_input, cached, settings.price_output)


def _is_here(api_base: str | None) -> bool:
    return urlsplit(api_base or "").hostname in {"127.0.0.1", "localhost", "::1"}
