"""What a model adds to a ranking: it reads files and says which matter, and puts these in order. Only on request."""

import asyncio
from collections.abc import Sequence

from agent.context.order import Entry, order_by_model
from agent.context.scan import ScanFile, scan
from agent.context.search import Ranking, by_scores
from agent.workbench import Workbench
from swe_tasks.basetree import BaseTree, read

SURVIVORS = 40
"""Files that are read, where not all are."""
_RELEVANT, _ORDERED = 1.0, 0.5
"""What is added to the score, by words and names, of a file that a model says matters; and of the first that it
ranks, the last ranked getting nearly nothing of it. The best file by words and names has 1: with more for those that
are ranked, these would take all the room, and models leave out what matters."""
_TURNED_DOWN = 0.5
"""What a score is worth still where the model says that the file does not matter: it saw one file, not the whole."""
_ALL = frozenset({"source", "data", "prose"})


def text_of(base: BaseTree, path: str) -> str:
    """A file as it is shown; what is not UTF-8 in it is replaced."""
    return read(base, path).decode("utf-8", errors="replace")


async def read_on(bench: Workbench, ranking: Ranking, *, budget: int) -> Ranking:
    """The ranking as the workbench's `reading` wants it: after a scan, after being put in order, or as it is.
    `budget` is what will be shown, in tokens.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    reading, index = bench.reading, ranking.index
    chosen = _files(ranking, all_files=reading.scan == "all") if reading.asks else ()
    scores = ranking.scores.copy()
    said: dict[int, tuple[str, ...]] = {}
    summaries = {index.paths[file]: index.meta(file).summary for file in chosen}
    relevant = list(chosen)
    if reading.scan != "off" and chosen:
        files = await asyncio.to_thread(_read_all, bench, ranking, chosen)
        bench.watcher.phase(f"a model reads {len(files)} files")
        scanned = await scan(bench, files)
        for file in chosen:
            path = index.paths[file]
            if verdict := scanned.verdicts.get(path):
                scores[file] = scores[file] + _RELEVANT if verdict.relevant else scores[file] * _TURNED_DOWN
                said[file] = (
                    f"{'relevant' if verdict.relevant else 'not relevant'}: {verdict.summary or 'no reason'}",
                )
                summaries[path] = verdict.summary or summaries[path]
            elif path in scanned.failed:
                said[file] = (f"not judged: {scanned.failed[path]}",)
        # Without a verdict, words and names still speak for a file.
        relevant = [f for f in chosen if (v := scanned.verdicts.get(index.paths[f])) is None or v.relevant]
    if reading.rankings and relevant:
        entries = [Entry(index.paths[f], summaries[index.paths[f]], index.sizes[f] // 4 + 1) for f in relevant]
        bench.watcher.phase(f"a model puts {len(entries)} files in order")
        ordered = await order_by_model(bench, entries, repetitions=reading.rankings, budget=budget)
        numbers = {index.paths[file]: file for file in relevant}
        for place, path in enumerate(ordered.paths):
            scores[numbers[path]] += _ORDERED * (1 - place / len(ordered.paths))
            said[numbers[path]] = (*said.get(numbers[path], ()), f"ranked {place + 1} of {len(ordered.paths)}")
    return by_scores(ranking, scores, said) if said else ranking


def _files(ranking: Ranking, *, all_files: bool) -> tuple[int, ...]:
    """Best first. All: what is no test, and was written by somebody."""
    if all_files:
        return tuple(file for file in ranking.order if ranking.index.roles[file] in _ALL)
    found = (file for file in ranking.order if ranking.scores[file] > 0 and ranking.index.roles[file] != "binary")
    return tuple(file for _, file in zip(range(SURVIVORS), found, strict=False))


def _read_all(bench: Workbench, ranking: Ranking, files: Sequence[int]) -> list[ScanFile]:
    return [ScanFile(path, text_of(bench.base, path)) for path in (ranking.index.paths[file] for file in files)]
