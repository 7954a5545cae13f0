"""What means the same as the issue is lifted, where an embedding model is named."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import ScriptedModel, ScriptedSandbox, open_test_bench
from support.embeddings import embeds
from support.openai_server import OpenAIServer
from support.served_model import KEY, QUICK

from agent.context.find import find_ranking
from agent.context.near import STAGE
from agent.errors import ModelError
from agent.ledger import Budget
from agent.models.embedding import Embedder
from agent.models.litellm_model import LiteLLMModel
from agent.spent import recorded_completions
from agent.workbench import Reading, Workbench

FILES: dict[str, str | bytes] = {
    "lib.py": "def double(x):\n    return x\n",
    **{f"other_{number}.py": f"def thing_{number}(x):\n    return x\n" for number in range(40)},
    "twice.py": "def twofold(x):\n    return x\n",
    "notes.md": "twofold\n",
}


def meaning(text: str) -> tuple[float, float]:
    """`double` and `twofold` are the same."""
    return (1.0, 0.1) if "double" in text or "twofold" in text else (0.0, 1.0)


@asynccontextmanager
async def bench(place: Path, server: OpenAIServer, budget: Budget | None = None) -> AsyncGenerator[Workbench]:
    embedder = Embedder(LiteLLMModel("openai/scripted", api_base=server.url, api_key=KEY, patience=QUICK, timeout=20))
    sandbox = ScriptedSandbox(lambda *_: 0)  # type: ignore[arg-type]
    async with open_test_bench(place, FILES, ScriptedModel([]), sandbox, budget=budget) as opened:
        try:
            yield replace(opened, embedder=embedder, reading=Reading(cache=place.parent / "cache"))
        finally:
            await embedder.aclose()


async def test_what_is_near_by_meaning_comes_before_what_is_not(tmp_path: Path) -> None:
    """Though it has no word in common with the issue; and it says why."""
    with OpenAIServer(embeds(meaning)) as server:
        async with bench(tmp_path / "one", server) as opened:
            found = await find_ranking(opened, 1000)
    assert [found.index.paths[file] for file in found.order[:2]] == ["lib.py", "twice.py"]
    assert "near by meaning 1.00" in found.file(found.order[1]).reasons
    texts = [text for call in server.calls for text in call.request["input"]]
    assert max(len(call.request["input"]) for call in server.calls) <= 32
    assert not any("notes.md" in text for text in texts)
    assert len(texts) == len(set(texts)) == 43


async def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    """Not by the same task, whose journal has the answers, and not by another, for vectors are kept. What was paid is
    booked in each life of the task that paid."""
    with OpenAIServer(embeds(meaning)) as server:
        orders: list[tuple[int, ...]] = []
        spent: list[int] = []
        for place in ("one", "one", "two"):
            async with bench(tmp_path / place, server) as opened:
                orders.append((await find_ranking(opened, 1000)).order)
                spent.append(opened.ledger.totals().total.prompt)
            if place == "one":
                calls = len(server.calls)
                assert calls == 2
    assert len(server.calls) == calls
    assert orders[0] == orders[1] == orders[2]
    assert spent == [14, 14, 0]
    stages = [(stage, one.usage.prompt) for stage, _, one in recorded_completions(tmp_path / "one" / "journal.jsonl")]
    assert stages == [(STAGE, 7), (STAGE, 7)]


async def test_a_journal_is_enough(tmp_path: Path) -> None:
    """A task goes on in the same order where the cache was lost."""
    with OpenAIServer(embeds(meaning)) as server:
        async with bench(tmp_path / "one", server) as opened:
            before = (await find_ranking(opened, 1000)).order
    for file in (tmp_path / "cache").rglob("vectors*"):
        file.unlink()
    with OpenAIServer(embeds(lambda _: pytest.fail("asked again"))) as server:
        async with bench(tmp_path / "one", server) as opened:
            assert (await find_ranking(opened, 1000)).order == before


async def test_a_reached_budget_leaves_words_and_names(tmp_path: Path) -> None:
    """It is no failure; the limit holds for all that comes after it."""
    with OpenAIServer(embeds(meaning)) as server:
        async with bench(tmp_path / "one", server, Budget(tokens=20)) as opened:
            found = await find_ranking(opened, 1000)
    assert server.calls == []
    assert found.index.paths[found.order[0]] == "lib.py"
    assert not any("meaning" in reason for file in found.order for reason in found.file(file).reasons)


async def test_another_server_is_another_model(tmp_path: Path) -> None:
    """Vectors of two models are never compared; one that was exchanged behind its address is an error that says so."""
    with OpenAIServer(embeds(meaning)) as server:
        async with bench(tmp_path / "one", server) as opened:
            await find_ranking(opened, 1000)
    with OpenAIServer(embeds(lambda text: (*meaning(text), 0.5))) as other:
        async with bench(tmp_path / "two", other) as opened:
            await find_ranking(opened, 1000)
        assert sum(len(call.request["input"]) for call in other.calls) == 43
    with OpenAIServer(embeds(lambda _: (1.0,)), port=server.port) as exchanged:
        async with bench(tmp_path / "three", exchanged) as opened:
            changed = replace(opened, task=replace(opened.task, issue="`twofold` is wrong"))
            with pytest.raises(ModelError, match="another length than before"):
                await find_ranking(changed, 1000)
