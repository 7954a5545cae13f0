"""Texts as vectors, through the real LiteLLM and real HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.embedded import small_model
from support.embeddings import embeds, llama_embeddings, vectors
from support.openai_server import OpenAIServer
from support.replies import GARBLED, Reply, drop, error
from support.served_model import KEY, QUICK

from agent.errors import ModelError, ModelSetupError
from agent.models.catalogue import model_path
from agent.models.embedding import Embedded, Embedder
from agent.models.litellm_model import LiteLLMModel
from agent.models.opening import open_embedder
from agent.settings import Settings

NAMES = ("openai/scripted", "hosted_vllm/scripted")


async def embedded(
    respond: Callable[[Mapping[str, Any], int, int], Reply], *texts: str, name: str = "openai/scripted"
) -> tuple[Embedded, OpenAIServer]:
    with OpenAIServer(respond) as server:
        embedder = Embedder(LiteLLMModel(name, api_base=server.url, api_key=KEY, patience=QUICK, timeout=20))
        try:
            return await embedder.embed(texts), server
        finally:
            await embedder.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_texts_become_vectors_of_length_one(name: str) -> None:
    """In the order of the texts, with what it took."""
    found, server = await embedded(embeds(lambda text: [len(text), 1.0]), "a", "bbb", name=name)
    assert np.allclose(found.rows, [[0.5**0.5, 0.5**0.5], [0.9**0.5, 0.1**0.5]])
    assert found.receipt.usage.prompt == 7
    assert [call.request["input"] for call in server.calls] == [["a", "bbb"]]


async def test_a_price_is_that_of_the_table() -> None:
    """By tokens read; nothing is written."""
    found, _ = await embedded(embeds(lambda _: [1.0]), "a", name="openai/text-embedding-3-small")
    assert found.receipt.dollars == pytest.approx(7 * 0.02e-6)
    unknown, _ = await embedded(embeds(lambda _: [1.0]), "a")
    assert unknown.receipt.dollars is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reply", [error(503), error(429), drop("before headers"), drop("in body"), drop("reset")])
async def test_each_retry_is_ours(reply: Reply, name: str) -> None:
    """Where nobody retries, the server is asked once: neither LiteLLM nor the SDK does it beneath us."""
    with OpenAIServer(lambda *_: reply) as server:
        once = replace(QUICK, attempts=1)
        embedder = Embedder(LiteLLMModel(name, api_base=server.url, api_key=KEY, patience=once, timeout=20))
        try:
            with pytest.raises(ModelError):
                await embedder.embed(["a"])
        finally:
            await embedder.aclose()
    assert len(server.calls) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_passing_failures_are_retried(name: str) -> None:
    """Two failures, then the answer."""
    replies = [error(503), drop("reset"), vectors([[1.0]])]
    _, server = await embedded(lambda _request, call, _attempt: replies[call - 1], "a", name=name)
    assert len(server.calls) == 3


async def test_errors_say_what_was_wrong_and_hide_the_key() -> None:
    """A refused key is a matter of the set-up."""
    with pytest.raises(ModelSetupError, match="nobody here") as caught:
        await embedded(lambda *_: error(401, f"nobody here with {KEY}"), "a")
    assert KEY not in str(caught.value)


async def test_an_error_names_the_flag_that_the_address_came_by(unused_tcp_port: int) -> None:
    """Two models may be asked in a run, each at a server of its own."""
    settings = Settings(embed="openai/x", embed_base=f"http://127.0.0.1:{unused_tcp_port}/v1")
    async with open_embedder(settings, {}) as embedder:
        assert embedder is not None
        with pytest.raises(ModelError, match=r"Is the server of --embed-base http://127.0.0.1:\d+/v1 running"):
            await embedder.embed(["a"])
    with pytest.raises(ModelSetupError, match="with --embed-base URL"):
        async with open_embedder(Settings(embed="nobody"), {}):
            pass


async def test_a_model_that_is_none_for_embedding_is_named() -> None:
    """Too few vectors, or vectors of different length."""
    for rows in ([[1.0]], [[1.0], [1.0, 2.0]]):
        with pytest.raises(ModelError, match=r"sent 2 texts .* is it an embedding model"):
            await embedded(lambda *_, rows=rows: vectors(rows), "a", "b")  # type: ignore[misc]


async def test_numbers_that_are_none_are_no_vector() -> None:
    """They would make every comparison worthless without a word."""
    with pytest.raises(ModelError, match="cannot be read"):
        await embedded(lambda *_: vectors([[1.0, float("nan")]]), "a")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reply", [GARBLED, Reply("[]"), drop("in body")])
async def test_what_cannot_be_read_may_have_been_billed(reply: Reply, name: str) -> None:
    """The next attempt reserves anew, and a limit on spending holds."""
    billed: list[bool] = []
    replies = [reply, vectors([[1.0]])]
    with OpenAIServer(lambda _request, call, _attempt: replies[call - 1]) as server:
        embedder = Embedder(LiteLLMModel(name, api_base=server.url, api_key=KEY, patience=QUICK, timeout=20))
        try:
            await embedder.embed(["a"], billed.append)
        finally:
            await embedder.aclose()
    assert billed == [True]


async def test_a_missing_key_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing left, so nothing is tried again."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="cannot be asked") as caught:
        await Embedder(LiteLLMModel("openai/text-embedding-3-small")).embed(["a"])
    assert not caught.value.billed


@pytest.mark.model
async def test_a_real_server_embeds() -> None:
    """llama.cpp's, with the small model: what means the same is nearer."""
    entry, cache = small_model()
    with llama_embeddings(model_path(entry, cache)) as url:
        embedder = Embedder(LiteLLMModel("openai/embedder", api_base=url, timeout=120))
        try:
            found = await embedder.embed(
                ["def add(a, b): return a + b", "def plus(x, y): return x + y", "Paris is a city"]
            )
        finally:
            await embedder.aclose()
    near = found.rows @ found.rows[0]
    assert near[0] == pytest.approx(1, abs=1e-3)
    assert near[1] > near[2]
