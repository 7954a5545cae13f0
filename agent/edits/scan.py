"""The search/replace blocks of a reply as they are written, before any file is looked at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.edits.fences import lines_above

_OPEN = re.compile(r"\s*(<{4,})\s*(?:SEARCH|ORIGINAL)\b[>:]*(.*)", re.IGNORECASE)
_OPERATION = re.compile(r"\s*<{4,}\s*(DELETE|REMOVE|RENAME|MOVE)\b:?(.*)", re.IGNORECASE)
_CLOSE = re.compile(r"\s*(>{4,})\s*(?:REPLACE|UPDATED)\b.*|\s*(>{5,})\s*", re.IGNORECASE)
_DIVIDER = re.compile(r"\s*(={5,})\s*")
_NORMAL_RUN = 7


@dataclass(frozen=True, slots=True)
class Block:
    line: int
    """Of its first marker, counted from 1 in the reply."""
    marker_path: str
    """What stands behind the first marker."""
    before: tuple[str, ...]
    """The nearest lines above that may name the path, fences among them, nearest first."""
    body: tuple[str, ...]
    dividers: tuple[int, ...]
    """Indices in `body` of the lines that may part SEARCH from REPLACE."""
    likely: tuple[int, ...]
    """Those that are as long as the first marker."""
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    line: int
    verb: str
    """DELETE or RENAME."""
    argument: str


@dataclass(frozen=True, slots=True)
class Scan:
    blocks: tuple[Block, ...]
    operations: tuple[Operation, ...]
    rest: tuple[str, ...]
    """The reply's lines, those of blocks and operations blank."""


def scan(lines: Sequence[str]) -> Scan:
    """Lines come without endings; those inside a block are kept as they are."""
    blocks: list[Block] = []
    operations: list[Operation] = []
    rest = list(lines)
    index = barrier = 0
    while index < len(lines):
        opened, operation = _OPEN.fullmatch(lines[index]), _OPERATION.fullmatch(lines[index])
        stop = index + 1
        if opened:
            block, stop = _read(lines, index, opened, lines_above(lines, index, barrier))
            blocks.append(block)
        elif operation:
            verb = "DELETE" if operation[1].upper() in {"DELETE", "REMOVE"} else "RENAME"
            operations.append(Operation(index + 1, verb, operation[2].strip().rstrip(">").strip()))
        if opened or operation:
            rest[index:stop] = [""] * (stop - index)
            barrier = stop
        index = stop
    return Scan(tuple(blocks), tuple(operations), tuple(rest))


def _read(lines: Sequence[str], index: int, opened: re.Match[str], before: tuple[str, ...]) -> tuple[Block, int]:
    run = len(opened[1])
    least = run if run > _NORMAL_RUN else 0
    stop, trouble = _close(lines, index, least)
    end = stop - 1 if trouble is None or trouble == _NOT_ALONE else stop
    body = tuple(lines[index + 1 : end])
    dividers = _dividers(body, least)
    if trouble is None and not dividers:
        trouble = "has no `=======` line between SEARCH and REPLACE"
    lengths = [len(body[each].strip()) for each in dividers]
    likely = tuple(each for each, length in zip(dividers, lengths, strict=True) if length == run)
    return Block(index + 1, opened[2].strip(), before, body, dividers, likely or dividers, trouble), stop


_NOT_ALONE = "is malformed: `>>>>>>> REPLACE` must stand alone on its line"
_NOT_CLOSED = "is not closed by a `>>>>>>> REPLACE` line"


def _close(lines: Sequence[str], index: int, least: int) -> tuple[int, str | None]:
    """The first line behind the block, and what is wrong with its end."""
    for position in range(index + 1, len(lines)):
        line = lines[position]
        closed = _CLOSE.fullmatch(line)
        if closed and len(closed[1] or closed[2]) >= least:
            return position + 1, None
        text = line.rstrip()
        marker = text[:-7].rstrip() if text.endswith("REPLACE") else ""
        if not least and not closed and marker.endswith(">>>>>"):
            return position + 1, _NOT_ALONE
        opened = _OPEN.fullmatch(line) or _OPERATION.fullmatch(line)
        if opened and not least:
            return position, _NOT_CLOSED
    return len(lines), _NOT_CLOSED


def _dividers(body: Sequence[str], least: int) -> tuple[int, ...]:
    found: list[int] = []
    for index, line in enumerate(body):
        divider = _DIVIDER.fullmatch(line)
        if divider and len(divider[1]) >= max(least, 5):
            found.append(index)
    return tuple(found)
