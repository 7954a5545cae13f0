"""A language model that cannot be asked, does not answer, or answers nonsense."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from support.openai_server import OpenAIServer
from support.replies import GARBLED, Drop, Reply, answer, drop, error, stall
from support.served_model import QUESTION, complete, served

from agent.errors import BudgetReached, ModelError, ModelSetupError
from agent.ledger import Budget, Ledger
from agent.messages import Sampling
from agent.models.litellm_model import LiteLLMModel
from agent.models.retry import Patience


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_no_retry_of_a_wrong_request(status: int) -> None:
    """The provider's own words and the status, after one attempt."""
    async with served(error(status, "the parameter x is wrong")) as (model, server):
        with pytest.raises(ModelError, match="the parameter x is wrong") as caught:
            await model.complete(QUESTION, Sampling())
    assert (caught.value.status, len(server.calls), type(caught.value)) == (status, 1, ModelError)


async def test_a_wrong_request_that_mentions_a_rate_limit_is_not_one() -> None:
    """Statuses are read from the wire: LiteLLM makes a 429 of this."""
    async with served(error(400, "rate limit must be a number, not 429")) as (model, server):
        with pytest.raises(ModelError, match="rate limit must be a number") as caught:
            await model.complete(QUESTION, Sampling())
    assert (caught.value.status, len(server.calls)) == (400, 1)


@pytest.mark.parametrize(("status", "mend"), [(401, "key that is set was refused"), (404, "Check the model's name")])
async def test_wrong_set_up_says_how_to_mend_it(status: int, mend: str) -> None:
    """A refused key and an unknown model are matters of the set-up."""
    async with served(error(status, "nobody here")) as (model, server):
        with pytest.raises(ModelSetupError, match=f"nobody here.*{mend}") as caught:
            await model.complete(QUESTION, Sampling())
    assert (caught.value.status, len(server.calls)) == (status, 1)


@pytest.mark.parametrize("name", ["openai/scripted", "hosted_vllm/scripted"])
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_passing_failures_are_retried(status: int, name: str) -> None:
    """Two failures, then the answer. Each request is ours: neither LiteLLM nor the SDK retries beneath us."""
    async with served([error(status), error(status), "at last"], name=name) as (model, server):
        found = await model.complete(QUESTION, Sampling())
    assert (found.text, len(server.calls)) == ("at last", 3)


PROVIDERS = [
    "openai/scripted",
    "hosted_vllm/scripted",
    "openrouter/scripted",
    "deepseek/scripted",
    "nvidia_nim/scripted",
]
"""Reached in different ways: through the OpenAI SDK, with and without a say in its retries, or LiteLLM's handler."""


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("where", ["before headers", "after headers", "in body", "reset"])
async def test_dropped_connections_are_retried(where: Drop, name: str) -> None:
    """Wherever the connection ends, the next attempt is ours, and the first may have been billed."""
    billed: list[bool] = []
    async with served([drop(where), "at last"], name=name) as (model, server):
        found = await model.complete(QUESTION, Sampling(), billed.append)
    assert (found.text, len(server.calls), billed) == ("at last", 2, [True])


async def test_stalls_are_retried() -> None:
    """A server that says nothing is left after the time-out."""
    async with served([stall(), "at last"], timeout=0.5) as (model, server):
        found = await model.complete(QUESTION, Sampling())
    assert (found.text, len(server.calls)) == ("at last", 2)


async def test_a_slow_answer_is_waited_for() -> None:
    """Slow is not stalled."""
    assert (await complete(answer("slowly", delay=0.7), timeout=10.0)).text == "slowly"


@pytest.mark.parametrize(
    "reply",
    [
        GARBLED,
        Reply("<html>a proxy speaks</html>", headers={"Content-Type": "text/html"}),
        Reply('{"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}'),
        Reply('{"error": {"message": "overloaded", "code": 502}}'),
    ],
)
@pytest.mark.parametrize("name", ["openai/scripted", "hosted_vllm/scripted"])
async def test_answers_that_cannot_be_read_are_retried(reply: Reply, name: str) -> None:
    """A status of 200 over no completion."""
    async with served([reply, "at last"], name=name) as (model, server):
        found = await model.complete(QUESTION, Sampling())
    assert (found.text, len(server.calls)) == ("at last", 2)


