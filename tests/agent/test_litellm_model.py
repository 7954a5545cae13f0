"""What is sent to a language model, and what is made of its answers."""

import pytest
from support.replies import OVERFLOWS, Reply, answer, error
from support.served_model import QUESTION, complete, sent_by, served

from agent.errors import ModelSetupError
from agent.messages import Completion, Finish, Message, Sampling, Usage
from agent.models.litellm_model import LiteLLMModel
from agent.models.pricing import FREE, Price


async def test_happy_path() -> None:
    """Text, ending, usage, model and time; the price of an unknown model is unknown, not nothing."""
    found = await complete(answer("hello!", prompt=100, completion=7, cached=60, reasoning=3))
    assert found == Completion("hello!", Finish.STOP, Usage(100, 60, 7, 3), None, found.seconds, "scripted-1")
    assert found.seconds > 0


@pytest.mark.parametrize(
    ("reply", "finish", "text"),
    [
        (answer("half a sen", finish="length"), Finish.LENGTH, "half a sen"),
        (answer("", finish="length", reasoning=10), Finish.LENGTH, ""),
        (answer(""), Finish.EMPTY, ""),
        (answer(" \n"), Finish.EMPTY, " \n"),
        (answer(None), Finish.EMPTY, ""),
        (answer("", finish="content_filter"), Finish.REFUSED, ""),
        (answer(None, refusal="I cannot help with that."), Finish.REFUSED, ""),
        (error(400, "blocked", code="content_policy_violation"), Finish.REFUSED, ""),
    ],
)
async def test_endings_are_results(reply: Reply, finish: Finish, text: str) -> None:
    """Cut, empty and refused answers are values that the caller handles."""
    found = await complete(reply)
    assert (found.finish, found.text) == (finish, text)


@pytest.mark.parametrize("words", OVERFLOWS)
@pytest.mark.parametrize("name", ["openai/scripted", "hosted_vllm/scripted"])
async def test_overflow_in_the_words_of_many_servers(words: str, name: str) -> None:
    """A prompt that does not fit is a result, costs nothing and is not asked again."""
    async with served(OVERFLOWS[words], name=name) as (model, server):
        found = await model.complete(QUESTION, Sampling())
    assert (found.finish, found.dollars, len(server.calls)) == (Finish.OVERFLOW, 0.0, 1)


@pytest.mark.parametrize("base", ["127.0.0.1:8000", "localhost", "ftp://host/v1", "http://", "http://me:hush@h/v1"])
def test_an_address_that_is_none(base: str) -> None:
    """Told at once, with an example; passwords in it would be shown with it."""
    with pytest.raises(ModelSetupError, match="such as http://") as caught:
        LiteLLMModel("openai/x", api_base=base)
    assert "hush" not in str(caught.value)


def test_extra_arguments_do_not_replace_ours() -> None:
    """`extra` is for what has no parameter of its own."""
    with pytest.raises(ModelSetupError, match="cannot set seed, temperature"):
        LiteLLMModel("openai/x", extra={"temperature": 1, "seed": 2, "reasoning_effort": "low"})


async def test_only_what_is_set_is_sent() -> None:
    """No parameter, and no byte of a message, beyond what was asked for."""
    assert await sent_by(Sampling(max_tokens=9)) == {
        "model": "scripted",
        "max_tokens": 9,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello?"}],
    }


async def test_all_parameters() -> None:
    """Temperature 0 is set, not unset; a grammar goes to llama.cpp's field."""
    grammar = 'root ::= "yes"'
    body = await sent_by(Sampling(max_tokens=9, temperature=0.0, seed=3, stop=("END",), grammar=grammar))
    del body["messages"], body["model"]
    assert body == {"max_tokens": 9, "temperature": 0.0, "seed": 3, "stop": ["END"], "grammar": grammar}


async def test_extra_arguments_are_sent() -> None:
    """Also beside what we add to the body ourselves."""
    sampling = Sampling(grammar="g")
    body = await sent_by(sampling, extra={"top_p": 0.5, "extra_body": {"min_p": 0.1}})
    assert (body["top_p"], body["min_p"], body["grammar"]) == (0.5, 0.1, "g")


