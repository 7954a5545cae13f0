"""What a program prints, without what differs from run to run or moves with every edit."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from selection.braces import sort_sets

LONGEST: Final = 64 * 1024
"""Characters kept of a text; what is left out is named by its digest."""
LONGEST_LINE: Final = 8 * 1024
_READ: Final = 1024 * 1024
_ROUNDS: Final = 4

# An escape character goes whatever follows it, so that none is left to begin a sequence.
_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~])?")
_BANNER = re.compile(
    r"(?:platform \S+ -- Python|rootdir: |configfile: |cachedir: |plugins: |hypothesis profile |Using --randomly-seed)"
)
_TRACEBACK = re.compile(r"(\s*)(?:\+ (?:Exception Group )?)?Traceback \(most recent call last\):")
_WARNING = re.compile(r"\S{0,500}[\w>]:\d+: (\w{0,80}Warning: )")
_RULED = re.compile(r"(?:={2,}) (.+?) (?:={2,})")
_PLACE = re.compile(r'(File "[^"\n]{1,500}", line )\d+')
# Lines of the example's own files are results; lines of files elsewhere move with the candidate.
_FAR_PLACE = re.compile(r"((?:/|\.\./|<root>|<temp>)[\w./<>+-]{0,500}\.\w{1,8}:)\d+(?::\d+)?")
_TEMPORARY = re.compile(
    r"(?:/private)?(?:/var)?/tmp/[\w.-]{1,100}(?:/pytest-\d+)?"
    r"|/var/folders/[\w./-]{1,200}/T/[\w.-]+"
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b|\b0x[0-9a-fA-F]{11,16}\b")
_PROCESS = re.compile(r"\b(pid|PID|process)([ =:#]{1,3})\d{1,10}\b")
_DURATION = re.compile(
    r"\b(in|took|after|[Ee]lapsed:?|[Tt]ime:|[Dd]uration:) \d{1,9}(?:\.\d{1,9})?(?:e-?\d{1,3})? ?"
    r"(?:s|ms|us|µs|ns|secs?|seconds?|minutes?|milliseconds?|microseconds?)\b"
)
# A date, or a time to the second, is often a result. What has fractions of a second was read from a clock.
_CLOCK = re.compile(
    r"\b(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d[.,]\d{3,9}(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:[A-Z][a-z]{2} [ \d]\d|\d\d [A-Z][a-z]{2} \d{4})"
    r" \d\d:\d\d:\d\d(?: \d{4}| GMT)?"
)


def normalise(text: str, roots: Iterable[str] = ()) -> str:
    """What is the same from run to run. `roots` are absolute directories: the tree, the working directory.

    Gone are addresses, paths up to `roots`, temporary names, durations, readings of a clock, process ids, the order of
    sets, colours, the frames of tracebacks (type and message stay), where a warning comes from, and pytest's
    banner. Numbers that may be results stay. Normalising again changes nothing. Takes time in proportion to the text.
    """
    rooted = _rooted(roots)
    text = text[:_READ]
    for _ in range(_ROUNDS):
        before, text = text, _once(text, rooted)
        if text == before:
            break
    return text


def _once(text: str, rooted: re.Pattern[str] | None) -> str:
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    lines = (_line(line, rooted) for line in _told(text.split("\n")) if not _BANNER.match(line))
    return _bounded("\n".join(lines).strip("\n").split("\n"))


def _rooted(roots: Iterable[str]) -> re.Pattern[str] | None:
    known = sorted({root.rstrip("/") for root in roots if root.startswith("/")} - {""}, key=lambda r: (-len(r), r))
    return re.compile(f"(?:{'|'.join(map(re.escape, known))})(?![\\w.-])") if known else None


def _told(lines: Sequence[str]) -> Iterable[str]:
    """The lines without the frames of tracebacks, and without the source line that follows a warning."""
    inside: int | None = None
    source = False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if inside is not None and line.strip() and indent > inside:
            continue
        inside = None
        if source and line.startswith("  "):
            source = False
            continue
        warned = _WARNING.match(line)
        source = warned is not None
        if opened := _TRACEBACK.match(line):
            inside = len(opened[1])
        yield warned[1] + line[warned.end() :] if warned else line


def _line(line: str, rooted: re.Pattern[str] | None) -> str:
    if len(line) > LONGEST_LINE:
        return f"<a line of {len(line)} characters, {_digest(line)}>"
    if rooted is not None:
        line = rooted.sub("<root>", line)
    line = _TEMPORARY.sub("<temp>", line)
    line = _PLACE.sub(r"\1N", line)
    line = _FAR_PLACE.sub(r"\1N", line)
    line = _ADDRESS.sub(lambda found: "at 0x" if found[0].startswith("at ") else "0x", line)
    line = _PROCESS.sub(r"\1\2N", line)
    line = _DURATION.sub(r"\1 <time>", line)
    line = _CLOCK.sub("<time>", line)
    if ruled := _RULED.fullmatch(line):
        line = f"== {ruled[1].strip()} =="
    return sort_sets(line).rstrip()


def _bounded(lines: list[str]) -> str:
    text = "\n".join(lines)
    if len(text) <= LONGEST:
        return text
    room = LONGEST // 2 - 100
    head, tail = text[:room].rpartition("\n")[0], text[-room:].partition("\n")[2]
    return f"{head}\n<left out: {len(text)} characters in all, {_digest(text)}>\n{tail}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
