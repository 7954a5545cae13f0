"""What is found of what must be edited: `python tests/bench/context.py --mirror DIR [--tasks FILE] [--model NAME]`.

For each task, a line of JSON with `instance_id`, `repo`, `base_commit`, `issue` and `gold_files` (rows of SWE-bench do
as well), the repository is taken from a bare clone in DIR, and files are packed for the issue within several token
budgets: by their paths alone, by BM25 over whole files, by the funnel without a model, with --model by the funnel with
scan and ranking, and with --embed by the funnel with an embedding model. A gold file counts when all its edited lines
are in the context, in the whole text or in a body; the stricter figure counts whole files only. Where no patch is known
(--patches names rows of SWE-bench that have some), only whole files count. Tokens are those of OpenAI's models, by the
tokenizer that comes with LiteLLM.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from agent.context import Context, Ranking, pack
from agent.context.find import file_budget, find_ranking
from agent.context.index import build_index
from agent.context.issue import read_issue
from agent.context.reads import text_of
from agent.context.scores import bm25, merged
from agent.context.search import by_scores, search
from agent.context.store import FactsStore
from agent.context.words import term_of, words
from agent.reading import open_reading
from agent.settings import Settings
from swe_tasks import BaseTree, materialise_local
from swe_tasks.basetree import blobs, read, recent

BUDGETS = (5, 10, 20, 30, 50, 80, 128)
GOALS = {30: 79, 128: 92}
"""Percent of tasks with all gold files, at thousands of tokens, without a model."""
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")

Edited = Mapping[str, frozenset[int]]
"""Path -> rows, counted from 0, that a patch changes, or after which it adds."""


@dataclass(frozen=True)
class Case:
    id: str
    repo: str
    commit: str
    issue: str
    gold: tuple[str, ...]
    edited: Edited | None


@dataclass
class Measured:
    """By method: whether all and any gold files were there by budget; and what it took."""

    all_found: dict[int, list[bool]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    any_found: dict[int, list[bool]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    whole: dict[int, list[bool]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    seconds: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)


def main() -> int:
    """Measure and print; exit code 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("SHREWD_SHARED_DATA")
    tasks, patches = (
        Path(shared, *name) if shared else None for name in (("context", "tasks.jsonl"), ("swebench", "lite.jsonl"))
    )
    parser.add_argument("--mirror", type=Path, required=True, help="a directory of bare repositories")
    parser.add_argument(
        "--tasks", type=Path, default=tasks, help="lines of JSON (default: context/tasks.jsonl of SHREWD_SHARED_DATA)"
    )
    parser.add_argument(
        "--patches", type=Path, default=patches, help="rows of SWE-bench with `patch`, to know edited lines"
    )
    parser.add_argument("--only", default="", help="tasks whose name begins so")
    parser.add_argument("--limit", type=int, default=10_000, help="tasks, at most")
    parser.add_argument("--model", help="also measure the funnel with this model's scan and ranking")
    parser.add_argument("--api-base", help="where the model's server listens")
    parser.add_argument("--scan", choices=("off", "survivors", "all"), default="survivors", help="what --model reads")
    parser.add_argument("--rank", type=int, help="how often --model orders what matters (default: as `shrewd` does)")
    parser.add_argument("--embed", help="also measure the funnel with this embedding model")
    parser.add_argument("--embed-base", help="where that model's server listens")
    parser.add_argument(
        "--cache", type=Path, help="where facts of files are kept (default: nowhere for longer than this run)"
    )
    parser.add_argument(
        "--answers", type=Path, help="where what models say is kept, and found again (default: as --cache)"
    )
    parser.add_argument("--verbose", action="store_true", help="a line for each task")
    arguments = parser.parse_args()
    if arguments.tasks is None:
        parser.error("which tasks? Give --tasks, or set SHREWD_SHARED_DATA")
    cases = [case for case in read_cases(arguments.tasks, arguments.patches) if case.id.startswith(arguments.only)]
    with tempfile.TemporaryDirectory() as place:
        found = measure(cases[: arguments.limit], arguments, Path(place))
    show(found, cases[: arguments.limit])
    return 0


