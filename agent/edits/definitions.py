"""Definitions in fenced blocks, which replace those of the same name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agent.code.outline import Item, Outline, outline
from agent.edits import imports, paths
from agent.edits.anchors import Ambiguous, Anchor, Match, by_owner, match_anywhere
from agent.edits.draft import Draft
from agent.edits.merge import Merge, add, put
from agent.edits.snippets import Snippet, named
from agent.edits.text import Source, read_source, splice
from swe_tasks.languages import language_of_path, related


@dataclass(slots=True)
class Code:
    """A file of the tree with its definitions."""

    source: Source
    language: str
    outline: Outline


@dataclass(slots=True)
class Part:
    """What of one snippet goes into one file."""

    snippet: Snippet
    items: list[Item] = field(default_factory=list[Item])


def read_code(draft: Draft, path: str, cache: dict[str, Code]) -> Code | None:
    """None where the language is not known."""
    if path not in cache:
        language = language_of_path(path)
        if language is None:
            return None
        source = read_source(draft.tree.files[path])
        found = outline(language, source.keys, branches=True)
        if found.error is not None and path.endswith(".h"):
            other = outline("cpp", source.keys, branches=True)
            language, found = ("cpp", other) if other.error is None else (language, found)
        cache[path] = Code(source, language, found)
    return cache[path]


def merge_file(draft: Draft, path: str, code: Code, parts: Sequence[Part]) -> None:
    """All that the reply gives for one file."""
    merge = Merge(path, code.source)
    for part in parts:
        _merge_part(merge, code, part)
    merge.splices = [each for each in merge.splices if each.quoted != each.lines]
    draft.problems.extend(merge.problems)
    for note in merge.notes:
        draft.note(note)
    draft.splices.setdefault(path, []).extend(merge.splices)
    if not merge.problems and reason_unparsable(code, merge):
        draft.problem(reason_unparsable(code, merge) or "", path, parts[0].snippet.line)


def reason_unparsable(code: Code, merge: Merge) -> str | None:
    """The file as it would be must parse, if it did before."""
    ordered = sorted(merge.splices, key=lambda each: (each.start, each.stop))
    overlap = any(after.start < before.stop for before, after in pairwise(ordered))
    if overlap or code.outline.error is not None or not merge.splices:
        return None
    keys = read_source(splice(code.source, merge.splices)).keys
    error = outline(code.language, keys, branches=True).error
    if error is None:
        return None
    return f"with this edit the file would not parse, at `{keys[min(error, len(keys) - 1)].strip()[:80]}`"


def _merge_part(merge: Merge, code: Code, part: Part) -> None:
    tops = code.outline.items
    anchors = anchors_of(tops, part.items, fields=part.snippet.methods)
    placed = [(item, each) for item, each in zip(part.items, anchors, strict=True) if isinstance(each, Anchor)]
    for item, found in zip(part.items, anchors, strict=True):
        if isinstance(found, Ambiguous):
            _tell_ambiguous(merge, part.snippet, item, found)
        elif found and _is_example(part.snippet, item, found.old):
            merge.notes.append(f"the assignment to `{item.name}` was ignored: it is a {found.old.kind} of the file")
        elif found:
            put(merge, found.old, part.snippet, item)
    news = [item for item, found in zip(part.items, anchors, strict=True) if found is None]
    kept = _wanted(merge, part.snippet, news, [item for item, _ in placed])
    _add_new(merge, code, part.snippet, kept, [each for _, each in placed])
    _add_imports(merge, code, part.snippet, [*(item for item, _ in placed), *kept])
    _tell_ignored(merge, part.snippet)


def _is_example(snippet: Snippet, item: Item, old: Item) -> bool:
    """`wrap = wrap("text")` below a function `wrap` does not replace it."""
    callable_ = old.kind in {"function", "class"} and item.kind == "value"
    return callable_ and snippet.language == "python" and "lambda" not in _code(snippet, item)


def anchors_of(tops: Sequence[Item], items: Sequence[Item], *, fields: bool = False) -> list[Match]:
    """`fields`: the definitions are members of a class."""
    first = [match_anywhere(tops, item, items, set(), fields=fields) for item in items]
    owners = {each.owner for each in first if isinstance(each, Anchor) and each.owner}
    return [
        match_anywhere(tops, item, items, owners, fields=fields) if isinstance(found, Ambiguous) else found
        for item, found in zip(items, first, strict=True)
    ]


def _tell_ambiguous(merge: Merge, snippet: Snippet, item: Item, found: Ambiguous) -> None:
    rows = ", ".join(str(row + 1) for row in found.rows[:8])
    owners = f" (in {', '.join(found.owners[:8])})" if found.owners else ""
    message = f"`{item.name}` is defined at lines {rows} of the file{owners}"
    advice = "write it inside its class" if found.owners else "use search/replace blocks for it"
    merge.problem(f"{message}; it is not clear which is meant: {advice}", snippet, item.core)


def _wanted(merge: Merge, snippet: Snippet, news: Sequence[Item], placed: Sequence[Item]) -> list[Item]:
    """Without usage examples and tests: what only they use is left out, too."""
    kept: list[Item] = []
    is_test_file = re.search(r"(^|/)tests?(/|_)|_test\.|\.test\.|\.spec\.|conftest", merge.path) is not None
    for item in news:
        others = [each for each in (*news, *placed) if each is not item and each.kind != "value"]
        used = any(re.search(rf"\b{re.escape(item.name)}\b", _code(snippet, each)) for each in others)
        is_test = item.name.startswith(("test_", "Test")) and not is_test_file
        example = item.kind == "value" and bool(placed or others)
        trailing = example and item.name.islower() and all(item.core > each.core for each in (*placed, *others))
        if trailing or (not used and (is_test or example)):
            merge.notes.append(f"`{item.name}` was ignored as an example or a test")
        else:
            kept.append(item)
    return kept


def _code(snippet: Snippet, item: Item) -> str:
    return "\n".join(snippet.lines[item.lead : item.stop])


def _add_new(merge: Merge, code: Code, snippet: Snippet, news: Sequence[Item], anchors: Sequence[Anchor]) -> None:
    """Before the first definition that is replaced; methods into the class of the other methods."""
    tops = code.outline.items
    owners = {each.owner for each in anchors}
    methods = len(owners) == 1 and owners != {()}
    for new in news:
        if methods and (snippet.methods or new.params.startswith(("(self", "(cls", "(&"))):
            owner = by_owner(tops, anchors[0].owner)
            add(merge, snippet, [new], owner, before=anchors[0].old)
            continue
        first = anchors[0].old if anchors else None
        around = next((top for top in tops if first and top.lead <= first.lead < top.stop), None)
        guard = next((top for top in tops if merge.source.keys[top.start].startswith("if __name__")), None)
        add(merge, snippet, [new], None, before=around or guard)


def _add_imports(merge: Merge, code: Code, snippet: Snippet, kept: Sequence[Item]) -> None:
    given = [_code(snippet, item) for item in snippet.outline.items if item.kind == "import"]
    if not given or not kept:
        return
    keys = merge.source.keys
    present = ["\n".join(keys[item.start : item.stop]) for item in code.outline.items if item.kind == "import"]
    used = "\n".join(_code(snippet, item) for item in kept)
    if code.language == "python":
        defined = frozenset(item.name for item in code.outline.items if item.kind in {"function", "class"})
        wanted = imports.missing_python(given, present, used, defined, merge.path)
    elif code.language == "go":
        wanted = imports.missing_go(given, present, used)
    else:
        wanted = imports.missing_others(given, present, used)
    future = [each for each in wanted if each.startswith("from __future__")]
    for group in (future, [each for each in wanted if each not in future]):
        if group:
            where = imports.place(code.outline.items, keys, group, code.language)
            merge.replace(
                where.row, where.row, [line for each in where.lines for line in each.split("\n")], snippet.line
            )
            merge.notes.append(f"imports were added to `{merge.path}`: {'; '.join(group)}")


def _tell_ignored(merge: Merge, snippet: Snippet) -> None:
    loose = [item for item in snippet.outline.items if item.kind == "statement"]
    texts = [snippet.lines[item.start].strip()[:60] for item in loose]
    shown = [text for text in texts if text not in {"...", "pass", "…"}]
    if shown:
        merge.notes.append(f"statements outside of definitions were ignored: `{shown[0]}`")


def choose_files(draft: Draft, snippet: Snippet, pool: Sequence[str], cache: dict[str, Code]) -> dict[str, list[str]]:
    """For every definition of the snippet, the files of the pool that define it."""
    found: dict[str, list[str]] = {}
    for item in named(snippet.outline.items):
        name = re.split(r"\W+", item.name)[-1].encode("utf-8", "replace")
        for path in pool:
            language = language_of_path(path)
            fits = language is not None and snippet.language is not None and related(language, snippet.language)
            if not fits or name not in draft.tree.files[path] or paths.refusal(path, draft.tree.symlinks):
                continue
            code = read_code(draft, path, cache)
            match = match_anywhere(code.outline.items, item, [item], set()) if code else None
            if isinstance(match, Anchor) or (match and not match.qualified):
                found.setdefault(item.name, []).append(path)
    return found
