"""Fenced code blocks, each taken as a whole file or as definitions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.code.outline import Item
from agent.edits import paths
from agent.edits.definitions import Code, Part, anchors_of, choose_files, merge_file, read_code
from agent.edits.draft import Draft
from agent.edits.fences import Fence
from agent.edits.paths import Found
from agent.edits.records import EditFormat
from agent.edits.snippets import Snippet, named, path_of_fence, read_snippet
from agent.edits.whole import add_whole, is_partial
from swe_tasks.languages import related

_SEARCHED_FILES = 2000
_DEFINING = re.compile(r"\s*(?:async |export |pub |public |static )*(?:def|class|func|function|fn|impl|interface) ")


@dataclass(slots=True)
class Sorting:
    """Where the blocks of one reply go."""

    draft: Draft
    cache: dict[str, Code] = field(default_factory=dict[str, Code])
    parts: dict[str, list[Part]] = field(default_factory=dict[str, list[Part]])
    loose: list[Snippet] = field(default_factory=list[Snippet])
    """Code of which no file has a definition."""
    wholes: int = 0


def add_fences(draft: Draft, fences: Sequence[Fence], asked: EditFormat) -> EditFormat:
    """The format that was found."""
    sorting = Sorting(draft)
    for fence in fences:
        if any(line.strip() for line in fence.lines) or path_of_fence(fence, draft.tree)[0]:
            _sort(sorting, fence, asked)
    _settle_loose(sorting)
    for path, parts in sorting.parts.items():
        code = read_code(draft, path, sorting.cache)
        if code:
            merge_file(draft, path, code, parts)
    if sorting.wholes and not sorting.parts:
        return "whole"
    return "definitions" if sorting.parts else asked


def _sort(sorting: Sorting, fence: Fence, asked: EditFormat) -> None:
    draft = sorting.draft
    snippet = read_snippet(fence, draft.tree)
    path = _path(sorting, snippet, asked)
    code = read_code(draft, path, sorting.cache) if path in draft.tree.files and path not in draft.deleted else None
    excerpt = code is not None and (asked != "whole" or is_partial(code, snippet))
    if path and not excerpt:
        hint, lines, line = path_of_fence(fence, draft.tree)
        add_whole(draft, fence, path, lines if hint else fence.lines, line if hint else fence.line)
        sorting.wholes += 1
    elif not snippet.language or not (named(snippet.outline.items) or _is_broken(snippet, path)):
        draft.note(f"the fenced block at line {fence.line} of the reply holds no definition and was ignored")
    elif snippet.outline.error is not None:
        _tell_error(draft, snippet, path)
    elif path and code and asked == "whole" and not any(anchors_of(code.outline.items, named(snippet.outline.items))):
        draft.problem("this leaves out most of the file; write the complete file", path, snippet.line)
    elif path:
        draft.note(snippet.note)
        sorting.parts.setdefault(path, []).append(Part(snippet, named(snippet.outline.items)))
    else:
        draft.note(snippet.note)
        _by_name(sorting, snippet)


def _path(sorting: Sorting, snippet: Snippet, asked: EditFormat) -> str:
    """Of the file a block is for, which may be a new one; empty where only its definitions can tell."""
    tree = sorting.draft.tree
    if snippet.hint is None:
        alone = asked == "whole" and len(tree.shown) == 1
        return tree.shown[0] if alone and _fits(snippet, tree.shown[0], sorting) else ""
    found = paths.find(snippet.hint.path, tree)
    if isinstance(found, Found) and (asked != "whole" or found.path == paths.tidy(snippet.hint.path, tree)):
        sorting.draft.note(found.note)
        return found.path
    if not snippet.hint.sole:
        return ""
    names = {item.name for item in named(snippet.outline.items) if item.kind != "value"}
    known = choose_files(sorting.draft, snippet, tree.shown, sorting.cache) if asked != "whole" else {}
    if names and names <= known.keys():
        sorting.draft.note(f"there is no file `{snippet.hint.path}`; its definitions are those of another file")
        return ""
    return snippet.hint.path


def _fits(snippet: Snippet, path: str, sorting: Sorting) -> bool:
    code = read_code(sorting.draft, path, sorting.cache)
    return code is None or (snippet.language is not None and related(snippet.language, code.language))


def _is_broken(snippet: Snippet, path: str) -> bool:
    """Whether it was meant to define something and does not parse."""
    return snippet.outline.error is not None and (bool(path) or any(_DEFINING.match(line) for line in snippet.lines))


def _tell_error(draft: Draft, snippet: Snippet, path: str) -> None:
    row = snippet.outline.error or 0
    text = snippet.lines[min(row, len(snippet.lines) - 1)].strip()[:80]
    draft.problem(f"this {snippet.language} code does not parse, at `{text}`", path or None, snippet.line + row)


def _by_name(sorting: Sorting, snippet: Snippet) -> None:
    """Each definition goes to the one file that has it; what no file has goes along with the others."""
    tree = sorting.draft.tree
    known = choose_files(sorting.draft, snippet, tree.shown, sorting.cache)
    code_items = [item for item in named(snippet.outline.items) if item.kind != "value"]
    if not any(item.name in known for item in code_items) and code_items:
        others = [path for path in list(tree.files)[:_SEARCHED_FILES] if path not in set(tree.shown)]
        known = choose_files(sorting.draft, snippet, others, sorting.cache)
        known = {name: files for name, files in known.items() if name in {item.name for item in code_items}}
    sure = {files[0] for item in code_items if len(files := known.get(item.name, [])) == 1}
    placed: dict[str, list[Item]] = {}
    for item in named(snippet.outline.items):
        files = known.get(item.name, [])
        files = [path for path in files if path in sure] if len(files) > 1 or (sure and item.kind == "value") else files
        if len(files) == 1:
            placed.setdefault(files[0], []).append(item)
        elif known.get(item.name) and item.kind != "value":
            listed = ", ".join(f"`{path}`" for path in known[item.name][:5])
            message = f"`{item.name}` is defined in several files ({listed}); write the path above the block"
            sorting.draft.problem(message, line=snippet.line + item.core)
    if not placed:
        sorting.loose.append(snippet)
        return
    home = next(iter(placed))
    there = {id(item) for items in placed.values() for item in items}
    for path in placed:
        items = [item for item in named(snippet.outline.items) if _goes(item, path, placed, home, there)]
        sorting.parts.setdefault(path, []).append(Part(snippet, items))


def _goes(item: Item, path: str, placed: dict[str, list[Item]], home: str, there: set[int]) -> bool:
    return any(each is item for each in placed[path]) or (path == home and id(item) not in there)


def _settle_loose(sorting: Sorting) -> None:
    """New helpers in a block of their own join the only file that is edited."""
    draft = sorting.draft
    for snippet in sorting.loose:
        names = [item.name for item in named(snippet.outline.items)]
        if len(sorting.parts) == 1:
            next(iter(sorting.parts.values())).append(Part(snippet, named(snippet.outline.items)))
        elif sorting.parts or sorting.wholes or draft.problems:
            draft.note(f"`{names[0]}` was ignored: no file has it, and no path is given")
        else:
            listed = ", ".join(f"`{name}`" for name in names[:5])
            message = f"no file defines {listed}; write the path of the file above the block"
            draft.problem(message, line=snippet.line)
