"""Texts as vectors, by any embedding model that LiteLLM reaches."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, FiniteFloat

from agent.errors import ModelError
from agent.messages import BeforeRetry, Completion, Finish, Usage, retry_freely
from agent.models import gateway
from agent.models.diagnosis import diagnose
from agent.models.litellm_model import LiteLLMModel
from agent.models.retry import retrying

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    rows: Rows
    """By text; each of length 1, or of zeros."""
    receipt: Completion
    """What it took, as an answer without words."""


class _Vector(BaseModel):
    index: int
    embedding: list[FiniteFloat] = Field(min_length=1)


class _Usage(BaseModel):
    prompt_tokens: int | None = None


class _Answer(BaseModel):
    model: str | None = None
    data: list[_Vector]
    usage: _Usage | None = None


class Embedder:
    """An embedding model: `model` says where it is, with what key and how much patience; it is not asked for
    completions. Call `aclose` at the end of the event loop that it was used on."""

    def __init__(self, model: LiteLLMModel) -> None:
        """Nothing is imported or asked yet."""
        self.name = model.name
        self.key = f"{model.name} at {model.server.get('api_base', 'its provider')}"
        """Whose vectors these are: the same name at another server may be another model."""
        self._model = model

    async def prepare(self) -> None:
        """Find the provider, without asking it.

        Raises:
            ModelSetupError: there is none of this name, or it needs an address.
        """
        await self._model.prepare()

    async def embed(self, texts: Sequence[str], before_retry: BeforeRetry = retry_freely) -> Embedded:
        """Vectors of the texts, asked for once, retrying what is worth retrying.

        Raises:
            ModelError: the provider cannot or will not answer, or a text does not fit.
            Exception: whatever `before_retry` raises.
        """
        await self.prepare()

        async def attempt() -> Embedded:
            return await self._attempt(texts)

        return await retrying(attempt, self._model.patience, before_retry)

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._model.aclose()

    async def _attempt(self, texts: Sequence[str]) -> Embedded:
        model = self._model
        sent: list[bool] = []
        began = time.monotonic()
        # Floats, for not every server knows the other forms.
        arguments = {**model.server, "model": self.name, "input": [*texts], "encoding_format": "float"}
        try:
            async with asyncio.timeout(model.timeout):
                body = await gateway.embed(model.provider, arguments, model.timeout, lambda: sent.append(True))
            answer = _Answer.model_validate(body)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is diagnosed, and never hidden
            found = diagnose(error, sent=bool(sent))
        else:
            return Embedded(
                _rows(answer, len(texts), self.name), self._receipt(answer, texts, time.monotonic() - began)
            )
        raise model.attempt_error(found)

    def _receipt(self, answer: _Answer, texts: Sequence[str], seconds: float) -> Completion:
        said = answer.usage.prompt_tokens if answer.usage else None
        usage = Usage(prompt=said or sum(map(self._model.count_tokens, texts)))
        price = self._model.price()
        dollars = price.dollars(usage) if price else None
        return Completion("", Finish.STOP, usage, dollars, seconds, answer.model or self.name)


def _rows(answer: _Answer, count: int, name: str) -> Rows:
    found: Mapping[int, list[float]] = {one.index: one.embedding for one in answer.data}
    if sorted(found) != list(range(count)) or len({len(one) for one in found.values()}) > 1:
        sizes = sorted({len(one) for one in found.values()})
        raise ModelError(
            f"{name} was sent {count} texts and answered with {len(answer.data)} vectors of {sizes} numbers; is it an "
            "embedding model?",
            billed=True,
        )
    rows = np.array([found[number] for number in range(count)], np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
