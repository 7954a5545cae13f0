"""Unified diffs, read as search/replace blocks: line numbers in hunk headers of models are seldom right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.edits.fences import Fence
from agent.edits.scan import Block, Operation
from agent.edits.text import NO_NEWLINE

_HUNK = re.compile(r"@@.*")


@dataclass(slots=True)
class _Hunk:
    line: int
    path: str
    before: tuple[str, ...]
    old: list[str] = field(default_factory=list[str])
    new: list[str] = field(default_factory=list[str])
    last: str = " "
    """Sign of the last line."""


@dataclass(frozen=True, slots=True)
class Diff:
    blocks: tuple[Block, ...]
    operations: tuple[Operation, ...]


def is_diff(fence: Fence) -> bool:
    word = fence.info.split(" ")[0].lower()
    return word in {"diff", "patch", "udiff"} or (word in {"", "text"} and has_diff(fence.lines))


def has_diff(lines: Sequence[str]) -> bool:
    """Headers and a hunk, in that order."""
    starts = [line[:4] for line in lines]
    return "--- " in starts and "+++ " in starts[starts.index("--- ") :] and any(_HUNK.match(line) for line in lines)


def read_diff(lines: Sequence[str], first_line: int, before: tuple[str, ...]) -> Diff:
    """`first_line` is where the lines begin in the reply, `before` the lines above them, nearest first."""
    hunks: list[_Hunk] = []
    operations: list[Operation] = []
    old_path = path = ""
    current: _Hunk | None = None
    for index, raw in enumerate(lines):
        line = raw.removesuffix("\r")
        number = first_line + index
        header = _header(lines, index)
        if header == "old":
            old_path, current = _path(line[4:]), None
        elif header == "new":
            path = _path(line[4:]) or old_path
            if not _path(line[4:]) and old_path:
                operations.append(Operation(number, "DELETE", old_path))
            current = None
        elif _HUNK.match(line) or (current is None and line[:1] in {"+", "-", " "} and not _is_meta(line)):
            current = _Hunk(number, path, before)
            hunks.append(current)
            if not _HUNK.match(line):
                _take(current, line)
        elif current is not None and not _is_meta(line):
            _take(current, line)
    deleted = {operation.argument for operation in operations}
    blocks = tuple(_block(hunk) for hunk in hunks if hunk.path not in deleted and hunk.old != hunk.new)
    return Diff(blocks, tuple(operations))


def _header(lines: Sequence[str], index: int) -> str:
    line = lines[index]
    if line.startswith("--- ") and index + 1 < len(lines) and lines[index + 1].startswith("+++ "):
        return "old"
    if line.startswith("+++ ") and index and lines[index - 1].startswith("--- "):
        return "new"
    return ""


def _is_meta(line: str) -> bool:
    return (
        re.match(
            r"diff --git |index [0-9a-f]+\.\.|(?:new|deleted) file mode|similarity index|rename (?:from|to) ", line
        )
        is not None
    )


def _path(text: str) -> str:
    """Empty for /dev/null."""
    path = text.partition("\t")[0].strip()
    return "" if path == "/dev/null" else re.sub(r"^[ab]/", "", path)


def _take(hunk: _Hunk, line: str) -> None:
    sign, text = (line[:1], line[1:]) if line[:1] in {"+", "-", " ", "\\"} else (" ", line)
    if sign == "\\":
        sign, text = hunk.last, NO_NEWLINE
    if sign in {"-", " "}:
        hunk.old.append(text)
    if sign in {"+", " "}:
        hunk.new.append(text)
    hunk.last = sign


def _block(hunk: _Hunk) -> Block:
    body = (*hunk.old, "=======", *hunk.new)
    divider = (len(hunk.old),)
    return Block(hunk.line, hunk.path, hunk.before, body, divider, divider)
