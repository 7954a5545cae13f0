"""A model at a scripted server, through the real LiteLLM and real HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from support.openai_server import OpenAIServer, Respond
from support.replies import Reply

from agent.messages import Completion, Message, Sampling
from agent.models.litellm_model import LiteLLMModel
from agent.models.retry import Patience

KEY = "sk-planted-0123456789abcdef"
QUICK = Patience(attempts=4, seconds=20, pause=0.01)
QUESTION = (Message("system", "Be brief.", cached=True), Message("user", "hello?"))

Script = Reply | str | list[Reply | str] | Respond


def as_respond(script: Script) -> Respond:
    """A reply for every request, or one after the other, the last one for ever."""
    if callable(script):
        return script
    replies = script if isinstance(script, list) else [script]
    return lambda request, call, attempt: replies[min(call, len(replies)) - 1]


@asynccontextmanager
async def served(
    script: Script, *, name: str = "openai/scripted", **options: Any
) -> AsyncGenerator[tuple[LiteLLMModel, OpenAIServer], None]:
    """A model at a scripted server."""
    with OpenAIServer(as_respond(script)) as server:
        base = server.url.removesuffix("/v1") if name.startswith("anthropic/") else server.url
        model = LiteLLMModel(name, **{"api_base": base, "api_key": KEY, "patience": QUICK, "timeout": 20.0, **options})
        try:
            yield model, server
        finally:
            await model.aclose()


async def complete(script: Script, sampling: Sampling | None = None, **options: Any) -> Completion:
    """What a model at a scripted server answers."""
    async with served(script, **options) as (model, _):
        return await model.complete(QUESTION, sampling or Sampling())


async def sent_by(sampling: Sampling, *messages: Message, reply: Reply | str = "ok", **options: Any) -> dict[str, Any]:
    """The body of the request that a model sends."""
    async with served(reply, **options) as (model, server):
        await model.complete(messages or QUESTION, sampling)
    return dict(server.calls[0].request)
