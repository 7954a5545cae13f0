"""Unified diffs taken apart: what they say of each file."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from swe_tasks.git import text

Lines = Counter[bytes]
"""How often each line occurs, line ends included."""

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)", re.DOTALL)
_BOTH_NAMES = re.compile(rb'diff --git ("(?:[^"\\]|\\.)*"|\S.*?) ("(?:[^"\\]|\\.)*"|\S.*)')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"v": b"\v", b"f": b"\f"}


@dataclass(frozen=True, slots=True)
class Hunk:
    old_start: int
    new_start: int
    counts: tuple[int, int]
    """As its heading says: lines before and after."""
    heading: bytes
    """What follows the second `@@`."""
    lines: tuple[bytes, ...]
    """With their signs and line ends."""

    @property
    def real_counts(self) -> tuple[int, int]:
        signs = Counter(line[:1] for line in self.lines)
        both = signs[b" "] + signs[b"\n"] + signs[b"\r"]
        return both + signs[b"-"], both + signs[b"+"]


@dataclass(frozen=True, slots=True)
class FilePatch:
    header: tuple[bytes, ...]
    old: str | None
    """The path before, as it is written, prefix included. None: a new file."""
    new: str | None
    """None: a deleted file."""
    hunks: tuple[Hunk, ...]

    @property
    def binary(self) -> bool:
        return any(line.startswith((b"GIT binary patch", b"Binary files ")) for line in self.header)

    @property
    def moves(self) -> bool:
        return any(line.startswith(b"rename from ") for line in self.header)

    def apply(self, before: Lines) -> Lines:
        """The lines of the file afterwards; negative counts are of lines that were never there."""
        after = Counter(before)
        for sign, line in self._signed():
            if sign != b" ":
                after[line] += 1 if sign == b"+" else -1
        return Counter({line: count for line, count in after.items() if count})

    def wanted(self) -> frozenset[bytes]:
        """The lines that the file has to have already."""
        return frozenset(line for sign, line in self._signed() if sign != b"+")

    def _signed(self) -> Iterator[tuple[bytes, bytes]]:
        for hunk in self.hunks:
            for line, after in zip(hunk.lines, (*hunk.lines[1:], b""), strict=True):
                if line.startswith(b"\\"):
                    continue
                # Context may have lost its sign where it is blank, and the last line of a patch its end.
                signed = b" " + line if line[:1] in {b"\n", b"\r"} else line
                whole = signed if signed.endswith(b"\n") else signed + b"\n"
                yield whole[:1], whole[1:-1] if after.startswith(b"\\") else whole[1:]


def count_lines(content: bytes) -> Lines:
    """At line feeds only."""
    return Counter(_split(content))


def take_apart(patch: bytes) -> tuple[FilePatch, ...]:
    """What a diff says of each file; text around it is left out. Headings of hunks need not count right."""
    lines = _split(patch)
    found: list[FilePatch] = []
    position = 0
    while position < len(lines):
        if not _starts_file(lines, position):
            position += 1
            continue
        start = position
        position += 1
        while position < len(lines) and not _HUNK.match(lines[position]) and not _starts_file(lines, position, start):
            position += 1
        header = tuple(line.rstrip(b"\r\n") for line in lines[start:position])
        hunks: list[Hunk] = []
        while position < len(lines) and (match := _HUNK.match(lines[position])):
            hunk, position = _hunk(match, lines, position + 1)
            hunks.append(hunk)
        found.append(FilePatch(header, *_names(header), tuple(hunks)))
    return tuple(found)


def _split(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _starts_file(lines: Sequence[bytes], position: int, begun: int | None = None) -> bool:
    """`begun` is where the header stands that we are in: its own `---` starts no other file."""
    line = lines[position]
    if line.startswith(b"diff --git "):
        return True
    after = lines[position + 1] if position + 1 < len(lines) else b""
    if not (line.startswith(b"--- ") and after.startswith(b"+++ ")):
        return False
    return begun is None or any(one.startswith((b"--- ", b"Binary files ")) for one in lines[begun:position])


def _hunk(match: re.Match[bytes], lines: Sequence[bytes], position: int) -> tuple[Hunk, int]:
    counts = tuple(1 if part is None else int(part) for part in (match[2], match[4]))
    said = _counted(lines, position, *counts)
    end = said if said is not None else _end_of_hunk(lines, position)
    body = tuple(lines[position:end])
    return Hunk(int(match[1]), int(match[3]), (counts[0], counts[1]), match[5], body), end


def _counted(lines: Sequence[bytes], position: int, old: int, new: int) -> int | None:
    """Where a hunk ends whose heading counts right."""
    while old > 0 or new > 0:
        if position == len(lines):
            return None
        sign = lines[position][:1]
        if sign not in {b" ", b"\n", b"\r", b"-", b"+", b"\\"}:
            return None
        old -= sign not in {b"+", b"\\"}
        new -= sign not in {b"-", b"\\"}
        position += 1
    if position < len(lines) and lines[position].startswith(b"\\"):
        position += 1
    more = position < len(lines) and lines[position][:1] in {b" ", b"-", b"+"} and not _starts_file(lines, position)
    signature = more and lines[position].rstrip() == b"--"
    return None if old or new or (more and not signature) else position


def _end_of_hunk(lines: Sequence[bytes], position: int) -> int:
    start = position
    while position < len(lines) and not _starts_file(lines, position):
        if lines[position][:1] not in {b" ", b"\n", b"\r", b"-", b"+", b"\\"}:
            break
        position += 1
    # Empty lines between two files are no part of either.
    while position > start and not lines[position - 1].strip(b"\r\n"):
        position -= 1
    return position


def _names(header: Sequence[bytes]) -> tuple[str | None, str | None]:
    found: dict[bytes, str | None] = {}
    for line in header:
        for start in (b"--- ", b"+++ ", b"rename from ", b"rename to ", b"copy from ", b"copy to "):
            if line.startswith(start) and start not in found:
                found[start] = _name(line[len(start) :], dated=start in {b"--- ", b"+++ "})
    for old, new in ((b"--- ", b"+++ "), (b"rename from ", b"rename to "), (b"copy from ", b"copy to ")):
        if old in found and new in found:
            bare = old != b"--- "
            before, after = found[old], found[new]
            return (f"a/{before}", f"b/{after}") if bare else (before, after)
    return _both_names(header)


def _both_names(header: Sequence[bytes]) -> tuple[str | None, str | None]:
    """Of a file with nothing but a mode, no lines, or a binary patch."""
    rest = header[0].removeprefix(b"diff --git ")
    middle = len(rest) // 2
    if rest.startswith(b'"') and (match := _BOTH_NAMES.fullmatch(header[0])):
        pair = (match[1], match[2])
    else:
        pair = (rest[:middle], rest[middle + 1 :])
    old, new = (_name(part, dated=False) for part in pair)
    return (
        None if any(line.startswith(b"new file mode") for line in header) else old,
        None if any(line.startswith(b"deleted file mode") for line in header) else new,
    )


def _name(written: bytes, *, dated: bool) -> str | None:
    if written.startswith(b'"'):
        quoted = written[1 : written.rindex(b'"')] if written.count(b'"') > 1 else written[1:]
        return text(_ESCAPE.sub(_unescaped, quoted))
    name = written.split(b"\t")[0] if dated else written
    return None if name == b"/dev/null" else text(name)


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPES.get(code, code)
