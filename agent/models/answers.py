"""Reads a chat completion in OpenAI's form, as LiteLLM returns it."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from agent.messages import Finish, Usage


class _Fields(BaseModel):
    refusal: str | None = None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    provider_specific_fields: _Fields | None = None


class _Choice(BaseModel):
    finish_reason: str | None = None
    message: _Message


class _Details(BaseModel):
    cached_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class _Timings(BaseModel):
    cache_n: int | None = None


class Answer(BaseModel):
    """What of a completion matters here."""

    model: str | None = None
    choices: list[_Choice] = Field(min_length=1)
    reported: _Usage | None = Field(default=None, alias="usage")
    timings: _Timings | None = None
    """llama.cpp's."""

    @classmethod
    def read(cls, body: Mapping[str, object]) -> "Answer":
        """Raises:
        pydantic.ValidationError: it is not a completion.
        """
        return cls.model_validate(body)

    @property
    def text(self) -> str:
        return self.choices[0].message.content or ""

    @property
    def cost(self) -> float | None:
        """Dollars, as some providers report them."""
        return self.reported.cost if self.reported else None

    def finish(self, text: str) -> Finish:
        """How it ended, if `text` is what it adds."""
        choice = self.choices[0]
        fields = choice.message.provider_specific_fields
        if choice.finish_reason == "content_filter" or choice.message.refusal or (fields and fields.refusal):
            return Finish.REFUSED
        if choice.finish_reason == "length":
            return Finish.LENGTH
        return Finish.STOP if text.strip() else Finish.EMPTY

    def usage(self) -> Usage | None:
        """None when the server did not count."""
        counts = self.reported
        if counts is None or not counts.prompt_tokens:
            return None
        before, after = (
            counts.prompt_tokens_details or _Details(),
            counts.completion_tokens_details or _Details(),
        )
        cached = before.cached_tokens or counts.cache_read_input_tokens
        if not cached and self.timings:
            cached = self.timings.cache_n
        written = before.cache_creation_tokens or counts.cache_creation_input_tokens or 0
        return Usage(
            prompt=counts.prompt_tokens,
            cached=min(cached or 0, counts.prompt_tokens),
            completion=counts.completion_tokens or 0,
            reasoning=after.reasoning_tokens or 0,
            written=written,
        )
