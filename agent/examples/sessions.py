"""Sessions with an interpreter, as issues show them."""

import re
import textwrap
from dataclasses import dataclass

from agent.examples.source import Source, python_of

_PLAIN = re.compile(r"\s*>>> ?(.*)$")
_PLAIN_MORE = re.compile(r"\s*\.\.\.(?: (.*))?$")
_NOTEBOOK = re.compile(r"\s*In ?\[\d*\]: ?(.*)$")
_NOTEBOOK_MORE = re.compile(r"\s*\.\.\.+: ?(.*)$")
_RESULT = re.compile(r"\s*Out ?\[\d*\]: ?")
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*(_*[A-Z]\w*)(?::.*)?$")
_FRAME = re.compile(r"\s+\S|[-~<>]|\.\.\.|File |/")
_TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)|^\s*-{20,}$|^-+> *\d+ ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One input and what the issue shows after it."""

    source: Source
    shown: str


def session_of(text: str) -> tuple[Statement, ...]:
    """The statements of a session; none if it has no prompts. What is no Python of today is left out."""
    inputs: list[list[str]] = []
    outputs: list[list[str]] = []
    reading = False
    for line in textwrap.dedent(text).split("\n"):
        if started := _PLAIN.match(line) or _NOTEBOOK.match(line):
            inputs.append([started[1]])
            outputs.append([])
            reading = True
        elif reading and (more := _NOTEBOOK_MORE.match(line) or _PLAIN_MORE.match(line)):
            inputs[-1].append(more[1] or "")
        elif inputs:
            reading = False
            outputs[-1].append(_RESULT.sub("", line, count=1))
    found = ((python_of("\n".join(lines)), shown) for lines, shown in zip(inputs, outputs, strict=True))
    return tuple(Statement(source, _shown(lines)) for source, lines in found if source is not None)


def _shown(lines: list[str]) -> str:
    text = textwrap.dedent("\n".join(lines)).strip("\n").rstrip()
    return exception_of(text) or text


def exception_of(text: str) -> str | None:
    """The last exception of a traceback, as `Type: message` without its module; None if there is no traceback."""
    if not _TRACEBACK.search(text):
        return None
    lines = textwrap.dedent(text).rstrip().split("\n")
    last = max((place for place, line in enumerate(lines) if _FRAME.match(line)), default=-1)
    for place in (*range(last + 1, len(lines)), *reversed(range(len(lines)))):
        if (found := _EXCEPTION.match(lines[place])) and not _FRAME.match(lines[place]):
            told = "\n".join(lines[place:]).rstrip()
            return told[found.start(1) :]
    return None
