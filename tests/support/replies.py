"""What a scripted server can do with a request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Drop = Literal["before headers", "after headers", "in body", "reset"]
"""Where a connection is cut; a reset one is not even closed properly."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to do with one request. `body` is sent as it is."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    """Seconds before anything is sent."""
    drop: Drop | None = None
    """Where to cut the connection."""


def answer(
    text: str | None,
    *,
    finish: str = "stop",
    prompt: int = 100,
    completion: int = 10,
    cached: int | None = None,
    reasoning: int | None = None,
    refusal: str | None = None,
    model: str = "scripted-1",
    delay: float = 0.0,
    **usage: object,
) -> Reply:
    """A completion. Further keywords go into its `usage`, as `cost=0.25` does at some providers."""
    counts: dict[str, object] = {"prompt_tokens": prompt, "completion_tokens": completion, **usage}
    if cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": cached}
    if reasoning is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    message = {"role": "assistant", "content": text} | ({"refusal": refusal} if refusal is not None else {})
    body = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": counts,
    }
    return Reply(json.dumps(body), delay=delay)


def error(status: int, message: str = "scripted failure", *, retry_after: str | None = None, **more: object) -> Reply:
    """An HTTP error in OpenAI's form. Further keywords go into its `error` object, as `code="..."` does."""
    body = {"error": {"message": message, "type": "scripted_error", **more}}
    return Reply(json.dumps(body), status, {} if retry_after is None else {"Retry-After": retry_after})


def stall(seconds: float = 3600.0) -> Reply:
    """Accept the request, then say nothing for that long."""
    return answer("too late", delay=seconds)


def drop(where: Drop) -> Reply:
    """Cut the connection."""
    return Reply(answer("never read whole").body, drop=where)


GARBLED = Reply('{"choices": [{"mess')
"""A status of 200 over something that is not JSON."""

OVERFLOWS: Mapping[str, Reply] = {
    "openai": error(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        code="context_length_exceeded",
    ),
    "anthropic": error(400, "prompt is too long: 208310 tokens > 200000 maximum", code="invalid_request_error"),
    "anthropic, with the answer": error(
        400, "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length"
    ),
    "vllm": error(
        400,
        "The decoder prompt (length 9001) is longer than the maximum model length of 8192. Make sure that "
        "`max_model_len` is no smaller than the number of text tokens.",
    ),
    "vllm, with the answer": error(
        400,
        "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is "
        "8192 tokens and your request has 7000 input tokens.",
    ),
    "llama.cpp": error(
        400,
        "request (18030 tokens) exceeds the available context size (16384 tokens), try increasing it",
        code=400,
        n_prompt_tokens=18030,
        n_ctx=16384,
    ),
    "bedrock": error(400, "Input is too long for requested model."),
    "ollama": error(400, "input length exceeds maximum context length"),
}
"""A request that is too long, in the words of several servers."""
