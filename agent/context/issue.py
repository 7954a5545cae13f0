"""What an issue's text says of code: the words to search for, and what it names."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agent.context.words import words

TITLE, PROSE, QUOTED, CODE = 3.0, 1.0, 1.5, 0.2
"""What a word weighs where it stands. Blocks of code and output are long, and most of their words are about the
reporter's own affairs; what matters of them is named, and counts as such."""

_FENCE = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_CODE_LINE = re.compile(r"\s*(>>>|\.\.\. |In \[|Out\[|\$ )|(    |\t)\s*\S")
_QUOTED = re.compile(r"``?([^`\n]+)``?")
_FORM = re.compile(
    r"^\s*[-*#]*\s*(OS|Operating system|Platform|Browser|Python( version)?|Sphinx (version|extensions)|Extra tools"
    r"|Versions?|Environment)\b.*$|^\s*[-*] \[.*$|<!--.*?-->",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
"""Lines of a form that says how to report, and on what machine it was seen."""
_FRAME = re.compile(r'File "([^"\n]{1,300})", line (\d+)(?:, in (\w+))?')
_FRAME_OTHERS = re.compile(r"\bat (?:[\w.$<>]+ ?)??\(?([\w@./-]+\.(?:[cm]?[jt]sx?|java|go|rs|rb|php)):(\d+)")
_PATH = re.compile(
    r"(?<![\w/])[\w.@/+-]*\w\.(?:pyi?|pyx|[cm]?[jt]sx?|go|rs|java|kt|[ch]|cc|cpp|cxx|h[hp]p?|rb|php|toml|cfg|ini|ya?ml|json"
    r"|html|css|rst|md|txt|j2|sh)\b"
)
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:(?:\.|::|#|->)[A-Za-z_]\w*)+")
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_LOOKS_LIKE_CODE = re.compile(r"\w_\w|[a-z][A-Z]|\w\(")
_MESSAGE = re.compile(r"^[\w.]*(?:Error|Exception|Warning)\b: *(.{8,200})$", re.MULTILINE)
_STOP: Final = frozenset(
    " ".join(  # words of every issue, and of every traceback
        (
            "a an the and or not is are was were be been being to of in on for with as at by from this that these",
            "those it its if then else when while do does did done can could should would may might must will",
            "shall i you we they he she my your our their me us them there here what which who whom how why where",
            "than so such no nor but also just only very more most some any all each every other another into out",
            "up down over under again once because about between through during before after above below both few",
            "own same too now using use used get got like make makes made see seen following follow example code",
            "issue bug error expected actual behavior behaviour result results version import print return none",
            "true false self def class instead however since way want need seem seems try tried work works",
            "working problem fix think python traceback recent call last file line",
        )
    ).split()
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the issue names."""

    paths: frozenset[str]
    frames: tuple[tuple[str, str], ...]
    """Paths in tracebacks with the function, outermost first; the function may be unknown."""
    dotted: frozenset[str]
    """Names with their owners, joined by dots."""
    names: frozenset[str]
    """Identifiers in quotes, in code and in traceback frames, and words of prose that look like identifiers."""
    messages: tuple[str, ...]
    """What errors said."""


@dataclass(frozen=True, slots=True)
class Query:
    weights: Mapping[str, float]
    """Word -> how much it counts."""
    mentions: Mentions


def read_issue(issue: str) -> Query:
    """The words of an issue with their weights, and what it names."""
    issue = issue.replace("\r\n", "\n")[:200_000]
    title, _, body = issue.strip().partition("\n")
    code = [match[0] for match in _FENCE.finditer(body)]
    prose: list[str] = []
    for line in _FENCE.sub("\n", body).split("\n"):
        (code if _CODE_LINE.match(line) else prose).append(line)
    said, shown = "\n".join(prose), "\n".join(code)
    quoted = " ".join(_QUOTED.findall(f"{title}\n{said}"))
    places = ((title, TITLE), (_FORM.sub("\n", said), PROSE), (quoted, QUOTED), (shown, CODE))
    return Query(_weights(places, shown), _mentions(issue, f"{title}\n{said}", f"{quoted}\n{shown}"))


def _weights(places: tuple[tuple[str, float], ...], shown: str) -> dict[str, float]:
    """Each further time that a word is said counts less; in code and output it counts once."""
    total: defaultdict[str, float] = defaultdict(float)
    for text, worth in places:
        for word, times in Counter(words(text)).items():
            if len(word) > 1 and word not in _STOP:
                total[word] += worth if text is shown else worth * (1 + math.log(times))
    return {word: 1 + math.log(worth) if worth > 1 else worth for word, worth in sorted(total.items())}


def _mentions(issue: str, prose: str, code: str) -> Mentions:
    frames = [(path, name or "") for path, _, name in _FRAME.findall(issue)]
    frames += [(path, "") for path, _ in _FRAME_OTHERS.findall(issue)]
    looks = (name for name in re.findall(r"[A-Za-z_]\w{2,}\(?", prose) if _LOOKS_LIKE_CODE.search(name))
    dotted = {re.sub(r"::|#|->", ".", name) for name in _DOTTED.findall(issue)}
    return Mentions(
        paths=frozenset(path.removeprefix("./").lstrip("/") for path in _PATH.findall(issue)),
        frames=tuple(dict.fromkeys((path.replace("\\", "/"), name) for path, name in frames)),
        dotted=frozenset(dotted),
        names=frozenset(
            {*_NAME.findall(code), *(name.rstrip("(") for name in looks), *(name for _, name in frames if name)}
            | {part for name in dotted for part in name.split(".") if len(part) > 2}
        )
        - _STOP,
        messages=tuple(dict.fromkeys(_messages(issue))),
    )


def _messages(issue: str) -> Iterator[str]:
    """The longest run of plain words of each error message: the rest is filled in by the program."""
    for said in _MESSAGE.findall(issue):
        runs = re.findall(r"[A-Za-z]{2,}(?:[ ,][A-Za-z]{2,}){2,}", said)
        if runs:
            yield max(runs, key=len)
