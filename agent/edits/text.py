"""Files as lines, so that every byte of a line that is not edited survives: encodings, line endings, a BOM.

Bytes that are not UTF-8 are carried as surrogate escapes; a line that holds some is compared, and written to,
as Latin-1, in which every byte has a meaning.
"""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.edits.records import Splice

NO_NEWLINE = "\\ No newline at end of file"
"""As in a diff: what stands before it has no line ending."""

_BOM = b"\xef\xbb\xbf"
_ESCAPED = re.compile("[\udc80-\udcff]")
_ALIGNED = 1_000_000
"""Pairs of lines up to which the quoted and the new lines are aligned."""


@dataclass(frozen=True, slots=True)
class Source:
    lines: tuple[str, ...]
    """With their endings."""
    keys: tuple[str, ...]
    """Without endings, and readable: what a reply is compared with."""
    latin: bool
    """Whether some bytes are not UTF-8."""
    bom: bool = False


def read_source(content: bytes) -> Source:
    bom = content.startswith(_BOM)
    text = content[len(_BOM) * bom :].decode("utf-8", "surrogateescape")
    lines = tuple(re.findall(r"[^\n]*\n|[^\n]+", text))
    latin = _ESCAPED.search(text) is not None
    return Source(lines, tuple(_key(line) if latin else _bare(line) for line in lines), latin, bom)


def _bare(line: str) -> str:
    if line.endswith("\n"):
        return line[:-2] if line.endswith("\r\n") else line[:-1]
    return line


def _key(line: str) -> str:
    bare = _bare(line)
    if _ESCAPED.search(bare) is None:
        return bare
    return bare.encode("utf-8", "surrogateescape").decode("latin-1")


def ending(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""


def encode(text: str) -> bytes:
    """Never fails: what is neither Unicode nor an escaped byte becomes a question mark."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "?", text).encode("utf-8", "surrogateescape")


def splice(source: Source, splices: Sequence[Splice]) -> bytes:
    """The file's new content. The splices must not overlap."""
    usual = _usual_ending(source.lines)
    output: list[str] = []
    position = 0
    for change in sorted(splices, key=lambda each: (each.start, each.stop)):
        output.extend(source.lines[position : change.start])
        output.extend(_renewed(source, change, usual))
        position = max(position, change.stop)
    output.extend(source.lines[position:])
    for index, line in enumerate(output[:-1]):
        if not line.endswith("\n"):
            output[index] = line + usual
    return _BOM * source.bom + encode("".join(output))


def _renewed(source: Source, change: Splice, usual: str) -> list[str]:
    """The new lines, with the original line wherever the replacement repeats the quoted one."""
    old = source.lines[change.start : change.stop]
    before = source.lines[change.start - 1] if change.start else ""
    result: list[str] = []
    for tag, old_start, old_stop, new_start, new_stop in aligned(change.quoted, change.lines):
        if tag == "equal":
            result.extend(old[old_start:old_stop])
            continue
        for offset, line in enumerate(change.lines[new_start:new_stop]):
            paired = old[min(old_start + offset, old_stop - 1)] if old_stop > old_start else ""
            neighbour = ending(paired) or ending(result[-1] if result else before) or usual
            result.append(_writable(line, source) + neighbour)
    if result and change.final_newline is not None and change.stop == len(source.lines):
        last = _bare(result[-1]) if not change.final_newline else result[-1]
        result[-1] = last if not change.final_newline or last.endswith("\n") else last + usual
    return result


def _writable(line: str, source: Source) -> str:
    if not source.latin or line.isascii():
        return line
    try:
        return line.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return line


def aligned(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """difflib's opcodes; for very long texts only the common beginning and end are told apart."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_stop, new_stop = len(old) - tail, len(new) - tail
    middle: list[tuple[str, int, int, int, int]] = [("replace", head, old_stop, head, new_stop)]
    if (old_stop - head) * (new_stop - head) <= _ALIGNED:
        matcher = difflib.SequenceMatcher(None, old[head:old_stop], new[head:new_stop], autojunk=False)
        middle = [
            (tag, first + head, last + head, start + head, stop + head)
            for tag, first, last, start, stop in matcher.get_opcodes()
        ]
    ends = [("equal", 0, head, 0, head), *middle, ("equal", old_stop, len(old), new_stop, len(new))]
    return [each for each in ends if each[1] < each[2] or each[3] < each[4]]


def rewrite(source: Source, lines: Sequence[str], final_newline: bool | None) -> bytes:
    """All lines of a file replaced by new ones."""
    change = Splice(0, len(source.lines), source.keys, tuple(lines), final_newline)
    return splice(source, [change])


def fresh(lines: Sequence[str], final_newline: bool | None) -> bytes:
    """The content of a file that has no original: every line is taken as it is written."""
    text = "".join(line + "\n" for line in lines)
    return encode(text.removesuffix("\n") if final_newline is False else text)


def split_final(lines: Sequence[str]) -> tuple[tuple[str, ...], bool | None]:
    """The lines without a trailing no-newline marker, and False if there was one."""
    if len(lines) > 1 and lines[-1].strip() == NO_NEWLINE:
        return tuple(lines[:-1]), False
    return tuple(lines), None


def _usual_ending(lines: Sequence[str]) -> str:
    counted = Counter(ending(line) for line in lines if line.endswith("\n"))
    return counted.most_common(1)[0][0] if counted else "\n"
