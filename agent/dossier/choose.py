"""The parts of a dossier that an issue needs: how tests run and how code is written, then those that it is about."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from agent.context.scores import Postings, bm25
from agent.context.words import term_of, words
from agent.dossier.records import CONVENTIONS, TESTS, Dossier, Part
from agent.prompts import render
from agent.selecting.show import fenced

_ALWAYS = (TESTS, CONVENTIONS)
_NEAR = 0.25
"""Of the best part's score: what has less shares only everyday words with the issue."""
_SHORTEST = 3
"""Letters of a word that counts."""
_ENDING = re.compile(r"(/__init__)?\.[^/.]*$")
_TOKEN = re.compile(r"[\w.+-]+(?:[/\\][\w.+-]+)*")


def matching(dossier: Dossier, issue: str, *, most_tokens: int = 2000, count: Callable[[str], int]) -> str:
    """What of a dossier the opening of a conversation shows, at most so many tokens as `count` counts them; empty where
    nothing fits. Equal arguments give equal bytes."""
    always = [part for name in _ALWAYS for part in dossier.parts if part.name == name]
    others = [part for part in dossier.parts if part.name not in _ALWAYS]
    chosen: list[Part] = []
    shown = ""
    for part in (*always, *_ranked(others, issue)):
        longer = _shown([*chosen, part])
        if count(longer) <= most_tokens:  # one that is too long does not stop a shorter one behind it
            chosen.append(part)
            shown = longer
    return shown


def _shown(parts: Sequence[Part]) -> str:
    return render("dossier", parts=[{"name": part.name, "text": fenced(part.text)} for part in parts]).rstrip()


def _ranked(parts: Sequence[Part], issue: str) -> list[Part]:
    """Those with a path that the issue names, most such paths first; then those that share its words."""
    named = _paths_named(issue)
    paths = [sum(_is_named(path, named) for path in part.about) for part in parts]
    scores = _scores(parts, issue)
    least = _NEAR * max(scores, default=0.0)
    fits = [place for place in range(len(parts)) if paths[place] or (scores[place] > 0 and scores[place] >= least)]
    fits.sort(key=lambda place: (-paths[place], -scores[place], parts[place].name))
    return [parts[place] for place in fits]


def _scores(parts: Sequence[Part], issue: str) -> list[float]:
    """BM25. A word that most parts have tells none of them."""
    counts = [Counter(words("\n".join((part.text, *(_ENDING.sub("", path) for path in part.about))))) for part in parts]
    spread = Counter(word for each in counts for word in each)
    most = max(1, len(parts) // 2)
    wanted = [word for word in dict.fromkeys(words(issue)) if len(word) >= _SHORTEST and 0 < spread[word] <= most]
    if not wanted:
        return [0.0] * len(parts)
    terms = np.array([term_of(word) for each in counts for word in each], np.uint32)
    documents = np.repeat(np.arange(len(counts), dtype=np.int32), [len(each) for each in counts])
    often = np.array([min(count, 0xFFFF) for each in counts for count in each.values()], np.uint16)
    lengths = np.array([each.total() for each in counts], np.float64)
    hits = Postings.of(terms, documents, often).find([term_of(word) for word in wanted])
    return bm25(hits, [1.0] * len(wanted), lengths).tolist()


def _paths_named(issue: str) -> frozenset[str]:
    """What in the issue may be a path or a dotted module."""
    found = (token.replace("\\", "/").removeprefix("./").strip(".-+") for token in _TOKEN.findall(issue))
    return frozenset(token for token in found if "/" in token or "." in token)


def _is_named(path: str, named: frozenset[str]) -> bool:
    if "." in path and not path.startswith("."):
        module = path.rpartition(".")[0].removesuffix("/__init__").removeprefix("src/").replace("/", ".")
        if "." in module and any(token == module or token.startswith(f"{module}.") for token in named):
            return True
    name = path.rpartition("/")[2]
    own = {path} if name.startswith("__") or "." not in name else {path, name}
    # A traceback names files from the root of somebody's disk, people name the end of a path.
    return any(
        token in own or token.endswith(f"/{path}") or ("/" in token and path.endswith(f"/{token}")) for token in named
    )
