"""Which files are near to an issue by what they mean, where the user names an embedding model.

Each file of source code is a card: its path, its first sentence, the names that it defines. What a card has in common
with the issue beyond words lifts the file a little.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import JsonValue, TypeAdapter

from agent.context.facts import Meta
from agent.context.search import Ranking, by_scores
from agent.context.store import Store
from agent.errors import BudgetReached, ModelError
from agent.journal import digest
from agent.messages import BeforeRetry, Completion
from agent.models.embedding import Embedder, Rows
from agent.workbench import Purpose, Workbench

FILE: Final = "vectors-1.sqlite"
STAGE: Final = "embed"
_PURPOSE: Final = Purpose(STAGE, -1, 6)
_FILES: Final = 2000
"""Cards, at most: those of the best files by words and names."""
_AT_ONCE: Final = 31
"""Cards of one call, which the issue makes 32: some servers take no more texts."""
_ISSUE: Final = 1500
"""Characters; the beginning says what an issue is about, and small models read no more."""
_NAMES: Final = 60
_WEIGHT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Near:
    """How near some cards are to the issue, by cosine."""

    cosines: tuple[float, ...]
    receipt: Completion | None
    """What was paid to know it; None where all vectors were there."""


_NEAR: Final = TypeAdapter(Near)


async def by_meaning(bench: Workbench, ranking: Ranking, cache: Path | None) -> Ranking:
    """The ranking with what is near to the issue lifted; as it is, where there is no embedding model or a budget is
    reached before all is known. Vectors are kept in `cache` and asked for once.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    index, embedder = ranking.index, bench.embedder
    files = [file for file in ranking.order if index.roles[file] == "source" and index.sizes[file]][:_FILES]
    if embedder is None or len(files) < 2:
        return ranking
    bench.watcher.phase(f"comparing {len(files)} files with the issue")
    cards = [card(index.paths[file], index.meta(file)) for file in files]
    store: Store[tuple[bytes]] = Store(cache, FILE, ("vector BLOB",))
    issue = bench.task.issue.strip()[:_ISSUE]
    parts = [cards[begin : begin + _AT_ONCE] for begin in range(0, len(cards), _AT_ONCE)]
    # The first alone: then the issue's own vector is there for all others.
    found = [await _near(bench, embedder, store, issue, parts[0])]
    found += await asyncio.gather(*(_near(bench, embedder, store, issue, part) for part in parts[1:]))
    if None in found:
        return ranking
    cosines = np.array([cosine for near in found if near for cosine in near.cosines])
    middle = float(np.median(cosines))
    lift = np.clip((cosines - middle) / max(1e-9, float(cosines.max()) - middle), 0, 1)
    scores = ranking.scores.copy()
    scores[files] += _WEIGHT * lift
    said = {file: (f"near by meaning {one:.2f}",) for file, one in zip(files, lift.tolist(), strict=True) if one > 0.25}
    return by_scores(ranking, scores, said)


def card(path: str, meta: Meta) -> str:
    """What stands for a file; what is defined inside of classes comes last."""
    names = [part.name for part in meta.parts if part.head != (0, 0)]
    inner = [name.rpartition(".")[2] for name in names if "." in name]
    listed = [*(name for name in names if "." not in name), *inner][:_NAMES]
    return f"{path}: {meta.summary}\n{', '.join(listed)}"


async def _near(
    bench: Workbench, embedder: Embedder, store: Store[tuple[bytes]], issue: str, cards: Sequence[str]
) -> Near | None:
    """None: a budget is reached."""
    texts = [issue, *cards]
    keys = [digest(embedder.key, text) for text in texts]

    async def perform() -> Near:
        known = {key: _row(blob) for key, (blob,) in (await asyncio.to_thread(store.load, keys)).items()}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        receipt = None
        if missing:
            rows, receipt = await _ask(bench, embedder, list(missing.values()))
            fresh = dict(zip(missing, rows, strict=True))
            await asyncio.to_thread(store.save, {key: (row.tobytes(),) for key, row in fresh.items()})
            known |= fresh
        if len({len(row) for row in known.values()}) > 1:
            raise ModelError(
                f"{embedder.key} answers with vectors of another length than before, so it is another model now; "
                f"remove {FILE} of the cache, or serve the model that it was"
            )
        wanted = known[keys[0]]
        cosines = tuple(round(float(known[key] @ wanted), 4) for key in keys[1:])
        return Near(cosines, receipt)

    about: dict[str, JsonValue] = {"stage": STAGE, "texts": [*keys]}
    try:
        # By the name alone, as completions are: a run goes on where its server has got another address.
        key = digest(embedder.name, *texts)
        recorded = await bench.journal.effect("embedding", key, _NEAR, perform, about=about)
    except BudgetReached:
        return None
    if recorded.replayed and recorded.value.receipt:
        bench.ledger.replay(STAGE, -1, recorded.value.receipt)
    return recorded.value


async def _ask(bench: Workbench, embedder: Embedder, texts: Sequence[str]) -> tuple[Rows, Completion]:
    async def call(before_retry: BeforeRetry) -> tuple[tuple[Rows, Completion], Completion]:
        found = await embedder.embed(texts, before_retry)
        return (found.rows, found.receipt), found.receipt

    return await bench.pay(_PURPOSE, sum(bench.count_tokens(text) + 8 for text in texts), 0, call)


def _row(blob: bytes) -> Rows:
    return np.frombuffer(blob, np.float32)
