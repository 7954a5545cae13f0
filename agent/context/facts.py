"""What lexical search has to know of one file: its parts, the words in each, and what it imports.

A part is what is shown or left out as a whole: a function, the head of a class, a run of lines outside of both. Facts
follow from a path's ending and the content alone, so they are kept by blob (`agent.context.store`).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from agent.code.imported import imported
from agent.code.languages import outlined_language
from agent.code.outline import Item, outline
from agent.context.natures import Nature, nature_of
from agent.context.words import split, term_of, words

VERSION = 1
"""Of the facts; part of their name on disk."""
LARGEST = 512 * 1024
"""Bytes of a file that are looked at. A larger one is data, generated or vendored."""
BLOCK = 60
"""Rows of a part that is no definition, at most."""
_PARTS = 20_000
_WORDS = 200_000
"""A part that has more is a table of data."""

PartKind = Literal["function", "class", "lines"]
Rows = tuple[tuple[int, int], ...]
"""Half-open ranges of rows, counted from 0, in order."""


@dataclass(frozen=True, slots=True)
class Part:
    kind: PartKind
    name: str
    """Qualified by the classes around it; empty outside of definitions."""
    rows: Rows
    size: int
    """Characters of these rows."""
    head: tuple[int, int]
    """The rows of a definition's first line or lines; empty for `lines`."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What of the facts is not words."""

    nature: Nature
    size: int
    """Bytes of the whole file."""
    lines: int
    parts: tuple[Part, ...]
    imports: tuple[str, ...]
    """As `agent.code.imported` names them."""
    summary: str
    """Its first sentence or heading."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Words are numbers (`words.term_of`). The arrays of one field are as long as each other."""

    meta: Meta
    terms: NDArray[np.uint32]
    parts: NDArray[np.uint16]
    """The part that the word of the same place stands in; ascending."""
    counts: NDArray[np.uint16]
    names: NDArray[np.uint32]
    """Words in the names of definitions, the whole name among them."""
    named: NDArray[np.uint16]
    """The part that has the name."""


def read_facts(path: str, content: bytes, size: int | None = None) -> Facts:
    """The facts of a file. `content` may be the beginning of one that has `size` bytes."""
    size = len(content) if size is None else size
    nature = nature_of(content)
    if nature == "binary":
        return _facts(Meta(nature, size, 0, (), (), ""), ())
    text = content[:LARGEST].decode("utf-8", errors="replace")
    lines = text.split("\n")
    parts = _parts(path, lines, whole=size <= LARGEST)
    texts = ("\n".join(lines[row] for start, stop in part.rows for row in range(start, stop)) for part in parts)
    imports = imported(outlined_language(path), content) if size <= LARGEST else ()
    return _facts(Meta(nature, size, len(lines), parts, imports, _summary(lines)), texts)


def _facts(meta: Meta, texts: Iterable[str]) -> Facts:
    terms: list[int] = []
    parts: list[int] = []
    counts: list[int] = []
    names: list[int] = []
    named: list[int] = []
    for number, (part, text) in enumerate(zip(meta.parts, texts, strict=True)):
        found = Counter(words(text)[:_WORDS])
        terms.extend(map(term_of, found))
        counts.extend(min(count, 0xFFFF) for count in found.values())
        parts.extend([number] * len(found))
        # The rest of a long class head has its name, and does not define it again. The whole name comes first.
        defines = part.head != (0, 0)
        own = tuple(dict.fromkeys(map(term_of, split(part.name.rpartition(".")[2])))) if defines else ()
        names.extend(own)
        named.extend([number] * len(own))
    return Facts(
        meta,
        np.array(terms, np.uint32),
        np.array(parts, np.uint16),
        np.array(counts, np.uint16),
        np.array(names, np.uint32),
        np.array(named, np.uint16),
    )


