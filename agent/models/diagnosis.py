"""Reads what went wrong out of an exception, whichever of a provider, a network and LiteLLM raised it.

LiteLLM's own classes are not relied upon: they are guessed from words, so that a 400 which mentions a rate
limit becomes a 429, and a dropped connection or a missing key a 500. What was really on the wire stands
further down the chain of causes.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, cast

_AGAIN = frozenset({408, 409, 425, 429})
_GATEWAY = frozenset({408, 502, 504})
"""Somebody in between gave up, while the model may have gone on and be charged for."""

_NEVER_AGAIN = ("insufficient_quota", "billing_hard_limit", "exceeded your current quota")
"""Codes of a 429 that no waiting mends."""

_OVERFLOW = (
    "context_length_exceeded",  # OpenAI's code
    "context length",  # OpenAI, vLLM: "maximum context length is ..."; Ollama
    "context limit",  # Anthropic: "input length and `max_tokens` exceed context limit"
    "context window",
    "context size",  # llama.cpp: "exceeds the available context size"
    "prompt is too long",  # Anthropic
    "input is too long",  # Bedrock
    "maximum model length",  # vLLM
    "maximum prompt length",  # xAI
    "maximum number of tokens allowed",  # Gemini
)
_REFUSED = (
    "content_policy",
    "content_filter",
    "responsibleaipolicyviolation",
    "usage policy",
    "safety system",
)


class Trouble(Enum):
    """What kind of thing went wrong."""

    OVERFLOW = auto()
    REFUSED = auto()
    STATUS = auto()
    """The server answered with an HTTP error."""
    UNREACHABLE = auto()
    """No connection came about."""
    BROKEN = auto()
    """A connection was dropped, or nothing came in time."""
    GARBLED = auto()
    """An answer came that cannot be read."""
    UNSENT = auto()
    """LiteLLM refused before it sent anything: a key, a parameter, a package is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    trouble: Trouble
    words: str
    """The provider's own where it said any. They may hold secrets."""
    status: int | None = None
    again: bool = False
    """Whether another attempt may succeed."""
    billed: bool = False
    """Whether the provider may have charged for it."""
    wait: float | None = None
    """Seconds after which the server wants to be asked again."""


def diagnose(error: Exception, *, sent: bool) -> Diagnosis:
    """`sent` tells whether a request was on its way."""
    import httpx

    chain = tuple(_chain(error))
    words = _words(chain)
    status, headers, body = _on_the_wire(chain)
    if status is not None:
        return _of_status(status, headers, body)
    if _never_connected(chain):
        return Diagnosis(Trouble.UNREACHABLE, words or "no connection in time", again=True)
    if any(isinstance(link, TimeoutError | httpx.TimeoutException) for link in chain):
        return Diagnosis(Trouble.BROKEN, "no answer in time", again=True, billed=True)
    if any(isinstance(link, httpx.TransportError) for link in chain):
        return Diagnosis(Trouble.BROKEN, words or "the connection was dropped", again=True, billed=True)
    return Diagnosis(Trouble.GARBLED if sent else Trouble.UNSENT, words, again=sent, billed=sent)


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _words(chain: tuple[BaseException, ...]) -> str:
    """What the innermost cause that says anything says. Outer links repeat it, some with a traceback."""
    return next((str(link) for link in reversed(chain) if len(str(link)) > 2), "")


def _on_the_wire(chain: tuple[BaseException, ...]) -> tuple[int | None, Mapping[str, str], str]:
    """Status, headers and body of the error that a server sent."""
    import httpx

    for link in reversed(chain):
        response = getattr(link, "response", None)
        # LiteLLM also makes responses up; those have no headers.
        if isinstance(response, httpx.Response) and response.is_error and response.headers:
            try:
                body = response.text
            except httpx.ResponseNotRead:
                body = str(chain[0])
            return response.status_code, response.headers, body
    # Some servers answer 200 and put an error with a code into the body.
    status: Any = getattr(chain[-1], "status_code", None)
    if type(chain[-1]) is Exception and isinstance(status, int):
        return status, {}, str(getattr(chain[-1], "message", "") or chain[0])
    return None, {}, ""


def _of_status(status: int, headers: Mapping[str, str], body: str) -> Diagnosis:
    words = _said(body) or f"HTTP {status} without a word"
    lower = body.lower()
    if status in {400, 413, 422} and any(phrase in lower for phrase in _OVERFLOW):
        return Diagnosis(Trouble.OVERFLOW, words, status)
    if status == 400 and any(phrase in lower for phrase in _REFUSED):
        return Diagnosis(Trouble.REFUSED, words, status)
    again = (status in _AGAIN or status >= 500) and not any(phrase in lower for phrase in _NEVER_AGAIN)
    wait = retry_after(headers, now=time.time()) if again else None
    return Diagnosis(Trouble.STATUS, words, status, again=again, billed=status in _GATEWAY, wait=wait)


def _said(body: str) -> str:
    """The message in an error's body, or the body."""
    try:
        parsed: object = json.loads(body)
    except ValueError:
        return body.strip()
    while isinstance(parsed, dict):
        fields = cast("dict[str, object]", parsed)
        inner = next((fields[key] for key in ("error", "message", "detail") if fields.get(key)), None)
        if inner is None:
            break
        parsed = inner
    return parsed if isinstance(parsed, str) else json.dumps(parsed)


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds to wait, from a header with seconds, milliseconds or a date. `now`: seconds since the epoch."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers["retry-after"]))
    except KeyError:
        return None
    except ValueError:
        pass  # not a number, so a date
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    except (KeyError, ValueError):
        return None


def _never_connected(chain: tuple[BaseException, ...]) -> bool:
    import aiohttp
    import httpcore
    import httpx

    # Not httpx.ConnectError: LiteLLM's transport also gives that name to a connection that was reset in use.
    kinds = (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        httpcore.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
    )
    return any(isinstance(link, kinds) for link in chain)