async def test_a_storm_of_rate_limits_ends_in_answers() -> None:
    """Twelve calls at once at a server that refuses the first thirty requests."""

    def respond(request: Mapping[str, Any], call: int, attempt: int) -> Reply | str:
        return error(429, "slow down", retry_after="0.05") if call <= 30 else str(request["seed"])

    patience = Patience(attempts=40, seconds=60, pause=0.02, longest=0.2)
    async with served(respond, patience=patience) as (model, server):
        found = await asyncio.gather(*(model.complete(QUESTION, Sampling(seed=n)) for n in range(12)))
    assert [each.text for each in found] == [str(n) for n in range(12)]
    assert len(server.calls) == 42


async def test_retry_after_is_honoured() -> None:
    """Our own first pause would be far shorter."""
    async with served([error(429, retry_after="1"), "ok"]) as (model, server):
        await model.complete(QUESTION, Sampling())
    assert server.calls[1].time - server.calls[0].time >= 0.9


async def test_patience_ends() -> None:
    """The last failure, its words and how often it was asked."""
    async with served(error(503, "closed for today")) as (model, server):
        with pytest.raises(ModelError, match=r"closed for today \(asked 4 times in") as caught:
            await model.complete(QUESTION, Sampling())
    assert (caught.value.status, caught.value.billed, len(server.calls)) == (503, False, 4)


async def test_a_wait_beyond_our_patience_is_not_waited() -> None:
    """A server that wants to be left alone for an hour is."""
    async with served(error(429, "come back later", retry_after="3600")) as (model, server):
        with pytest.raises(ModelError, match="come back later"):
            await model.complete(QUESTION, Sampling())
    assert len(server.calls) == 1


async def test_an_empty_account_is_not_waited_for() -> None:
    """This 429 does not pass."""
    async with served(error(429, "You exceeded your current quota", code="insufficient_quota")) as (model, server):
        with pytest.raises(ModelError, match="current quota"):
            await model.complete(QUESTION, Sampling())
    assert len(server.calls) == 1


async def test_a_call_can_be_cancelled() -> None:
    """Cancellation is neither retried nor turned into an error of the provider."""
    async with served(stall()) as (model, server):
        task = asyncio.create_task(model.complete(QUESTION, Sampling()))
        while not server.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(server.calls) == 1


async def test_a_reached_budget_stops_the_retries() -> None:
    """An attempt that may have been billed is booked, and its repetition needs room in the budget."""
    ledger = Ledger(Budget(tokens=250))
    async with served(drop("in body")) as (model, server):
        with pytest.raises(BudgetReached), ledger.reserve("edit", 0, 100, 20) as reservation:
            await model.complete(QUESTION, Sampling(max_tokens=20), reservation.retry)
    assert len(server.calls) == 2
    assert (ledger.totals().total.lost_tokens, ledger.reserved) == (240, (0, 0.0))


@pytest.mark.parametrize("name", ["openai/scripted", "hosted_vllm/scripted"])
async def test_nobody_listens(name: str) -> None:
    """After a little patience: is the server running? Nothing was sent, so nothing was billed."""
    patience = Patience(attempts=50, pause=0.1, contact=0.5)
    model = LiteLLMModel(name, api_base="http://127.0.0.1:9/v1", patience=patience)
    with pytest.raises(ModelSetupError, match=r"cannot reach http://127.0.0.1:9/v1.*running\?") as caught:
        await model.complete(QUESTION, Sampling())
    assert not caught.value.billed
    await model.aclose()


async def test_a_server_that_comes_back_is_waited_for() -> None:
    """Once it has been reached, its address is right, and patience is as long as for other failures."""
    with OpenAIServer(lambda request, call, attempt: "before") as server:
        patience = Patience(attempts=100, seconds=60, pause=0.1, longest=0.2, contact=0.0)
        model = LiteLLMModel("openai/x", api_base=server.url, patience=patience)
        await model.complete(QUESTION, Sampling())
    waiting = asyncio.create_task(model.complete(QUESTION, Sampling()))
    await asyncio.sleep(0.5)
    with OpenAIServer(lambda request, call, attempt: "after", port=server.port):
        assert (await waiting).text == "after"
        await model.aclose()


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("openai/gpt-5-mini", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-pro", "GEMINI_API_KEY"),
        ("sonnet-of-unknown-origin", "openai/<name> with --api-base URL"),
        ("unknown/model", "openai/<name> with --api-base URL"),
        ("hosted_vllm/qwen", "--api-base"),
    ],
)
async def test_bad_set_up_is_told_before_anything_is_asked(
    name: str, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key, an unknown provider, a missing address."""
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelSetupError, match=mend):
        await LiteLLMModel(name).complete(QUESTION, Sampling())
