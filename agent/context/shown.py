"""How files are shown to a model: whole, in part, or in a line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.context.facts import Meta, Part

Tier = Literal["whole", "parts", "line"]
Rows = tuple[tuple[int, int], ...]
GAP: Final = "⋮"
Gaps = Literal["counted", "named", "headed"]
"""What is said of lines left out."""
_MOST: Final = 12
"""Definitions that are told of in one gap."""
_WIDTH: Final = 120
"""Characters of their first lines."""
_FENCE = re.compile(r"^\s*(`{3,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a file a model is shown. Rows count from 0; ranges are half open."""

    path: str
    tier: Tier
    rows: Rows = ()
    names: tuple[str, ...] = ()
    """The definitions whose text is shown, qualified."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is shown of a repository."""

    paths: tuple[str, ...]
    """The files of which there is text, most relevant first."""
    text: str
    tokens: int
    files: tuple[Shown, ...] = ()
    """Those with text, then those with a line."""

    @property
    def in_part(self) -> dict[str, frozenset[str]]:
        """The files that are not shown whole, with the last names of the definitions that are."""
        return {
            file.path: frozenset(name.rpartition(".")[2] for name in file.names)
            for file in self.files
            if file.tier == "parts"
        }


def show_file(path: str, content: str, note: str = "") -> str:
    """One file under its path, in a fence longer than any inside it."""
    longest = max((len(fence) for fence in _FENCE.findall(content)), default=2)
    fence = "`" * max(3, longest + 1)
    end = "" if content.endswith("\n") or not content else "\n"
    return f"{path}{note}\n{fence}\n{content}{end}{fence}\n"


@dataclass(slots=True)
class Open:
    """A file while it is filled."""

    number: int
    path: str
    meta: Meta
    lines: list[str]
    chosen: set[int] = field(default_factory=set[int])

    @property
    def whole(self) -> bool:
        return len(self.chosen) == len(self.meta.parts)

    @property
    def shown(self) -> int:
        """Characters."""
        return sum(self.meta.parts[number].size for number in self.chosen)

    def rows(self) -> Rows:
        return _joined(rows for number in self.chosen for rows in self.meta.parts[number].rows)

    def text_of(self, part: Part) -> str:
        return "\n".join(line for start, stop in part.rows for line in self.lines[start:stop]) + "\n"


def _joined(ranges: Iterable[tuple[int, int]]) -> Rows:
    found: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return tuple(found)


def names_of(one: Open) -> tuple[str, ...]:
    named = (one.meta.parts[number] for number in sorted(one.chosen))
    return tuple(dict.fromkeys(part.name for part in named if part.name and part.head != (0, 0)))


def render(one: Open, gaps: Gaps) -> str:
    """The file as far as it is chosen. What is left out is counted, and its definitions named, or shown by their first
    lines."""
    if one.whole:
        return show_file(one.path, "\n".join(one.lines))
    lines: list[str] = []
    last = 0
    for start, stop in (*one.rows(), (len(one.lines), len(one.lines))):
        if start > last and any(line.strip() for line in one.lines[last:start]):
            lines.extend(_gap(one, last, start, gaps))
        lines.extend(one.lines[start:stop])
        last = stop
    return show_file(one.path, "\n".join(lines), f" (in part: {GAP} stands for lines left out)")


def _gap(one: Open, start: int, stop: int, gaps: Gaps) -> list[str]:
    said = f"{GAP} {stop - start} lines"
    inside = [
        part
        for number, part in enumerate(one.meta.parts)
        if number not in one.chosen and part.head != (0, 0) and start <= part.head[0] < stop
    ]
    if gaps == "counted" or not inside:
        return [said]
    more = f" and {len(inside) - _MOST} more" if len(inside) > _MOST else ""
    if gaps == "named":
        return [f"{said}: {', '.join(part.name.rpartition('.')[2] for part in inside[:_MOST])}{more}"]
    heads = (one.lines[part.head[0]].strip()[:_WIDTH] for part in inside[:_MOST])
    # Marked like the gap itself, so that nobody takes them for lines that follow on each other.
    return [f"{said}, with these definitions{more}:", *(f"{GAP}   {head}" for head in heads)]
