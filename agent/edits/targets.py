"""Which file a search/replace block is for."""

import re
from collections.abc import Sequence

from agent.edits import paths
from agent.edits.draft import Draft
from agent.edits.hints import Hint, path_above, path_in
from agent.edits.locate import Place, locate
from agent.edits.paths import Found
from agent.edits.scan import Block
from agent.edits.splits import likely_splits, plain
from agent.edits.text import Source, read_source

_GUESSED = 50
"""Shown files that a block without a path is sought in."""


def target(draft: Draft, block: Block, previous: str | None, sources: dict[str, Source]) -> Found | str:
    """As written, else the previous block's file, else the shown one that holds the text; or what is wrong."""
    hint = _hint(draft, block)
    found = _written(draft, block, hint) if hint else None
    if isinstance(found, str):
        holders = _holders(draft, block, sources)
        return f"{found}; its text is in {listed(holders)}" if holders else found
    if hint and found and (hint.sole or _holds(draft, block, found.path, sources)):
        return found
    return _guessed(draft, block, previous, sources)


def _guessed(draft: Draft, block: Block, previous: str | None, sources: dict[str, Source]) -> Found | str:
    if previous and _holds(draft, block, previous, sources):
        return Found(previous)
    holders = _holders(draft, block, sources)
    if len(holders) > 1:
        return f"no path stands above it, and its text is in {listed(holders)}; write the path"
    if holders:
        return Found(holders[0], f"a block without a path was taken for `{holders[0]}`, which alone holds its text")
    if previous or len(draft.tree.shown) == 1:
        return Found(previous or draft.tree.shown[0])
    return "no path stands above it; write the file's path on the line before `<<<<<<< SEARCH`"


def source_of(draft: Draft, path: str, sources: dict[str, Source]) -> Source:
    """Each file is split into lines once."""
    if path not in sources:
        sources[path] = read_source(draft.tree.files[path])
    return sources[path]


def listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names[:3])


def _hint(draft: Draft, block: Block) -> Hint | None:
    if block.marker_path:
        hint = path_in(f"File: {block.marker_path}", draft.tree)
        return Hint(hint.path, sole=True) if hint else None
    return path_above(block.before, draft.tree) or _bare_name(block)


def _bare_name(block: Block) -> Hint | None:
    """A new file's name without an extension, such as `Makefile`."""
    above = block.before[0].strip() if block.before else ""
    makes_file = bool(block.dividers) and likely_splits(block)[0].empty
    return Hint(above, sole=True) if makes_file and re.fullmatch(r"[\w-]+", above) else None


def _written(draft: Draft, block: Block, hint: Hint) -> Found | str:
    path = paths.tidy(hint.path, draft.tree)
    original = next((old for old, new in draft.renamed.items() if new == path), None)
    if original is not None:
        return Found(original)
    makes_file = hint.sole and block.dividers and likely_splits(block)[0].empty
    return paths.new(path, draft.tree) if makes_file else paths.find(path, draft.tree)


def _holders(draft: Draft, block: Block, sources: dict[str, Source]) -> list[str]:
    return [each for each in draft.tree.shown[:_GUESSED] if _holds(draft, block, each, sources)]


def _holds(draft: Draft, block: Block, path: str, sources: dict[str, Source]) -> bool:
    source = source_of(draft, path, sources)
    return any(
        isinstance(locate(source, split.quoted, plain(split.lines)), Place)
        for split in likely_splits(block)
        if not split.empty
    )
