"""Fits the most relevant files into a token budget, as bytes that are the same for every trajectory."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agent.context.rank import RankedFile

_FENCE = re.compile(r"^\s*(`{3,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is shown of a repository."""

    paths: tuple[str, ...]
    """The files whose whole text is in `text`, most relevant first."""
    text: str
    tokens: int


def show_file(path: str, content: str) -> str:
    """One file under its path, in a fence longer than any inside it."""
    longest = max((len(fence) for fence in _FENCE.findall(content)), default=2)
    fence = "`" * max(3, longest + 1)
    end = "" if content.endswith("\n") or not content else "\n"
    return f"{path}\n{fence}\n{content}{end}{fence}\n"


def pack(
    ranked: Iterable[RankedFile],
    texts: Mapping[str, str],
    *,
    budget: int,
    count: Callable[[str], int],
    most: int = 12,
) -> Context:
    """Whole files in order of relevance until `budget` tokens are used or `most` files are in.

    A file that does not fit is left out and does not stop the ones behind it.
    """
    paths: list[str] = []
    parts: list[str] = []
    used = 0
    for file in ranked:
        if len(paths) == most or file.score <= 0:
            break
        part = show_file(file.path, texts[file.path])
        # Counting is slow and most files are far too large for what is left: a token is at most ~8 bytes.
        if len(part) > 8 * (budget - used):
            continue
        tokens = count(part)
        if used + tokens > budget:
            continue
        paths.append(file.path)
        parts.append(part)
        used += tokens
    return Context(tuple(paths), "\n".join(parts), used)
