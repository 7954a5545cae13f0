"""The embedded model as a `Model`: its server starts with the first completion that the journal does not have."""

import asyncio
import importlib.util
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from agent.messages import BeforeRetry, Completion, Message, Sampling, retry_freely
from agent.models.catalogue import find, is_pulled, model_path
from agent.models.cores import share, usable_cores
from agent.models.embedded import EmbeddedServer
from agent.models.litellm_model import LiteLLMModel
from agent.models.opening import EMBEDDED, OpenModel, given_counter
from agent.models.pricing import FREE
from agent.models.retry import Patience
from agent.models.tokens import Count, count_as
from agent.places import cache_directory
from agent.settings import Settings

CONTEXT = 8192
_CHARACTERS_A_TOKEN = 3.2
"""Of code, by Qwen's tokenizer, on the low side: what is estimated here must fit."""


class EmbeddedModel:
    """Implements `agent.messages.Model`."""

    def __init__(self, server: EmbeddedServer, timeout: float) -> None:
        self._server = server
        self._timeout = timeout
        self._model: LiteLLMModel | None = None
        self._address = ""

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        """Ask once; the server is started, or started again, where that is needed.

        Raises:
            ModelError: it cannot be started, or died twice.
        """
        endpoint = await self._server.endpoint()
        if self._model is None or self._address != endpoint.api_base:
            self._address = endpoint.api_base
            self._model = LiteLLMModel(
                f"openai/{endpoint.model}",
                api_base=endpoint.api_base,
                api_key=endpoint.api_key,
                timeout=self._timeout,
                patience=Patience(),
                price=FREE,
                window=endpoint.context,
                prefill=True,
            )
        return await self._model.complete(messages, sampling, before_retry)

    async def aclose(self) -> None:
        if self._model is not None:
            await self._model.aclose()
        await self._server.aclose()


def counter(settings: Settings, environment: Mapping[str, str]) -> Count:
    """Counts as the embedded model does that the settings name; before it is pulled, an estimate."""
    entry, cache = find(settings.model.removeprefix(EMBEDDED)), cache_directory(environment)
    here = is_pulled(entry, cache) and importlib.util.find_spec("gguf") is not None
    return given_counter(settings) or (count_as(model_path(entry, cache)) if here else estimate)


def estimate(text: str) -> int:
    """About how many tokens a text is, rather too many."""
    plain = len(text.encode("ascii", errors="ignore"))
    return int(plain / _CHARACTERS_A_TOKEN + (len(text.encode(errors="surrogatepass")) - plain) / 2) + 1


@asynccontextmanager
async def open_embedded(settings: Settings, environment: Mapping[str, str]) -> AsyncGenerator[OpenModel]:
    """The embedded model that the settings name. Its server is not started yet.

    Raises:
        ModelSetupError: there is no such model, it is not pulled, or the extra `local` is missing.
    """
    entry = find(settings.model.removeprefix(EMBEDDED))
    context = settings.context_tokens or CONTEXT
    sharing = share(usable_cores(), context)
    server = EmbeddedServer(entry, cache_directory(environment), sharing.embedded)
    server.check()
    count = await asyncio.to_thread(counter, settings, environment)
    model = EmbeddedModel(server, settings.model_timeout)
    try:
        yield OpenModel(
            model=model,
            price=FREE,
            window=context,
            continues=True,
            completions_at_once=sharing.embedded.slots,
            executions_at_once=sharing.executions_at_once,
            execution_shares=sharing.execution_shares,
            count_tokens=count,
        )
    finally:
        await asyncio.shield(model.aclose())
