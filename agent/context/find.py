"""From a base tree and an issue to what a model is shown: index, search, and on request what a model reads."""

import asyncio
from pathlib import Path

from agent.context.index import build_index
from agent.context.issue import read_issue
from agent.context.near import by_meaning
from agent.context.pack import pack
from agent.context.reads import read_on, text_of
from agent.context.search import Ranking, search
from agent.context.shown import Context
from agent.context.store import FactsStore
from agent.workbench import Workbench
from swe_tasks.basetree import BaseTree, blobs, read, recent

FOLDER = "context"
"""Below the cache directory."""


def rank_tree(base: BaseTree, issue: str, cache: Path | None) -> Ranking:
    """All files of a base tree, ranked for an issue by words and names. `cache` is where facts of files are kept.

    Raises:
        TaskError: the base tree cannot be read.
    """
    store = FactsStore(None if cache is None else cache / FOLDER)
    index = build_index(blobs(base), lambda path, most: read(base, path, most), store)
    return search(index, read_issue(issue), recent(base))


async def find_context(bench: Workbench, *, without: int = 0) -> tuple[Context, Ranking]:
    """What every conversation about the task begins with, and the ranking that it was taken from. `without` are
    tokens that something else takes of the room for files.

    Raises:
        ModelError: a model was to read files, and the provider cannot or will not answer.
    """
    budget = max(0, file_budget(bench) - without)
    ranking = await find_ranking(bench, budget)
    return await asyncio.to_thread(pack_for, bench, ranking, budget), ranking


async def find_ranking(bench: Workbench, budget: int) -> Ranking:
    """All files, ranked by words and names and by whatever a model is to add."""
    ranking = await asyncio.to_thread(rank_tree, bench.base, bench.task.issue, bench.reading.cache)
    ranking = await by_meaning(bench, ranking, None if bench.reading.cache is None else bench.reading.cache / FOLDER)
    return await read_on(bench, ranking, budget=budget)


def pack_for(bench: Workbench, ranking: Ranking, budget: int) -> Context:
    """What suits the workbench's model. Blocks."""
    return pack(
        ranking,
        lambda path: text_of(bench.base, path),
        budget=budget,
        count=bench.count_tokens,
        parts=bench.profile.edit_format != "whole",
    )


def file_budget(bench: Workbench) -> int:
    """Tokens. A long issue leaves less room for files."""
    profile = bench.profile
    room = profile.context_tokens - profile.max_tokens - 2048 - bench.count_tokens(bench.task.issue)
    return max(0, min(profile.file_tokens, room))
