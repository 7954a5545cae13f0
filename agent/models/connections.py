"""Keeps LiteLLM from sending a request twice, and closes what it opened.

Asked not to retry, it still does: its own HTTP handler sends a request once more when the connection was reset,
which may be after the model has begun; and where a provider does not list `max_retries` among its parameters, the
OpenAI SDK falls back to two retries. Nobody is told of either, and no budget counts them.
"""

import asyncio
import inspect
import sys
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

OWN_HANDLER = frozenset(
    {
        *("anthropic", "azure_ai", "cohere_chat", "databricks", "deepseek", "fireworks_ai", "gemini", "groq"),
        *("hosted_vllm", "huggingface", "mistral", "ollama_chat", "openrouter", "together_ai", "xai"),
    }
)
"""Providers that LiteLLM reaches through its own HTTP handler, and that take one of ours instead. Of those that are
neither here nor reached through the OpenAI SDK, bedrock and vertex_ai among them, a reset connection is retried."""

_handlers: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()


def once(library: Any, provider: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments of a completion, and what makes it a single request."""
    if provider in OWN_HANDLER:
        return {**arguments, "client": _handler()}
    if provider in library.openai_compatible_providers:
        given: Any = arguments.get("allowed_openai_params", ())
        return {**arguments, "allowed_openai_params": [*given, "max_retries"]}
    return dict(arguments)


async def close(library: Any) -> None:
    """Close the connections of the running event loop. A later call opens new ones."""
    loop = asyncio.get_running_loop()
    cached: Any = library.in_memory_llm_clients_cache
    keys = [key for key in cached.cache_dict if key.endswith(f"-{id(loop)}")]
    clients = [cached.cache_dict.pop(key) for key in keys]
    for key in keys:
        cached.ttl_dict.pop(key, None)
    for client in [*clients, _handlers.pop(loop, None)]:
        shut = getattr(client, "aclose", None) or getattr(client, "close", None)
        closing = shut() if shut else None
        if inspect.isawaitable(closing):
            await closing


def _handler() -> object:
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    class Single(AsyncHTTPHandler):
        made = False

        def create_client(self, *args: Any, **kwargs: Any) -> Any:
            # One client at its beginning. It wants another while it handles a broken connection, to send the
            # request once more; then the failure stands.
            if self.made:
                raise sys.exc_info()[1] or RuntimeError("this handler has a client")
            self.made = True
            return super().create_client(*args, **kwargs)

    loop = asyncio.get_running_loop()
    if loop not in _handlers:
        _handlers[loop] = Single()
    return _handlers[loop]
