"""What is said to a model, what it answers, and what that cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str
    cached: bool = False
    """The end of a prefix worth caching, for providers that want it marked. Not part of what is said."""


class Finish(StrEnum):
    """How an answer ended. Each is a result that the caller handles, not an error."""

    STOP = "stop"
    LENGTH = "length"
    """Cut at the token limit; the text so far is kept."""
    EMPTY = "empty"
    REFUSED = "refused"
    OVERFLOW = "overflow"
    """The prompt does not fit the model's context; nothing was answered."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one completion. `cached` is the part of `prompt` that the server had already seen, `written`
    the part that it put into a cache at a price of its own; `reasoning` the part of `completion` that is not
    shown."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to ask. None means: whatever the provider does by itself."""

    max_tokens: int = 2048
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    """A llama.cpp grammar (GBNF) or a vLLM guided-decoding grammar, for models that take one."""


@dataclass(frozen=True, slots=True)
class Completion:
    text: str
    finish: Finish
    usage: Usage
    dollars: float | None
    """None when the price is unknown, which is not the same as nothing."""
    seconds: float
    model: str
    """As the provider names the one that answered."""


BeforeRetry = Callable[[bool], None]
"""Called before an attempt is repeated; True when the failed one may have been billed. What it raises ends
the call."""


def retry_freely(billed: bool) -> None:
    """A `BeforeRetry` that lets every retry happen."""


class Model(Protocol):
    """Anything that answers messages."""

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        """Ask once, retrying what is worth retrying. When the last message is the assistant's own it is
        continued, and the text is what comes after it.

        Raises:
            ModelError: the provider cannot or will not answer; carries its own words.
        """
        ...
