"""From a reply to an edit: which format it is in, and the reader for that."""

import re
from collections.abc import Mapping, Sequence

from agent.edits.blocks import add_blocks, add_operations
from agent.edits.diffs import has_diff, is_diff, read_diff
from agent.edits.draft import Draft, finish
from agent.edits.fenced import add_fences
from agent.edits.fences import Fence, fences
from agent.edits.paths import make_tree
from agent.edits.records import Edit, EditFormat, Problem, Problems
from agent.edits.scan import scan
from agent.edits.snippets import named, read_snippet

_EXPECTED: dict[EditFormat, str] = {
    "blocks": "search/replace blocks: a line with the file's path, then `<<<<<<< SEARCH`, the lines to find, "
    "`=======`, the new lines, `>>>>>>> REPLACE`",
    "definitions": "a fenced code block with each changed function, method or class, complete, and the file's path "
    "on the line above the fence",
    "whole": "each changed file, complete, in a fenced code block with its path on the line above the fence",
}


def read_edit(
    reply: str,
    files: Mapping[str, bytes],
    *,
    asked: EditFormat,
    shown: Sequence[str] = (),
    symlinks: frozenset[str] = frozenset(),
    executable: frozenset[str] = frozenset(),
) -> Edit | Problems:
    """What a reply changes in the base tree, or everything that is wrong with it.

    `files` are the original files by path. `shown` are the paths the model was shown, the first choice where
    one is missing or ambiguous. `symlinks` are the paths that are symbolic links or lie behind one, and
    `executable` those that may be run. Whatever was asked for, an unambiguous answer in another format is
    taken. Never raises, whatever the reply.
    """
    draft = Draft(make_tree(files, shown, symlinks, executable))
    lines = _lines(reply)
    scanned = scan(lines)
    add_operations(draft, scanned.operations)
    written_as: EditFormat = "blocks"
    if scanned.blocks:
        add_blocks(draft, scanned.blocks)
    else:
        written_as = _read_rest(draft, scanned.rest, asked)
    nothing = not (draft.problems or draft.splices or draft.written or draft.deleted or draft.renamed)
    return Problems((_no_edit(draft, asked),), no_edit=True) if nothing else finish(draft, written_as)


def _lines(reply: str) -> list[str]:
    """A reply whose lines all end in CRLF means plain line ends. Escaped bytes stay, lone surrogates go."""
    lines = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", reply).split("\n")
    if len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1]):
        return [line.removesuffix("\r") for line in lines]
    return lines


def _read_rest(draft: Draft, lines: Sequence[str], asked: EditFormat) -> EditFormat:
    found = fences(lines)
    diffs = [fence for fence in found if is_diff(fence)]
    if diffs:
        for fence in diffs:
            _add_diff(draft, fence.lines, fence.line, fence.before)
        return "blocks"
    if not found and has_diff(lines):
        start = next(index for index, line in enumerate(lines) if line.startswith("--- "))
        _add_diff(draft, lines[start:], start + 1, ())
        return "blocks"
    return add_fences(draft, found or _unfenced(draft, lines), asked)


def _add_diff(draft: Draft, lines: Sequence[str], first_line: int, before: tuple[str, ...]) -> None:
    diff = read_diff(lines, first_line, before)
    add_operations(draft, diff.operations)
    add_blocks(draft, diff.blocks)


def _unfenced(draft: Draft, lines: Sequence[str]) -> list[Fence]:
    """A reply that is nothing but code."""
    fence = Fence(1, "", tuple(lines), ())
    snippet = read_snippet(fence, draft.tree)
    is_code = snippet.outline.error is None and snippet.note is None and not snippet.methods
    loose = any(item.kind == "statement" for item in snippet.outline.items[:1])
    defines = any(item.kind in {"function", "class"} for item in named(snippet.outline.items))
    return [fence] if is_code and defines and not loose else []


def _no_edit(draft: Draft, asked: EditFormat) -> Problem:
    seen = f" ({'; '.join(draft.notes[:3])})" if draft.notes else ""
    return Problem(f"the answer holds no edit{seen}. Expected: {_EXPECTED[asked]}")
