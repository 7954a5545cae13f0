"""Whole files in fenced blocks."""

from collections.abc import Sequence

from agent.code.outline import Outline, outline
from agent.edits import draft as drafts
from agent.edits import paths
from agent.edits.definitions import Code
from agent.edits.draft import Draft
from agent.edits.elision import placeholder_line
from agent.edits.fences import Fence
from agent.edits.paths import Found
from agent.edits.snippets import Snippet, named
from agent.edits.text import fresh, read_source, rewrite, split_final
from swe_tasks.languages import language_of_path

_SHORT = 0.7
"""Share of a file's lines below which an answer that lacks definitions is not the whole file."""


def add_whole(draft: Draft, fence: Fence, raw_path: str, lines: Sequence[str], line: int) -> None:
    """`lines` are the fence's, perhaps without a path comment."""
    found = target(draft, raw_path, lines)
    if isinstance(found, str):
        draft.problem(found, line=fence.line)
        return
    draft.note(found.note)
    path = found.path
    original = draft.tree.files.get(path) if path not in draft.deleted else None
    source = read_source(original if original is not None else b"")
    if source.keys and fence.lines and fence.lines[0].strip() == source.keys[0].strip():
        lines, line = fence.lines, fence.line
    content, final_newline = split_final(lines)
    elided = placeholder_line(content, frozenset(key.strip() for key in source.keys), path)
    if elided is not None:
        text = content[elided].strip()[:60]
        draft.problem(f"the file leaves text out (`{text}`); write it completely", path, line + elided)
        return
    if not fence.closed:
        draft.note(f"the fence around `{path}` is not closed")
    error = _new_error(path, original, content)
    if error is not None:
        text = content[min(error, len(content) - 1)].strip()[:80]
        draft.problem(f"the file does not parse, at `{text}`", path, line + error)
    elif original is None:
        drafts.write(draft, path, fresh(content, final_newline), line)
    else:
        plain = tuple(each.removesuffix("\r") for each in content)
        drafts.write(draft, path, rewrite(source, plain, final_newline), line)


def _new_error(path: str, original: bytes | None, content: Sequence[str]) -> int | None:
    """The first row that does not parse, of a file that did."""
    language = language_of_path(path)
    if language is None or original is None or not content:
        return None
    if outline(language, read_source(original).keys, branches=False).error is not None:
        return None
    return outline(language, content, branches=False).error


def target(draft: Draft, raw_path: str, lines: Sequence[str]) -> Found | str:
    """The file with that path, else a shown one whose path ends so and whose text is much the same, else a
    new one."""
    new = paths.new(raw_path, draft.tree)
    if isinstance(new, str) or new.path in draft.tree.files:
        return new
    existing = paths.find(raw_path, draft.tree)
    if isinstance(existing, Found) and existing.path in draft.tree.shown:
        old = {key.strip() for key in read_source(draft.tree.files[existing.path]).keys}
        mine = {line.strip() for line in lines}
        if len(old & mine) * 2 >= min(len(old), len(mine)):
            return existing
    return new


def is_partial(code: Code, snippet: Snippet) -> bool:
    """Whether code given for an existing file is an excerpt: the file's imports or half of its definitions are
    missing, or some definitions and much of its text."""
    before = {item.name for item in named(code.outline.items) if item.kind != "value"}
    given = {item.name for item in named(snippet.outline.items)}
    if snippet.methods or not given:
        return bool(before)
    missing = len(before - given)
    no_imports = _has_imports(code.outline) and not _has_imports(snippet.outline)
    short = _filled(snippet.lines) < _filled(code.source.keys) * _SHORT
    return no_imports or (missing > 0 and (short or missing * 2 >= len(before)))


def _filled(lines: Sequence[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _has_imports(outline: Outline) -> bool:
    return any(item.kind == "import" for item in outline.items)
