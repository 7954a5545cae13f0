"""Where in a file the lines of a SEARCH part stand."""

import difflib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.edits.indent import Shift, find_shift, unit_of
from agent.edits.records import Tree
from agent.edits.text import Source

_HITS = 20
"""Places that are looked at, and told of, when a text stands in many."""
_SEEN_LINES = 400
"""Lines of the SEARCH part that the nearest region is sought with."""
_COMPARED = 300
"""Lines of a file that one line is compared with letter by letter."""
_SHOWN_LINES = 6
_SHOWN_WIDTH = 120
_SCANNED_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Place:
    start: int
    stop: int
    skipped: int = 0
    """Blank lines at the beginning of the SEARCH part that the file does not have."""
    shift: Shift | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Several:
    starts: tuple[int, ...]


def locate(source: Source, quoted: Sequence[str], also: Sequence[str]) -> Place | Several | None:
    """The place where the quoted lines stand: exactly, else but for trailing blanks or blank lines around
    them, else but for a uniform change of indentation. `also` are the lines to be put there."""
    exact = _hits(source.keys, quoted)
    if exact:
        return Place(exact[0], exact[0] + len(quoted)) if len(exact) == 1 else Several(tuple(exact))
    first, last = _inner(quoted)
    inner = quoted[first:last]
    if not inner:
        return None
    for clean, note in _VIEWS if source.latin else _VIEWS[:2]:
        starts = _hits([clean(key) for key in source.keys], [clean(line) for line in inner])
        if len(starts) > 1:
            return Several(tuple(starts))
        if starts:
            return Place(starts[0], starts[0] + len(inner), first, note=note)
    return _indented(source, inner, also, first)


def _rstripped(line: str) -> str:
    return line.rstrip()


def _unreadable_bytes(line: str) -> str:
    """Whatever a reader of the file was shown in place of its non-ASCII letters."""
    return re.sub(r"[^\x00-\x7f]", "\ufffd", line).rstrip()


_VIEWS: tuple[tuple[Callable[[str], str], str | None], ...] = (
    (str, None),
    (_rstripped, "trailing blanks differed"),
    (_unreadable_bytes, "non-ASCII letters differed"),
)


def _indented(source: Source, inner: Sequence[str], also: Sequence[str], skipped: int) -> Place | Several | None:
    starts = _hits([key.strip() for key in source.keys], [line.strip() for line in inner])
    unit = unit_of(source.keys)
    places: list[Place] = []
    for start in starts:
        stop = start + len(inner)
        shift = find_shift(inner, source.keys[start:stop], also, unit)
        if shift:
            places.append(Place(start, stop, skipped, shift, "indentation differed and was adapted"))
    if len(places) > 1:
        return Several(tuple(place.start for place in places))
    return places[0] if places else None


def _inner(lines: Sequence[str]) -> tuple[int, int]:
    """The range without blank lines at both ends."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)


def _hits(keys: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The first lines of the places where the wanted lines follow each other."""
    text = "\n" + "\n".join(keys) + "\n"
    needle = "\n" + "\n".join(wanted) + "\n"
    offsets: list[int] = []
    position = text.find(needle)
    while position >= 0 and len(offsets) < _HITS:
        offsets.append(position)
        position = text.find(needle, position + 1)
    if not offsets:
        return []
    starts = [0]
    for key in keys:
        starts.append(starts[-1] + len(key) + 1)
    return [bisect_left(starts, offset) for offset in offsets]


def nearest(source: Source, quoted: Sequence[str]) -> str:
    """The region of the file that looks most like the quoted lines, as numbered lines; empty if none does."""
    start = _anchor(source.keys, quoted)
    if start is None:
        return ""
    start = max(0, min(start, len(source.keys) - 1))
    stop = min(len(source.keys), start + min(len(quoted), _SHOWN_LINES))
    shown = "\n".join(f"{number + 1:>5} | {_cut(source.keys[number])}" for number in range(start, stop))
    more = "" if len(quoted) <= _SHOWN_LINES else "\n      | ..."
    return f"{shown}{more}"


def _anchor(keys: Sequence[str], quoted: Sequence[str]) -> int | None:
    """By votes of the lines that stand in the file; else by the letters of the longest quoted line."""
    where: dict[str, list[int]] = {}
    wanted = {line.strip() for line in quoted[:_SEEN_LINES]} - {""}
    for number, key in enumerate(keys):
        if (text := key.strip()) in wanted:
            where.setdefault(text, []).append(number)
    votes: Counter[int] = Counter()
    for index, line in enumerate(quoted[:_SEEN_LINES]):
        positions = where.get(line.strip(), [])
        for position in positions[:_HITS]:
            votes[position - index] += 1 + len(line.strip()) // (4 * len(positions))
    if votes:
        return min(votes, key=lambda start: (-votes[start], start))
    index, longest = max(enumerate(quoted[:_SEEN_LINES]), key=lambda pair: len(pair[1].strip()), default=(0, ""))
    similar = _similar(keys, longest.strip()[:200])
    return None if similar is None else similar - index


def _similar(keys: Sequence[str], line: str) -> int | None:
    words = set(re.findall(r"\w{3,}", line))
    if not words:
        return None
    shared = ((len(words & set(re.findall(r"\w{3,}", key[:400]))), -number) for number, key in enumerate(keys))
    likely = sorted((pair for pair in shared if pair[0]), reverse=True)[:_COMPARED]
    matcher = difflib.SequenceMatcher(None, "", line, autojunk=False)
    best, best_ratio = None, 0.5
    for _, number in likely:
        matcher.set_seq1(keys[-number].strip()[:200])
        if matcher.quick_ratio() > best_ratio and (ratio := matcher.ratio()) > best_ratio:
            best, best_ratio = -number, ratio
    return best


def elsewhere(tree: Tree, path: str, quoted: Sequence[str]) -> list[str]:
    """Other files that hold the quoted lines, the shown ones first. At most three, of a bounded search."""
    first, last = _inner(quoted)
    text = "\n".join(line.rstrip() for line in quoted[first:last])
    if len(text.strip()) < 8:
        return []
    needles = {text.encode("utf-8", "replace"), text.replace("\n", "\r\n").encode("utf-8", "replace")}
    found: list[str] = []
    scanned = 0
    for other in _others(tree, path):
        content = tree.files[other]
        scanned += len(content)
        if any(needle in content for needle in needles):
            found.append(other)
        if len(found) == 3 or scanned > _SCANNED_BYTES:
            break
    return found


def _others(tree: Tree, path: str) -> Iterator[str]:
    shown = set(tree.shown)
    yield from (each for each in tree.shown if each != path)
    yield from (each for each in tree.files if each != path and each not in shown)


def _cut(line: str) -> str:
    return line if len(line) <= _SHOWN_WIDTH else line[: _SHOWN_WIDTH - 3] + "..."
