"""What tokens cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ModelSetupError
from agent.messages import Usage
from agent.models.pricing import FREE, Price, price_from, price_of

TIERED = Price(1.0, 0.1, 5.0, written=1.25, above=((1000, Price(2.0, 0.2, 10.0, written=2.5)),))


def test_each_kind_of_token_has_its_price() -> None:
    """Plain, cached and written prompt tokens, and the answer's."""
    usage = Usage(prompt=1000, cached=600, completion=100, written=300)
    assert TIERED.dollars(usage) == pytest.approx((100 * 1.0 + 600 * 0.1 + 300 * 1.25 + 100 * 5.0) / 1e6)


def test_long_prompts_may_cost_more() -> None:
    """The whole prompt and its answer, once it is above the limit."""
    assert TIERED.dollars(Usage(prompt=1001, completion=10)) == pytest.approx((1001 * 2.0 + 10 * 10.0) / 1e6)


prices = st.floats(0, 1000)
plain = st.builds(Price, prices, prices, prices, st.none() | prices)


@given(
    base=plain,
    above=st.lists(st.tuples(st.integers(0, 5000), plain), max_size=3),
    most=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
    data=st.data(),
)
def test_the_worst_case_bounds_every_case(
    base: Price, above: list[tuple[int, Price]], most: tuple[int, int], data: st.DataObject
) -> None:
    """Whatever part of the prompt was cached or written, and whichever tier it falls into."""
    price = Price(base.input, base.cached, base.output, base.written, tuple(sorted(above, key=lambda step: step[0])))
    prompt = data.draw(st.integers(0, most[0]))
    cached = data.draw(st.integers(0, prompt))
    written = data.draw(st.integers(0, prompt - cached))
    usage = Usage(prompt, cached, data.draw(st.integers(0, most[1])), written=written)
    assert price.dollars(usage) <= price.worst(*most) * (1 + 1e-9)


def test_entries_of_the_table() -> None:
    """Dollars per token become dollars per million; steps are found by their names."""
    entry = {
        "input_cost_per_token": 1.25e-6,
        "output_cost_per_token": 1e-5,
        "cache_read_input_token_cost": 1.25e-7,
        "input_cost_per_token_above_200k_tokens": 2.5e-6,
        "output_cost_per_token_above_200k_tokens": 1.5e-5,
        "input_cost_per_token_above_200k_tokens_priority": 9.0,
    }
    assert price_from(entry) == Price(1.25, 0.125, 10.0, above=((200_000, Price(2.5, 2.5, 15.0)),))


@pytest.mark.parametrize(
    "entry",
    [{}, {"input_cost_per_token": 1e-6}, {"input_cost_per_token": 0, "output_cost_per_token": 0.0}],
)
def test_entries_that_say_nothing(entry: dict[str, object]) -> None:
    """Missing, incomplete, or zeros, which the table also has for models whose price nobody entered."""
    assert price_from(entry) is None


def test_prices_of_models() -> None:
    """From the real table: known models, unknown ones, and the same name at somebody else's."""
    assert price_of("openai/gpt-4o") == Price(2.5, 1.25, 10.0)
    assert price_of("anthropic/claude-sonnet-4-5") == Price(3.0, 0.3, 15.0, 3.75)
    assert price_of("openai/a-model-of-my-own") is None
    assert price_of("hosted_vllm/gpt-4o") is None
    assert price_of("ollama_chat/llama3.1") is None


def test_a_name_without_a_provider() -> None:
    """Is told what a name looks like."""
    with pytest.raises(ModelSetupError, match="provider/name"):
        price_of("nobody-knows-this")


MODELS = ["gpt-4o", "gpt-5-mini", "claude-sonnet-4-5", "gemini/gemini-2.5-pro", "deepseek/deepseek-chat"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("prompt", [10_000, 250_000])
def test_our_arithmetic_is_that_of_litellm(name: str, prompt: int) -> None:
    """Where LiteLLM reckons a completion by itself, it comes to the same."""
    import litellm

    price = price_of(name)
    usage = Usage(prompt=prompt, cached=6000, completion=500)
    counted = litellm.Usage(prompt_tokens=prompt, completion_tokens=500, prompt_tokens_details={"cached_tokens": 6000})
    theirs = litellm.completion_cost(litellm.ModelResponse(model=name, usage=counted), model=name)
    assert price is not None
    assert price.dollars(usage) == pytest.approx(theirs)


def test_free_is_free() -> None:
    """For a server of one's own."""
    assert FREE.dollars(Usage(1000, 0, 1000)) == FREE.worst(1000, 1000) == 0.0
