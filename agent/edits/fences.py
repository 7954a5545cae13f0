"""The fenced code blocks of a Markdown text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LOOKED = 8
_ABOVE = 3
_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fence:
    line: int
    """Of its first content line, counted from 1 in the reply."""
    info: str
    lines: tuple[str, ...]
    before: tuple[str, ...]
    """The nearest lines above that are not blank, nearest first."""
    closed: bool = True


@dataclass(frozen=True, slots=True)
class _Mark:
    index: int
    indent: str
    sign: str
    run: int
    info: str

    def closes(self, other: "_Mark") -> bool:
        return not self.info and self.sign == other.sign and self.run >= other.run


def fences(lines: Sequence[str]) -> list[Fence]:
    """In order. A fence with an info string inside another one nests if both are closed; an unclosed last one
    goes to the end."""
    marks = [mark for index, line in enumerate(lines) if (mark := _mark(index, line))]
    nested = _nested(marks)
    found: list[Fence] = []
    position = after = 0
    while position < len(marks):
        mark = marks[position]
        closing = nested.get(position)
        if closing is None:
            flat = (each for each in range(position + 1, len(marks)) if marks[each].closes(mark))
            closing = next(flat, None)
        stop = len(lines) if closing is None else marks[closing].index
        content = tuple(_unindented(line, mark.indent) for line in lines[mark.index + 1 : stop])
        found.append(
            Fence(mark.index + 2, mark.info, content, lines_above(lines, mark.index, after), closing is not None)
        )
        after = stop + 1
        position = len(marks) if closing is None else closing + 1
    return found


def lines_above(lines: Sequence[str], index: int, first: int) -> tuple[str, ...]:
    """Up to three lines that are not blank, nearest first, none before `first`."""
    near = lines[max(first, index - _LOOKED) : index]
    return tuple(line for line in reversed(near) if line.strip())[:_ABOVE]


def _mark(index: int, line: str) -> _Mark | None:
    match = _FENCE.fullmatch(line.rstrip())
    if match is None or "`" in match[3]:
        return None
    return _Mark(index, match[1], match[2][0], len(match[2]), match[3].strip())


def _nested(marks: Sequence[_Mark]) -> dict[int, int]:
    """Which mark closes which, when every mark with an info string opens a block of its own."""
    open_marks: list[int] = []
    pairs: dict[int, int] = {}
    for position, mark in enumerate(marks):
        top = marks[open_marks[-1]] if open_marks else None
        if top is None or (mark.info and mark.sign == top.sign and mark.run >= top.run):
            open_marks.append(position)
        elif mark.closes(top):
            pairs[open_marks.pop()] = position
    return pairs


def _unindented(line: str, indent: str) -> str:
    return line[len(indent) :] if line.startswith(indent) else line.lstrip(" \t") if indent else line


def longest_run(lines: Sequence[str]) -> int:
    """Of the backtick fences in a text: a fence around it must be longer."""
    runs = [len(match[2]) for line in lines if (match := _FENCE.match(line)) and match[2][0] == "`"]
    return max(runs, default=0)