async def test_vllm_has_its_own_fields() -> None:
    """For grammars, and to continue a message."""
    messages = (Message("user", "count"), Message("assistant", "1, 2,"))
    body = await sent_by(Sampling(grammar="g"), *messages, name="hosted_vllm/scripted")
    assert body["structured_outputs"] == {"grammar": "g"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


@pytest.mark.parametrize("answered", ["1, 2, 3", " 3"])
async def test_a_begun_answer_is_continued(answered: str) -> None:
    """Whether the server repeats the beginning, as llama.cpp does, or not: the text is what comes after it."""
    async with served(answered, prefill=True) as (model, server):
        found = await model.complete((Message("user", "count"), Message("assistant", "1, 2,")), Sampling())
    assert found.text == " 3"
    assert server.calls[0].request["messages"][-1] == {"role": "assistant", "content": "1, 2,"}


@pytest.mark.parametrize(
    ("name", "prefill", "grammar"),
    [
        ("hosted_vllm/scripted", True, True),
        ("openai/scripted", False, True),
        ("anthropic/claude-sonnet-4-5", True, False),
        ("anthropic/claude-opus-4-6", False, False),
    ],
)
async def test_what_a_provider_can(name: str, prefill: bool, grammar: bool) -> None:
    """So that the caller can do otherwise."""
    async with served("unused", name=name) as (model, _):
        await model.prepare()
        assert (model.supports_prefill, model.supports_grammar) == (prefill, grammar)


async def test_what_a_provider_cannot_is_not_sent() -> None:
    """A caller that did not look is told so."""
    async with served("unused", name="anthropic/claude-opus-4-6") as (model, server):
        with pytest.raises(ValueError, match="supports_prefill"):
            await model.complete((Message("user", "count"), Message("assistant", "1,")), Sampling())
        with pytest.raises(ValueError, match="supports_grammar"):
            await model.complete(QUESTION, Sampling(grammar="g"))
    assert server.calls == []


ANTHROPIC = Reply(
    '{"id": "m", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn", '
    '"content": [{"type": "text", "text": "hello!"}], "usage": {"input_tokens": 50, "output_tokens": 7, '
    '"cache_read_input_tokens": 1000, "cache_creation_input_tokens": 200}}'
)


async def test_anthropic_is_sent_cache_marks_and_counts_them() -> None:
    """The marked prefix is sent as such; what was read and written is part of the prompt and has its price."""
    mark = {"type": "ephemeral"}
    async with served(ANTHROPIC, name="anthropic/claude-sonnet-4-5") as (model, server):
        found = await model.complete(QUESTION, Sampling())
    assert server.calls[0].request["system"] == [{"type": "text", "text": "Be brief.", "cache_control": mark}]
    assert found.usage == Usage(prompt=1250, cached=1000, completion=7, written=200)
    assert found.dollars == pytest.approx((50 * 3 + 1000 * 0.3 + 200 * 3.75 + 7 * 15) / 1e6)


async def test_openrouter_is_sent_cache_marks_for_claude_only() -> None:
    """The same messages, byte for byte unmarked, for another model."""
    marked = await sent_by(Sampling(), name="openrouter/anthropic/claude-sonnet-4.5")
    plain = await sent_by(Sampling(), name="openrouter/qwen/qwen3-coder")
    assert marked["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert plain["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_parameters_that_a_provider_does_not_take_are_left_out() -> None:
    """Anthropic has no seed; a run that sets one still works there."""
    body = await sent_by(Sampling(seed=3, temperature=0.5), name="anthropic/claude-sonnet-4-5", reply=ANTHROPIC)
    assert "seed" not in body
    assert body["temperature"] == 0.5


@pytest.mark.parametrize(
    ("name", "left_out"),
    [("anthropic/claude-sonnet-4-5", ("seed",)), ("openai/gpt-5-mini", ("temperature", "stop")), ("openai/gpt-4o", ())],
)
async def test_what_is_left_out_can_be_known(name: str, left_out: tuple[str, ...]) -> None:
    """To be told to people before a run."""
    model = LiteLLMModel(name)
    await model.prepare()
    assert model.unsupported(Sampling(max_tokens=9, temperature=0.5, seed=3, stop=("END",))) == left_out


@pytest.mark.parametrize(
    ("reply", "price", "dollars"),
    [
        (answer("x", prompt=1000, completion=100, cost=0.25), None, 0.25),
        (answer("x", prompt=1000, completion=100, cost=0), None, 0.0),
        (answer("x", prompt=1000, completion=100), None, None),
        (answer("x", prompt=1000, completion=100), FREE, 0.0),
        (answer("x", prompt=1000, cached=600, completion=100), Price(1.0, 0.1, 2.0), 0.00066),
        (answer("x", prompt=1000, completion=100, cost=0.25), Price(1.0, 0.1, 2.0), 0.0012),
    ],
)
async def test_dollars(reply: Reply, price: Price | None, dollars: float | None) -> None:
    """What the caller says it costs, else what the provider reports, else what the table says, else unknown."""
    assert (await complete(reply, price=price)).dollars == pytest.approx(dollars)


async def test_dollars_by_the_table() -> None:
    """A model that LiteLLM's table knows; the address does not change its price."""
    found = await complete(answer("x", prompt=1000, cached=400, completion=100), name="openai/gpt-5-mini")
    assert found.dollars == pytest.approx((600 * 0.25 + 400 * 0.025 + 100 * 2) / 1e6)


async def test_usage_that_is_not_counted_is_estimated() -> None:
    """A token budget must not take a silent server for a free one."""
    body = '{"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, '
    body += '"finish_reason": "stop", "message": {"role": "assistant", "content": "hello there!"}}]}'
    found = await complete(Reply(body))
    assert found.usage.prompt > 5
    assert found.usage.completion >= 3


async def test_facts_of_a_model() -> None:
    """Context and price, from the table or from whoever set the model up."""
    known, unknown = LiteLLMModel("openai/gpt-5-mini"), LiteLLMModel("openai/x", api_base="http://127.0.0.1:9/v1")
    told = LiteLLMModel("openai/x", api_base="http://127.0.0.1:9/v1", window=4096, price=FREE)
    await known.prepare()
    assert [model.context_window() for model in (known, unknown, told)] == [272_000, None, 4096]
    assert [model.price() for model in (known, unknown, told)] == [Price(0.25, 0.025, 2.0), None, FREE]


def test_tokens_are_estimated_rather_too_high() -> None:
    """Without a tokenizer, for code and for other scripts."""
    model = LiteLLMModel("hosted_vllm/x", api_base="http://127.0.0.1:9/v1")
    assert model.count_tokens("") == 1
    assert 90 <= model.count_tokens("def f(x):\n    return x\n" * 15) <= 110
    assert model.count_tokens("漢字" * 50) >= 100