def read_cases(tasks: Path, patches: Path | None) -> list[Case]:
    known = _patches(patches) if patches is not None and patches.is_file() else {}
    cases: list[Case] = []
    for line in tasks.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        patch = row.get("patch") or known.get(row["instance_id"])
        edited = edited_rows(patch) if patch else None
        gold = row.get("gold_files") or sorted(edited or ())
        issue = row.get("issue") or row["problem_statement"]
        cases.append(Case(row["instance_id"], row["repo"], row["base_commit"], issue, tuple(gold), edited))
    return cases


def _patches(path: Path) -> dict[str, str]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {row["instance_id"]: row["patch"] for row in rows}


def edited_rows(patch: str) -> Edited:
    """The rows of the base tree's files that a patch takes away, and those after which it adds."""
    found: dict[str, set[int]] = {}
    path, row, inside = "", 0, False
    for line in patch.splitlines():
        if line.startswith("diff --git "):
            path, inside = "", False
        elif not inside and line.startswith("--- "):
            path = line[4:].partition("\t")[0].removeprefix("a/")
        elif match := _HUNK.match(line):
            row, inside = int(match[1]) - 1, True
        elif inside and path != "/dev/null":
            rows = found.setdefault(path, set())
            if line.startswith("-"):
                rows.add(row)
            elif line.startswith("+"):
                rows.add(max(0, row - 1))
            row += not line.startswith(("+", "\\"))
    return {path: frozenset(rows) for path, rows in found.items()}


def repository(mirror: Path, repo: str) -> Path:
    """The bare repository of `owner/name`."""
    owner, _, name = repo.partition("/")
    places = [
        *(
            mirror / f"{owner}{joint}{name}{end}"
            for joint in ("/", "__", "+", "_", "-")
            for end in ("", ".git", "/repo")
        ),
        *(mirror / f"{name}{end}" for end in ("", ".git", "/repo")),
    ]
    for place in places:
        if (place / "HEAD").is_file() or (place / ".git").exists():
            return place
    sys.exit(
        f"{mirror} has no bare repository of {repo}; looked for {owner}/{name}, {owner}__{name}, {name}, each also "
        "with .git"
    )


def measure(cases: Sequence[Case], arguments: argparse.Namespace, place: Path) -> dict[str, Measured]:
    from agent.models.gateway import count_tokens

    def count(text: str) -> int:
        return count_tokens("openai/gpt-5-mini", text)

    found: dict[str, Measured] = {}
    for number, case in enumerate(cases):
        base = materialise_local(
            repository(arguments.mirror, case.repo), place / f"base-{number}", ref=case.commit, uncommitted="refuse"
        )
        began = time.perf_counter()
        index = build_index(
            blobs(base),
            lambda path, most, base=base: read(base, path, most),
            FactsStore(arguments.cache or place / "facts"),
        )
        indexed = time.perf_counter()
        funnel = search(index, read_issue(case.issue), recent(base))
        searched = time.perf_counter()
        plain = _plain(funnel, case.issue)
        ways: dict[str, tuple[Ranking, bool, float, int]] = {
            "paths only": (_paths_only(funnel), False, 0.0, 0),
            "BM25 over whole files": (plain, False, 0.0, 0),
            "funnel, no model": (funnel, True, searched - began, 0),
        }
        for name, settings in _with_models(arguments).items():
            with_model, seconds, tokens = asyncio.run(
                _asked(base, case, settings, (arguments.answers or place) / f"{name}-{case.id}")
            )
            ways[f"funnel, {name}"] = (with_model, True, seconds, tokens)
        for name, (ranking, parts, seconds, tokens) in ways.items():
            measured = found.setdefault(name, Measured())
            measured.seconds.append(seconds)
            measured.tokens.append(tokens)
            for budget in BUDGETS:
                packed = pack(
                    ranking, lambda path, base=base: text_of(base, path), budget=budget * 1000, count=count, parts=parts
                )
                _note(measured, budget, case, packed)
        if arguments.verbose:
            print(f"{case.id}: index {indexed - began:.2f} s, search {searched - indexed:.3f} s")
            for name in ways:
                last = found[name]
                said = " ".join(f"{b}k:{'x' if last.all_found[b][-1] else '-'}" for b in BUDGETS)
                print(f"  {name:30} {said}  {last.seconds[-1]:.1f} s, {last.tokens[-1]} tokens", flush=True)
        _remove(place / f"base-{number}")
    return found


