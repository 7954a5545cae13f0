"""A block parted into SEARCH and REPLACE. Text underlined with `=====` can look like the divider, so the file
decides which line is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.edits.locate import Place, Several, locate
from agent.edits.scan import Block
from agent.edits.text import Source, split_final

_DIVIDERS = 30
"""Divider lines tried in one block."""


@dataclass(frozen=True, slots=True)
class Split:
    quoted: tuple[str, ...]
    lines: tuple[str, ...]
    final_newline: bool | None
    """Whether the file's end, where it is replaced, gets a line ending; None leaves it open."""

    @property
    def empty(self) -> bool:
        return not any(line.strip() for line in self.quoted)


@dataclass(frozen=True, slots=True)
class Chosen:
    split: Split
    place: Place | Several | None


def split_at(block: Block, divider: int) -> Split:
    quoted, search_end = split_final(block.body[:divider])
    lines, final_newline = split_final(block.body[divider + 1 :])
    if search_end is False and final_newline is None:
        final_newline = True
    return Split(plain(quoted), lines, final_newline)


def likely_splits(block: Block) -> list[Split]:
    return [split_at(block, divider) for divider in block.likely[:_DIVIDERS]]


def plain(lines: Sequence[str]) -> tuple[str, ...]:
    """Without carriage returns at the ends: existing files keep their own line endings."""
    return tuple(line.removesuffix("\r") for line in lines)


def choose(source: Source, block: Block) -> Chosen | str:
    """The parting for which SEARCH stands in the file. With several, the last one wins if what it adds to
    SEARCH is more than a divider line; else nobody can tell what was meant."""
    others = tuple(each for each in block.dividers if each not in block.likely)
    for dividers in (block.likely[:_DIVIDERS], others[:_DIVIDERS]):
        matched = [(at, chosen) for at in dividers if (chosen := _try(source, split_at(block, at))).place]
        unique = [each for each in matched if isinstance(each[1].place, Place)] or matched
        if len(unique) > 1 and not any(line.strip() for line in block.body[unique[-2][0] + 1 : unique[-1][0]]):
            return "it is not clear which `=======` line is the divider; use longer markers (10 characters each)"
        if unique:
            return unique[-1][1]
    first = split_at(block, block.likely[0])
    bare = _unfenced(first)
    return (bare and _try(source, bare)) or Chosen(first, None)


def _try(source: Source, split: Split) -> Chosen:
    return Chosen(split, None if split.empty else locate(source, split.quoted, plain(split.lines)))


def _unfenced(split: Split) -> Split | None:
    """Both parts without the code fences that some models put around each."""
    if not _fenced(split.quoted) or not (_fenced(split.lines) or not split.lines):
        return None
    return replace(split, quoted=split.quoted[1:-1], lines=split.lines[1:-1])


def _fenced(lines: Sequence[str]) -> bool:
    return len(lines) > 1 and re.match(r"\s*```", lines[0]) is not None and lines[-1].strip() == "```"
