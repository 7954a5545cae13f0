"""A fenced block of code: its definitions, and what in it is not meant to be put into a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.code.outline import Item, Outline, outline
from agent.edits.elision import placeholder_rows
from agent.edits.fences import Fence
from agent.edits.hints import Hint, path_above, path_in
from agent.edits.indent import dedent
from agent.edits.records import Tree
from swe_tasks.languages import language_of_info, language_of_path, related

_HOLDERS = {
    "javascript": "class Holder {", "typescript": "class Holder {", "tsx": "class Holder {",
    "java": "class Holder {", "rust": "impl Holder {", "cpp": "class Holder {",
}  # fmt: skip
"""What makes bare methods parse."""
_TAIL_LINES = 10
"""Where the broken end of a snippet is taken to begin, at most so many lines above the error."""
_COMMENT_LINE = re.compile(r"\s*(?:#|//|/\*|<!--|--)")
_DEFINING = re.compile(r"\s*(?:def|class|async)\b|\s*@")


@dataclass(frozen=True, slots=True)
class Snippet:
    line: int
    """Of the first row, counted from 1 in the reply."""
    lines: tuple[str, ...]
    hint: Hint | None
    language: str | None
    outline: Outline
    methods: bool = False
    """It parses only inside a class."""
    note: str | None = None

    @property
    def code(self) -> str:
        return "\n".join(self.lines)

    def elided(self, known: frozenset[str]) -> set[int]:
        """Rows that stand for code left out; `known` are the stripped lines of the original."""
        return placeholder_rows(self.lines, self.outline.comments, known)


def read_snippet(fence: Fence, tree: Tree) -> Snippet:
    hint, lines, line = path_of_fence(fence, tree)
    lines = dedent([each.removesuffix("\r") for each in lines])
    candidates = _languages(fence, hint, tree)
    best: Snippet | None = None
    for language in candidates:
        snippet = _parsed(language, lines, hint, line)
        if snippet.outline.error is None:
            return snippet
        best = best or snippet
    return best or Snippet(line, lines, hint, None, Outline((), None, frozenset(), ()))


def path_of_fence(fence: Fence, tree: Tree) -> tuple[Hint | None, tuple[str, ...], int]:
    """The path on the fence, above it, or in a first comment line, which is then no part of the code."""
    above = path_in(f"```{fence.info}", tree) or path_above(fence.before, tree)
    first = fence.lines[0] if fence.lines else ""
    inside = path_in(first, tree) if _COMMENT_LINE.match(first) else None
    if above and not (inside and inside.sole and not above.sole):
        same = inside is not None and inside.sole and inside.path == above.path
        return above, fence.lines[same:], fence.line + same
    if inside and inside.sole:
        return inside, fence.lines[1:], fence.line + 1
    return None, fence.lines, fence.line


def _languages(fence: Fence, hint: Hint | None, tree: Tree) -> list[str]:
    """The file's own language, else the tag's, else, without a tag, those of the shown files."""
    of_path = language_of_path(hint.path) if hint else None
    tagged = language_of_info(fence.info)
    if hint and "." in hint.path.rpartition("/")[2]:
        return [each for each in (of_path, tagged) if each and (of_path and related(each, of_path))]
    shown = [language for path in tree.shown if (language := language_of_path(path))]
    if tagged:
        return list(dict.fromkeys([tagged, *(each for each in shown if related(each, tagged))]))
    return [] if fence.info.strip() else list(dict.fromkeys(shown))


def _parsed(language: str, lines: tuple[str, ...], hint: Hint | None, line: int) -> Snippet:
    plain = outline(language, lines, branches=False, details=True)
    if plain.error is not None and language in _HOLDERS:
        held = outline(language, [_HOLDERS[language], *lines, "}"], branches=False, details=True)
        if held.error is None and len(held.items) == 1:
            return Snippet(line - 1, ("", *lines), hint, language, _opened(held), methods=True)
    cut = _without_tail(lines, plain) if plain.error is not None and language == "python" else None
    if cut is not None:
        shorter = outline(language, cut, branches=False, details=True)
        note = "lines after the last definition do not parse and were ignored"
        return Snippet(line, cut, hint, language, shorter, note=note)
    return Snippet(line, lines, hint, language, plain)


def _opened(held: Outline) -> Outline:
    return Outline(held.items[0].items, None, held.inner, held.comments)


def _without_tail(lines: Sequence[str], broken: Outline) -> tuple[str, ...] | None:
    """Without a broken usage example below the definitions, if nothing but that is broken."""
    tops = [row for row, line in enumerate(lines) if line.strip() and not line[0].isspace()]
    after = [row for row in tops if row <= (broken.error or 0)]
    for row in after[:-_TAIL_LINES:-1]:
        below = lines[row:]
        if any(_DEFINING.match(line) for line in below):
            return None
        kept = tuple(lines[:row])
        parsed = outline("python", kept, branches=False)
        if parsed.error is None:
            return kept if any(item.kind in {"function", "class"} for item in parsed.items) else None
    return None


def named(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.name and item.kind in {"function", "class", "type", "value"}]