def _remove(base: Path) -> None:
    from swe_tasks.build import remove_base

    remove_base(base)


def _paths_only(ranking: Ranking) -> Ranking:
    return by_scores(ranking, ranking.searches[1])


def _plain(ranking: Ranking, issue: str) -> Ranking:
    """Every word of the issue counts the same; whole files are the documents."""
    index = ranking.index
    query = sorted(set(words(issue)))
    hits = merged(index.by_word.find([term_of(word) for word in query]), index.file_of)
    lengths = np.bincount(index.file_of, weights=index.lengths, minlength=len(index.paths)).astype(np.float64)
    return by_scores(ranking, bm25(hits, [1.0] * len(query), lengths))


def _with_models(arguments: argparse.Namespace) -> dict[str, Settings]:
    found: dict[str, Settings] = {}
    if arguments.model:
        found["model"] = Settings(
            model=arguments.model, api_base=arguments.api_base, scan=arguments.scan, rank=arguments.rank
        )
    if arguments.embed:
        found["embedding"] = Settings(embed=arguments.embed, embed_base=arguments.embed_base)
    return found


async def _asked(base: BaseTree, case: Case, settings: Settings, place: Path) -> tuple[Ranking, float, int]:
    began = time.perf_counter()
    async with open_reading(base, case.issue, settings, os.environ, place=place, redact=lambda text: text) as bench:
        ranking = await find_ranking(bench, file_budget(bench))
        spent = bench.ledger.totals().total
    return ranking, time.perf_counter() - began, spent.prompt + spent.completion


def _note(measured: Measured, budget: int, case: Case, packed: Context) -> None:
    shown = {file.path: file for file in packed.files}
    whole = [path in shown and shown[path].tier == "whole" for path in case.gold]

    def there(path: str) -> bool:
        if path not in shown:
            return False
        if case.edited is None:
            return shown[path].tier == "whole"
        return all(any(start <= row < stop for start, stop in shown[path].rows) for row in case.edited.get(path, ()))

    found = [there(path) for path in case.gold]
    measured.all_found[budget].append(all(found))
    measured.any_found[budget].append(any(found))
    measured.whole[budget].append(all(whole))


def show(found: Mapping[str, Measured], cases: Sequence[Case]) -> None:
    unknown = sum(case.edited is None for case in cases)
    print(
        f"{len(cases)} tasks" + (f"; of {unknown} the edited lines are not known: whole files count" if unknown else "")
    )
    head = " ".join(f"{budget:>5}k" for budget in BUDGETS)

    def rows(title: str, of: Callable[[Measured], Mapping[int, Sequence[bool]]]) -> None:
        print(f"\n{title:32} {head}")
        for name, measured in found.items():
            values = of(measured)
            print(f"{name:32} " + " ".join(f"{100 * statistics.mean(values[budget]):6.1f}" for budget in BUDGETS))

    rows("all gold files, edited lines", lambda measured: measured.all_found)
    print(f"{'goal, no model':32} " + " ".join(f"{GOALS.get(budget, ''):>6}" for budget in BUDGETS))
    rows("any gold file, edited lines", lambda measured: measured.any_found)
    rows("all gold files, whole", lambda measured: measured.whole)
    print(f"\n{'a task':32} {'seconds, median':>16} {'model tokens, mean':>20}")
    for name, measured in found.items():
        print(f"{name:32} {statistics.median(measured.seconds):16.2f} {statistics.mean(measured.tokens):20.0f}")


if __name__ == "__main__":
    sys.exit(main())
