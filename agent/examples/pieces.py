"""An issue's Markdown as a sequence of prose and code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST: Final = 70_000
"""Characters of an issue that are read; GitHub takes a few less."""

_PROMPT = re.compile(r"\s{0,3}>>> ")
_PROMPT_ANYWHERE = re.compile(r"\s*(?:>>> |In \[\d+\]: )")
_DEEP = re.compile(r"(?: {4}|\t)\s*\S")


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph or a heading, as the text and the code in its lines."""

    parts: tuple[tuple[bool, str], ...]
    """(whether it is code, text)"""

    @property
    def text(self) -> str:
        return "".join(f"`{text}`" if code else text for code, text in self.parts)


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code, or of output, or of anything else that is shown as it is."""

    text: str
    language: str
    number: int
    """Counted from 1 in the issue."""


Piece = Prose | Code


def pieces_of(issue: str) -> tuple[Piece, ...]:
    """The prose and the code of an issue, in order. HTML is left out."""
    issue = issue[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    lines = issue.split("\n")
    tokens = MarkdownIt("commonmark").parse(issue)
    pieces: list[Piece] = []
    blocks = place = 0
    while place < len(tokens):
        token = tokens[place]
        session = _session(token, lines)
        text = session if session is not None else token.content
        if session is not None or token.type in ("fence", "code_block"):
            blocks += 1
            language = "pycon" if session is not None else token.info.strip().split(" ")[0].lower()
            pieces.append(Code(text.rstrip(), language, blocks))
        elif token.type == "inline":
            pieces.append(Prose(_parts(token.children or ())))
            if hung := _hung(token, lines):
                blocks += 1
                pieces.append(Code(hung, "", blocks))
        place = place + 1 if session is None else _after(tokens, place)
    return tuple(pieces)


def _session(token: Token, lines: Sequence[str]) -> str | None:
    """An interpreter session without a fence looks like a quotation of a quotation of a quotation."""
    if token.type != "blockquote_open" or token.map is None:
        return None
    raw = lines[token.map[0] : token.map[1]]
    return "\n".join(raw) if raw and _PROMPT.match(raw[0]) else None


def _hung(token: Token, lines: Sequence[str]) -> str:
    """Code that hangs on a paragraph, without the blank line between them that Markdown asks for."""
    if token.map is None:
        return ""
    raw = lines[token.map[0] : token.map[1]]
    for place, line in enumerate(raw):
        if _PROMPT_ANYWHERE.match(line) or (place and all(_DEEP.match(other) for other in raw[place:])):
            return "\n".join(raw[place:])
    return ""


def _after(tokens: Sequence[Token], place: int) -> int:
    level = tokens[place].level
    place += 1
    while tokens[place].level > level or tokens[place].type != "blockquote_close":
        place += 1
    return place + 1


def _parts(children: Sequence[Token]) -> tuple[tuple[bool, str], ...]:
    parts: list[tuple[bool, str]] = []
    for child in children:
        if child.type == "code_inline":
            parts.append((True, child.content))
        elif child.type in ("text", "softbreak", "hardbreak"):
            parts.append((False, child.content if child.type == "text" else "\n"))
    return tuple(parts)