def _parts(path: str, lines: Sequence[str], *, whole: bool) -> tuple[Part, ...]:
    """Every row is in exactly one part, but for the rows beyond the most parts that a file may have."""
    language = outlined_language(path) if whole else None
    items = tuple(_definitions(outline(language, lines, branches=True).items, "")) if language else ()
    owner: list[int] = [-1] * len(lines)
    for number, (item, _) in enumerate(items):
        for row in range(item.lead, min(item.stop, len(lines))):
            owner[row] = number
    for row in range(1, len(lines)):
        if owner[row] == -1 and not lines[row].strip():
            owner[row] = owner[row - 1]  # blank rows end what stands above them
    rows: list[list[int]] = [[] for _ in items]
    outside: list[int] = []
    for row, number in enumerate(owner):
        (outside if number == -1 else rows[number]).append(row)
    parts = [_part("lines", "", block, lines, None) for block in _blocks(outside, lines)]
    for (item, name), own in zip(items, rows, strict=True):
        kind = "function" if item.kind == "function" else "class"
        blocks = [own] if kind == "function" else list(_blocks(own, lines))
        parts.extend(_part(kind, name, block, lines, item if block is blocks[0] else None) for block in blocks if block)
    return tuple(parts[:_PARTS])


def _definitions(items: Sequence[Item], prefix: str) -> Iterator[tuple[Item, str]]:
    for item in items:
        if item.kind in {"function", "class", "type"}:
            name = f"{prefix}{item.name}"
            yield item, name
            if item.kind == "class":
                yield from _definitions(item.items, f"{name}.")


def _blocks(rows: Sequence[int], lines: Sequence[str]) -> Iterator[list[int]]:
    """Cut where a row is blank, or where it cannot be helped."""
    block: list[int] = []
    for row in rows:
        if len(block) >= 2 * BLOCK or (len(block) >= BLOCK and not lines[row].strip()):
            yield block
            block = []
        block.append(row)
    if block:
        yield block


def _part(kind: PartKind, name: str, rows: Sequence[int], lines: Sequence[str], item: Item | None) -> Part:
    ranges: list[tuple[int, int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row:
            ranges[-1] = (ranges[-1][0], row + 1)
        else:
            ranges.append((row, row + 1))
    size = sum(len(lines[row]) + 1 for row in rows)
    return Part(kind, name, tuple(ranges), size, _head(item, lines) if item else (0, 0))


def _head(item: Item, lines: Sequence[str]) -> tuple[int, int]:
    """From the definition's own first row to where its parameters end."""
    stop = item.core + 1
    while stop < min(item.stop, item.core + 12, len(lines)) and not re.search(r"[:{;]\s*(#.*|//.*)?$", lines[stop - 1]):
        stop += 1
    return item.core, min(stop, item.stop)


_MARKS = re.compile(r"^[\s#/*\"'`=~<>!;%-]*(?:r\"{3}|@file|@brief)?|[\s*/\"'`=~-]*$")
_SKIPPED = re.compile(
    r"\s*(#!|#.*coding[:=]|<\?|<!|import\b|from\b|package\b|use\b|#include|(//|#)\s*copyright)", re.IGNORECASE
)


def _summary(lines: Sequence[str]) -> str:
    for line in lines[:40]:
        said = _MARKS.sub("", line)
        if len(re.findall(r"[^\W\d_]{2,}", said)) >= 2 and not _SKIPPED.match(line):
            return said[:120]
    return ""


def dump_meta(meta: Meta) -> str:
    """As compact JSON."""
    parts = [[p.kind[0], p.name, [*sum(p.rows, ())], p.size, *p.head] for p in meta.parts]
    return json.dumps([meta.nature, meta.size, meta.lines, meta.imports, meta.summary, parts], separators=(",", ":"))


_KINDS: dict[str, PartKind] = {"f": "function", "c": "class", "l": "lines"}


def load_meta(text: str) -> Meta:
    nature, size, lines, imports, summary, parts = cast(
        "tuple[Nature, int, int, list[str], str, list[tuple[str, str, list[int], int, int, int]]]", json.loads(text)
    )
    return Meta(
        nature,
        size,
        lines,
        tuple(
            Part(_KINDS[kind], name, tuple(zip(rows[::2], rows[1::2], strict=True)), chars, (start, stop))
            for kind, name, rows, chars, start, stop in parts
        ),
        tuple(imports),
        summary,
    )
