"""The one module that touches LiteLLM: imports it late, keeps it quiet, makes plain data of its answers."""

import asyncio
import logging
import os
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

from agent.errors import ModelSetupError
from agent.models import connections

POISONED = frozenset({"1.82.7", "1.82.8"})
"""Releases of LiteLLM that were published with a credential stealer."""

_CONNECT_SECONDS = 30.0

_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise the import fetches prices
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # otherwise a first call fetches a list of headers
    "LITELLM_MODE": "PRODUCTION",  # otherwise the import reads a .env file, which may be a repository's
    "LITELLM_DISABLE_BUG_REPORT_LINK": "true",
}


def refuse_poisoned(installed: str) -> None:
    """Raises:
    ModelSetupError: that release of LiteLLM must not be imported.
    """
    if installed in POISONED:
        raise ModelSetupError(
            f"LiteLLM {installed} is installed, a release that was published with a credential stealer; it is "
            "not imported here. Treat the credentials of this machine as stolen, and install another release: "
            "pip install --upgrade litellm"
        )


@cache
def _library() -> Any:
    refuse_poisoned(version("litellm"))
    os.environ.update(_ENVIRONMENT)
    with warnings.catch_warnings():
        # LiteLLM ignores warnings of its own records for the whole process, and for ever. Here it is while it is
        # imported and the records are built.
        warnings.simplefilter("ignore")
        litellm: Any = import_module("litellm")
        litellm.ModelResponse()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.DEFAULT_MAX_RETRIES = 0  # where it takes our 0 for unset, as for vectors
    # Their records carry prompts and headers; every failure reaches us as an exception.
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL + 1)
    for chatty in ("openai", "httpx", "httpcore", "aiohttp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return litellm


async def load() -> None:
    """Import LiteLLM, which takes seconds, without holding up the event loop.

    Raises:
        ModelSetupError: the installed release must not be used.
    """
    await asyncio.to_thread(_library)


async def ask(
    provider: str, arguments: Mapping[str, object], seconds: float, on_sent: Callable[[], None]
) -> Mapping[str, object]:
    """Complete once, without any retry. Calls `on_sent` when a request is about to leave.

    So many seconds of silence are a failure; the caller bounds the whole. Parameters that the provider does not
    take are left out.

    Raises:
        Exception: anything; see `diagnosis.diagnose`.
    """
    return await _once(_library().acompletion, provider, arguments, seconds, on_sent)


async def embed(
    provider: str, arguments: Mapping[str, object], seconds: float, on_sent: Callable[[], None]
) -> Mapping[str, object]:
    """Turn texts into vectors once, without any retry; like `ask`, but `on_sent` is called afterwards.

    Raises:
        Exception: anything; see `diagnosis.diagnose`.
    """
    try:
        body = await _once(_library().aembedding, provider, arguments, seconds, on_sent)
    except Exception as error:
        if not _never_left(error):
            on_sent()
        raise
    on_sent()
    return body


def _never_left(error: BaseException) -> bool:
    """LiteLLM does not say when it asks for vectors. Only what is refused for want of a key or a package is known not
    to have left; of all else the provider may have charged for it."""
    from openai import OpenAIError

    while inner := error.__cause__ or error.__context__:
        error = inner
    return type(error) is OpenAIError or isinstance(error, ImportError)


async def _once(
    call: Any, provider: str, arguments: Mapping[str, object], seconds: float, on_sent: Callable[[], None]
) -> Mapping[str, object]:
    import httpx

    def watch(details: Mapping[str, object]) -> None:
        if details.get("log_event_type") == "pre_api_call":
            on_sent()

    response: Any = await call(
        **connections.once(_library(), provider, arguments),
        timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
        num_retries=0,
        max_retries=0,
        drop_params=True,
        logger_fn=watch,
    )
    body: dict[str, object] = response.model_dump()
    return body


def provider_of(name: str, api_base: str | None = None, *, flag: str = "--api-base") -> str:
    """Which provider LiteLLM will turn to. `flag` is where people give an address.

    Raises:
        ModelSetupError: none is known for that name.
    """
    litellm = _library()
    try:
        resolved: Any = litellm.get_llm_provider(name, api_base=api_base)
    except litellm.BadRequestError:
        resolved = None
    if resolved is None:
        raise ModelSetupError(
            f"no provider is known for the model {name!r}. Write it as provider/name, such as "
            f"openai/gpt-5-mini; for a server that speaks OpenAI's API, openai/<name> with {flag} URL"
        )
    return str(resolved[1])


def takes(name: str, provider: str, parameter: str, value: object) -> bool:
    """Whether a provider takes that value of one of OpenAI's parameters."""
    library = _library()
    bare = name.removeprefix(f"{provider}/")
    try:
        library.get_optional_params(model=bare, custom_llm_provider=provider, **{parameter: value})
    except library.UnsupportedParamsError:
        return False
    return True


def missing_keys(name: str, api_base: str | None = None) -> tuple[str, ...]:
    """The environment variables that LiteLLM would look for and does not find."""
    found: Any = _library().validate_environment(name, api_base=api_base)
    return tuple(str(key) for key in found["missing_keys"])


def facts(name: str) -> Mapping[str, object]:
    """The entry of LiteLLM's table of models, empty if it has none. No server is asked.

    Raises:
        ModelSetupError: no provider is known for that name.
    """
    table: Mapping[str, Mapping[str, object]] = _library().model_cost
    if name in table:
        return table[name]
    provider = provider_of(name)
    entry = table.get(name.removeprefix(f"{provider}/"), {})
    # The same name at another provider is another price.
    return entry if str(entry.get("litellm_provider", "")).startswith(provider) else {}


def count_tokens(name: str, text: str) -> int:
    """Tokens of a text in one of OpenAI's models, by the tokenizer that comes with LiteLLM."""
    return int(_library().token_counter(model=name, text=text))


async def close() -> None:
    """Close the connections that LiteLLM holds for the running event loop. A later call opens new ones."""
    await connections.close(_library())
