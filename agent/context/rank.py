"""Which files an issue is about, by words alone: no model, no tokens spent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.context.bm25 import bm25
from agent.context.words import words

MAX_BYTES = 512 * 1024
"""A larger file is data, generated or vendored: never worth a whole context."""

_FRAME = re.compile(r'File "([^"\n]{1,300})", line \d+(?:, in (\w+))?')
_PATH = re.compile(
    r"[\w./-]*\w\.(?:py|pyi|js|ts|tsx|go|rs|java|c|h|cc|cpp|hpp|rb|php|toml|cfg|ini|ya?ml|html|rst|md)\b"
)
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_DEFINITION = re.compile(
    r"^\s*(?:async\s+)?(?:def|class|func|fn|function|struct|enum|interface|type|trait)\s+(\w+)", re.MULTILINE
)
_TEST = re.compile(r"(^|/)(tests?|testing|__tests__|spec)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.[a-z]+$")
_PROSE = (".md", ".rst", ".txt")


@dataclass(frozen=True, slots=True)
class RankedFile:
    path: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the issue names."""

    paths: frozenset[str]
    frames: frozenset[str]
    dotted: frozenset[str]
    names: frozenset[str]
    """Identifiers in code blocks, in backticks or in traceback frames."""


def mentions(issue: str) -> Mentions:
    """Paths, traceback frames, dotted names and identifiers that an issue text names."""
    code = "\n".join(_CODE.findall(issue))
    frames = _FRAME.findall(issue)
    return Mentions(
        paths=frozenset(path.strip("./") for path in _PATH.findall(issue)),
        frames=frozenset(path for path, _ in frames),
        dotted=frozenset(_DOTTED.findall(issue)),
        names=frozenset(_NAME.findall(code)) | {name for _, name in frames if name},
    )


def readable(content: bytes) -> str | None:
    """The text of a file that may be worth showing; None for binary and oversized ones."""
    if len(content) > MAX_BYTES or b"\0" in content[:8192]:
        return None
    return content.decode("utf-8", errors="replace")


def rank_files(issue: str, texts: Mapping[str, str]) -> tuple[RankedFile, ...]:
    """All files, most relevant first; ties by path, so that the order is the same everywhere."""
    if not texts:
        return ()
    paths = sorted(texts)
    # A path's words count several times: a file is more about its name than about any line in it.
    corpus = [words(path) * 4 + words(texts[path]) for path in paths]
    scores = bm25(corpus, words(issue))
    top = max(scores) or 1.0
    named = mentions(issue)
    ranked = [_ranked(path, texts[path], score / top, named) for path, score in zip(paths, scores, strict=True)]
    return tuple(sorted(ranked, key=lambda file: (-file.score, file.path)))


def _ranked(path: str, text: str, score: float, named: Mentions) -> RankedFile:
    reasons = [f"words {score:.2f}"]

    def boost(by: float, reason: str) -> None:
        nonlocal score
        score += by
        reasons.append(reason)

    if any(frame.endswith("/" + path) or frame == path for frame in named.frames):
        boost(1.5, "in the traceback")
    if any(path == name or path.endswith("/" + name) for name in named.paths):
        boost(1.5, "named by path")
    module = ".".join(PurePosixPath(path).with_suffix("").parts).removeprefix("src.").removesuffix(".__init__")
    if any(name == module or name.startswith(module + ".") or module.endswith("." + name) for name in named.dotted):
        boost(0.8, "named as a module")
    defined = named.names.intersection(_DEFINITION.findall(text))
    if defined:
        boost(min(1.0, 0.5 * len(defined)), "defines " + ", ".join(sorted(defined)[:5]))
    if _TEST.search(path):
        score *= 0.3
        reasons.append("a test")
    elif path.endswith(_PROSE):
        score *= 0.5
        reasons.append("prose")
    return RankedFile(path, score, tuple(reasons))
