"""Any model that LiteLLM reaches: a provider's, or an OpenAI-compatible server of one's own."""

import asyncio
import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Final, cast

from agent.errors import ModelError, ModelSetupError
from agent.messages import BeforeRetry, Completion, Finish, Message, Sampling, Usage, retry_freely
from agent.models import gateway
from agent.models.address import is_address, is_loopback
from agent.models.answers import Answer
from agent.models.diagnosis import Diagnosis, Trouble, diagnose
from agent.models.mending import Target, to_error
from agent.models.pricing import FREE, Price, price_from
from agent.models.request import (
    RESERVED,
    continuation,
    extensions,
    merge,
    parameters,
    spell,
    takes_grammar,
    wants_cache_marks,
)
from agent.models.retry import AttemptError, Patience, retrying
from agent.models.turnmarks import defused, restored
from agent.redact import Redactor

NO_KEY: Final = "no-key-required"
"""What a server of one's own is sent in place of a key."""

_CHARACTERS_A_TOKEN: Final = 3.5


class LiteLLMModel:
    """Implements `agent.messages.Model`. Call `aclose` at the end of the event loop that it was used on."""

    def __init__(
        self,
        name: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout: float = 600.0,
        patience: Patience | None = None,
        price: Price | None = None,
        window: int | None = None,
        prefill: bool | None = None,
        cache_marks: bool | None = None,
        extra: Mapping[str, object] | None = None,
        base_flag: str = "--api-base",
    ) -> None:
        """Takes everything as it is; no file is read and nothing is imported or asked yet.

        Args:
            name: as LiteLLM takes it, provider first: `openai/gpt-5-mini`.
            api_base: URL of an OpenAI-compatible server, up to `/v1`.
            api_key: None: the provider's own environment variable.
            timeout: seconds for one attempt, from sending to the last byte.
            price: what it costs; None: what the provider reports, or LiteLLM's table says.
            window: tokens of context; None: what LiteLLM's table says.
            prefill: whether it continues an assistant's message; None: what is known of the provider.
            cache_marks: whether messages that are `cached` are marked; None: where the provider needs it.
            base_flag: how people give `api_base`, for errors.
            extra: further arguments of LiteLLM's `acompletion`, such as `reasoning_effort`.

        Raises:
            ModelSetupError: `api_base` is no URL or holds a password, or `extra` what has its own parameter.
        """
        if api_base is not None and not is_address(api_base):
            shown = repr(api_base) if "@" not in api_base else "what holds a user or a password"
            raise ModelSetupError(f"api_base: {shown} is not a server's URL, such as http://127.0.0.1:8000/v1")
        taken = sorted(RESERVED.intersection(extra or {}))
        if taken:
            raise ModelSetupError(f"extra arguments of the model cannot set {', '.join(taken)}")
        self.name = name
        self._api_base = api_base
        self.timeout = timeout
        self.patience = patience or Patience()
        self._price = price
        self._window = window
        self._prefill = prefill
        self._cache_marks = cache_marks
        self._extra = dict(extra or {})
        self._redactor = Redactor.from_environment(os.environ)
        if api_key is None and api_base is not None and is_loopback(api_base):
            api_key = NO_KEY  # so that no key of a real provider is sent to whatever listens on this machine
        self._api_key = api_key
        self._base_flag = base_flag
        self._met = False
        self._redactor.add(api_key or "")
        for value in cast("Mapping[str, object]", self._extra.get("extra_headers", {})).values():
            self._redactor.add(str(value).removeprefix("Bearer "))

    def __repr__(self) -> str:
        return f"LiteLLMModel({self.name!r}, api_base={self._api_base!r})"

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        """Ask once, retrying what is worth retrying. A last message of the assistant is continued, and the
        text is what comes after it.

        Raises:
            ModelError: the provider cannot or will not answer; carries its own words.
            ModelSetupError: it cannot be asked as configured; says how to mend it.
            ValueError: there is nothing to answer, or the provider cannot do it: see `supports_prefill` and
                `supports_grammar`.
            Exception: whatever `before_retry` raises.
        """
        await self.prepare()
        arguments = self._arguments(messages, sampling)
        begun = defused(messages[-1].content) if messages[-1].role == "assistant" else ""

        async def attempt() -> Completion:
            return await self._attempt(arguments, begun)

        return await retrying(attempt, self.patience, before_retry)

    async def aclose(self) -> None:
        """Close the connections of this event loop. LiteLLM's other models on it share them and open new ones."""
        await gateway.close()

    @property
    def provider(self) -> str:
        """As LiteLLM calls it.

        Raises:
            ModelSetupError: none is known for the name.
        """
        return gateway.provider_of(self.name, self._api_base, flag=self._base_flag)

    @property
    def server(self) -> dict[str, object]:
        """The arguments that say where it is and with what key, as LiteLLM takes them."""
        found = {"api_base": self._api_base, "api_key": self._api_key}
        return {key: value for key, value in found.items() if value is not None}

    @property
    def supports_prefill(self) -> bool:
        """Whether an assistant's message at the end is continued. If not, ask for the rest in a user's turn."""
        if self._prefill is not None:
            return self._prefill
        if self.provider in {"hosted_vllm", "llamafile"}:
            return True
        return gateway.facts(self.name).get("supports_assistant_prefill") is True

    @property
    def supports_grammar(self) -> bool:
        """Whether `Sampling.grammar` may be set."""
        return takes_grammar(self.provider, self._api_base)

    def unsupported(self, sampling: Sampling) -> tuple[str, ...]:
        """The parameters that are set and that the provider does not take: they are left out, so tell people."""
        given = parameters(sampling)
        return tuple(key for key in given if not gateway.takes(self.name, self.provider, key, given[key]))

    def price(self) -> Price | None:
        """What a reservation is reckoned from; None is unknown."""
        return self._price or price_from(gateway.facts(self.name))

    def context_window(self) -> int | None:
        """Tokens of prompt and answer together, None if nobody says."""
        if self._window is not None:
            return self._window
        known = gateway.facts(self.name)
        window = known.get("max_input_tokens") or known.get("max_tokens")
        return window if isinstance(window, int) else None

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text is: exactly for OpenAI's own models, rather too many for all others."""
        if self._api_base is None and self.name.startswith("openai/"):
            return gateway.count_tokens(self.name, defused(text))
        plain = len(text.encode("ascii", errors="ignore"))
        other = len(text.encode(errors="surrogatepass")) - plain
        # Letters beyond ASCII are often a token each, or several.
        return int(plain / _CHARACTERS_A_TOKEN + other / 2) + 1

    async def prepare(self) -> None:
        """Import LiteLLM and find the provider, without asking it. `complete` does it where nobody did.

        Raises:
            ModelSetupError: there is no such provider, it needs an `api_base`, or LiteLLM must not be used.
        """
        await gateway.load()
        if self.provider == "hosted_vllm" and not (self._api_base or os.environ.get("HOSTED_VLLM_API_BASE")):
            # LiteLLM would send the prompt, and whatever key it finds, to OpenAI.
            raise ModelSetupError(f"{self.name} needs its server's address: {self._base_flag} http://HOST:PORT/v1")

    def _arguments(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, object]:
        if not messages:
            raise ValueError("there is no message to answer")
        continues = messages[-1].role == "assistant"
        if continues and not self.supports_prefill:
            raise ValueError(f"{self.name} does not continue an assistant's message: see supports_prefill")
        if sampling.grammar is not None and not self.supports_grammar:
            raise ValueError(f"{self.name} takes no grammar: see supports_grammar")
        marks = wants_cache_marks(self.provider, self.name) if self._cache_marks is None else self._cache_marks
        arguments: dict[str, object] = {
            **self._extra,
            "model": self.name,
            "messages": spell(messages, marks=marks),
            **parameters(sampling),
        }
        return merge(arguments | self.server, extensions(self.provider, sampling, continues=continues))

    async def _attempt(self, arguments: Mapping[str, object], begun: str) -> Completion:
        sent: list[bool] = []
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.timeout):
                body = await gateway.ask(self.provider, arguments, self.timeout, lambda: sent.append(True))
            answer = Answer.read(body)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is diagnosed, and never hidden
            found = diagnose(error, sent=bool(sent))
        else:
            self._met = True
            return self._completion(answer, arguments, begun, time.monotonic() - began)
        # Outside of the handler, so that no error carries LiteLLM's, which may hold the key, as its context.
        ending = {Trouble.OVERFLOW: Finish.OVERFLOW, Trouble.REFUSED: Finish.REFUSED}.get(found.trouble)
        if ending is None:
            raise self.attempt_error(found)
        # A prompt that does not fit costs nothing; whether a refused one does, nobody says.
        dollars = 0.0 if ending is Finish.OVERFLOW or self._price == FREE else None
        return Completion("", ending, Usage(), dollars, time.monotonic() - began, self.name)

    def _completion(self, answer: Answer, arguments: Mapping[str, object], begun: str, seconds: float) -> Completion:
        text = restored(continuation(begun, answer.text) if begun else answer.text)
        usage = answer.usage()
        if usage is None:
            # Not counted by the server, so estimated: a token limit must not take it for nothing.
            prompt = self.count_tokens(str(arguments["messages"]))
            usage = Usage(prompt=prompt, completion=self.count_tokens(answer.text))
        return Completion(
            text=text,
            finish=answer.finish(text),
            usage=usage,
            dollars=self._dollars(answer, usage),
            seconds=seconds,
            model=answer.model or self.name,
        )

    def _dollars(self, answer: Answer, usage: Usage) -> float | None:
        if self._price is None and answer.cost is not None:
            return answer.cost
        price = self.price()
        return price.dollars(usage) if price else None

    def attempt_error(self, found: Diagnosis) -> AttemptError:
        """What `retrying` must know of a failed attempt."""
        self._met = self._met or found.trouble is not Trouble.UNREACHABLE
        within = math.inf if self._met else self.patience.contact
        return AttemptError(self._error(found), again=found.again, wait=found.wait, within=within)

    def _error(self, found: Diagnosis) -> ModelError:
        keys = gateway.missing_keys(self.name, self._api_base) if self._api_key is None else ()
        return to_error(found, Target(self.name, self.provider, self._api_base, self._base_flag, keys), self._redactor)
