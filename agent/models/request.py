"""Puts a request into the words of a provider. Pure."""

from collections.abc import Mapping, Sequence
from typing import cast

from agent.messages import Message, Sampling
from agent.models.turnmarks import defused

MOST_MARKS = 4
"""Anthropic refuses more cache marks than that."""

RESERVED = frozenset(
    {
        *("api_base", "api_key", "client", "drop_params", "logger_fn", "max_retries", "max_tokens", "messages"),
        *("model", "num_retries", "seed", "stop", "stream", "temperature", "timeout"),
    }
)
"""Arguments of LiteLLM's that have parameters of their own here, or must not be changed."""


def wants_cache_marks(provider: str, name: str) -> bool:
    """Whether prompt caching needs marks. Other providers cache equal prefixes by themselves, or never."""
    resold = provider in {"bedrock", "databricks", "openrouter", "vertex_ai"}
    return provider == "anthropic" or (resold and "claude" in name.lower())


def takes_grammar(provider: str, api_base: str | None) -> bool:
    """Whether a grammar can be asked for: of vLLM, and of other servers of one's own as of llama.cpp's."""
    return provider in {"hosted_vllm", "llamafile"} or (provider == "openai" and api_base is not None)


def spell(messages: Sequence[Message], *, marks: bool) -> list[dict[str, object]]:
    """The messages as JSON, each of them kept within its turn. Without `marks`, whether a message is `cached` changes
    nothing."""
    numbers = [number for number, message in enumerate(messages) if message.cached and message.content]
    marked = set(numbers[-MOST_MARKS:]) if marks else set[int]()
    return [
        {"role": message.role, "content": _marked(text) if number in marked else text}
        for number, (message, text) in enumerate((message, defused(message.content)) for message in messages)
    ]


def _marked(text: str) -> list[dict[str, object]]:
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]


def parameters(sampling: Sampling) -> dict[str, object]:
    """The parameters that all providers spell alike; only those that are set."""
    asked: dict[str, object] = {
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "stop": list(sampling.stop) or None,
    }
    return {key: value for key, value in asked.items() if value is not None}


def extensions(provider: str, sampling: Sampling, *, continues: bool) -> dict[str, object]:
    """What goes into the body beyond OpenAI's API."""
    body: dict[str, object] = {}
    vllm = provider == "hosted_vllm"
    if sampling.grammar is not None:
        body |= {"structured_outputs": {"grammar": sampling.grammar}} if vllm else {"grammar": sampling.grammar}
    if continues and vllm:
        # llama.cpp does this by itself.
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def continuation(begun: str, text: str) -> str:
    """What an answer adds to the text it was to continue.

    Some servers repeat that text, some leave it out; some do not see the blanks at its end and give them again.
    """
    if text.startswith(begun):
        return text.removeprefix(begun)
    blanks = begun[len(begun.rstrip()) :]
    return text.removeprefix(blanks) if blanks else text


def merge(arguments: Mapping[str, object], body: Mapping[str, object]) -> dict[str, object]:
    """The arguments with `body` added to what is sent beyond OpenAI's API."""
    whole = {**cast("Mapping[str, object]", arguments.get("extra_body", {})), **body}
    return {**arguments, "extra_body": whole} if whole else dict(arguments)
