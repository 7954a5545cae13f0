"""Search/replace blocks, against the original files."""

from collections.abc import Sequence
from dataclasses import replace

from agent.edits import draft as drafts
from agent.edits import paths
from agent.edits.draft import Draft
from agent.edits.indent import Shift
from agent.edits.locate import Place, Several, elsewhere, nearest
from agent.edits.records import Splice
from agent.edits.scan import Block, Operation
from agent.edits.splits import Split, choose, likely_splits, plain, split_at
from agent.edits.targets import listed, source_of, target
from agent.edits.text import Source, fresh


def add_operations(draft: Draft, operations: Sequence[Operation]) -> None:
    for operation in operations:
        perform = drafts.delete if operation.verb == "DELETE" else drafts.rename
        perform(draft, operation.argument, operation.line)


def add_blocks(draft: Draft, blocks: Sequence[Block]) -> None:
    """Operations come first: a block may name a renamed file by its new name."""
    sources: dict[str, Source] = {}
    previous: str | None = None
    for number, block in enumerate(blocks, start=1):
        name = _name(number, block)
        found = block.trouble or target(draft, block, previous, sources)
        if isinstance(found, str):
            draft.problem(f"{name}{'' if block.trouble else ':'} {found}", line=block.line)
            continue
        draft.note(found.note)
        previous = path = found.path
        if path in draft.tree.files and path not in draft.deleted:
            _change(draft, block, name, path, source_of(draft, path, sources))
        else:
            _create(draft, block, name, path)


def _name(number: int, block: Block) -> str:
    first = next((line.strip() for line in block.body if line.strip()), "")
    return f"block {number} (`{first[:60]}`)" if first else f"block {number}"


def _create(draft: Draft, block: Block, name: str, path: str) -> None:
    split = split_at(block, block.dividers[0])
    if not split.empty:
        draft.problem(f"{name}: there is no such file; to make a new one, leave SEARCH empty", path, block.line)
        return
    found = paths.new(path, draft.tree)
    if isinstance(found, str):
        draft.problem(f"{name}: {found}", line=block.line)
        return
    drafts.write(draft, found.path, fresh(split.lines, split.final_newline), block.line)


def _change(draft: Draft, block: Block, name: str, path: str, source: Source) -> None:
    if reason := paths.refusal(path, draft.tree.symlinks):
        draft.problem(f"{name}: {reason}", line=block.line)
        return
    first = likely_splits(block)[0]
    if not source.lines and first.empty:
        _add(draft, path, Splice(0, 0, (), plain(first.lines), first.final_newline, block.line))
        return
    chosen = choose(source, block)
    if isinstance(chosen, str):
        draft.problem(f"{name}: {chosen}", path, block.line)
    elif chosen.place is None:
        draft.problem(f"{name}: {_not_found(draft, source, path, chosen.split)}", path, block.line)
    elif isinstance(chosen.place, Several):
        draft.problem(f"{name}: {_several(chosen.place)}", path, block.line)
    else:
        _take(draft, path, chosen.split, chosen.place, name=name, line=block.line)


def _not_found(draft: Draft, source: Source, path: str, split: Split) -> str:
    if split.empty:
        return "SEARCH is empty, but the file exists and is not empty; quote the lines to replace"
    message = "the SEARCH lines are not in the file"
    others = elsewhere(draft.tree, path, split.quoted)
    if others:
        message += f"; exactly these lines are in {listed(others)}"
    region = nearest(source, split.quoted)
    return f"{message}. The nearest text there is:\n{region}" if region else message


def _several(place: Several) -> str:
    numbers = ", ".join(str(start + 1) for start in place.starts[:10])
    more = ", ..." if len(place.starts) > 10 else ""
    times = f"{len(place.starts)} times or more" if more else f"{len(place.starts)} times"
    return f"the SEARCH lines stand in the file {times}, at lines {numbers}{more}; quote more lines around them"


def _take(draft: Draft, path: str, split: Split, place: Place, *, name: str, line: int) -> None:
    last = place.skipped + place.stop - place.start
    quoted: tuple[str, ...] | None = split.quoted[place.skipped : last]
    lines: tuple[str, ...] | None = _trimmed(plain(split.lines), place.skipped, len(split.quoted) - last)
    if place.shift:
        quoted, lines = _shifted(quoted, place.shift), _shifted(lines, place.shift)
    if quoted is None or lines is None:
        message = "the SEARCH lines stand in the file with another indentation, to which REPLACE cannot be brought"
        draft.problem(f"{name}: {message}", path, line)
        return
    draft.note(f"`{path}` line {place.start + 1}: {place.note}" if place.note else None)
    _add(draft, path, Splice(place.start, place.stop, quoted, lines, split.final_newline, line))


def _add(draft: Draft, path: str, change: Splice) -> None:
    splices = draft.splices.setdefault(path, [])
    if any(replace(each, line=0) == replace(change, line=0) for each in splices):
        draft.note("a repeated block was ignored")
    else:
        splices.append(change)


def _trimmed(lines: tuple[str, ...], head: int, tail: int) -> tuple[str, ...]:
    """Without the blank lines at both ends that SEARCH had and the file had not."""
    while head and lines and not lines[0].strip():
        lines, head = lines[1:], head - 1
    while tail and lines and not lines[-1].strip():
        lines, tail = lines[:-1], tail - 1
    return lines


def _shifted(lines: Sequence[str], shift: Shift) -> tuple[str, ...] | None:
    moved = [shift.apply(line) for line in lines]
    return None if None in moved else tuple(line for line in moved if line is not None)
