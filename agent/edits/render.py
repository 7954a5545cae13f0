"""Edits and problems as text for a model."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from agent.code.outline import outline
from agent.edits.fences import longest_run
from agent.edits.read import read_edit
from agent.edits.records import Edit, EditFormat, Problems
from agent.edits.text import NO_NEWLINE, Source, read_source
from swe_tasks.languages import language_of_path
from swe_tasks.task import FileChange

PROBLEMS_CHARS = 6000
"""Upper bound of what `render_problems` gives."""

_SHORTEST = 160
_PLAIN_PATH = re.compile(r"[\w.-]+(/[\w.-]+)+|[\w-]+\.[A-Za-z]\w{0,9}", re.ASCII)


def render_problems(problems: Problems) -> str:
    """All problems, each cut to its share of a bounded text."""
    found = problems.problems
    if problems.no_edit:
        return _cut(found[0].message, PROBLEMS_CHARS)
    head = "The edit could not be used; nothing was changed. "
    head += "This is wrong with it:\n" if len(found) == 1 else f"These {len(found)} things are wrong with it:\n"
    foot = "\nEverything is compared with the original files, before any earlier edit."
    room = PROBLEMS_CHARS - len(head) - len(foot) - 60
    listed = found[: room // _SHORTEST]
    share = max(_SHORTEST, room // len(listed)) - 1
    lines: list[str] = []
    for number, problem in enumerate(listed, start=1):
        where = [f"`{_cut(problem.path, 100)}`"] if problem.path else []
        where += [f"line {problem.line} of the answer"] if problem.line else []
        lines.append(_cut(f"{number}. {', '.join(where)}{': ' if where else ''}{problem.message}", share))
    if len(listed) < len(found):
        lines.append(f"... and {len(found) - len(listed)} more.")
    return head + "\n".join(lines) + foot


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 4] + " ..."


def render_edit(changes: Sequence[FileChange], files: Mapping[str, bytes], format: EditFormat) -> str:  # noqa: A002 - the word for it everywhere
    """A reply that reads as exactly these changes. What the format cannot say is said in blocks.

    Raises:
        ValueError: no reply can say it: a symlink, a change of mode, a path that no reply may name.
    """
    renderers: dict[EditFormat, Callable[[FileChange, Mapping[str, bytes]], str | None]] = {
        "blocks": _as_blocks,
        "whole": _as_whole,
        "definitions": _as_definitions,
    }
    parts = [_one(change, files, renderers[format]) for change in changes]
    if None in parts:
        parts = [_one(change, files, _as_blocks) or _anew(change) for change in changes]
    reply = "\n".join(part for part in parts if part is not None)
    if not _says(reply, changes, files):
        raise ValueError("these changes cannot be written as a reply")
    return reply


def _one(
    change: FileChange, files: Mapping[str, bytes], render: Callable[[FileChange, Mapping[str, bytes]], str | None]
) -> str | None:
    """None where the format cannot say it."""
    text = _deletion(change) if change.content is None else render(change, files)
    return text if text is not None and _says(text, [change], files) else None


def _says(reply: str, changes: Sequence[FileChange], files: Mapping[str, bytes]) -> bool:
    executable = frozenset(change.path for change in changes if change.mode == "executable" and change.path in files)
    read = read_edit(reply, files, asked="blocks", executable=executable)
    return isinstance(read, Edit) and read.changes == tuple(sorted(changes, key=lambda change: change.path))


def _deletion(change: FileChange) -> str:
    return f"<<<<<<< DELETE {change.path}\n"


def _as_blocks(change: FileChange, files: Mapping[str, bytes]) -> str | None:
    if change.content is None or change.path not in files:
        return _block(change.path, (), _all_lines(change.content or b""))
    old, new = read_source(files[change.path]), read_source(change.content)
    if not old.lines:
        return _block(change.path, (), _all_lines(change.content))
    return "\n".join(_block(change.path, *hunk) for hunk in _hunks(old, new))


def _anew(change: FileChange) -> str:
    """A file written from nothing, which takes every byte as it is."""
    if change.content is None:
        return _deletion(change)
    return _deletion(change) + "\n" + _block(change.path, (), _all_lines(change.content))


def _hunks(old: Source, new: Source) -> list[tuple[list[str], list[str]]]:
    """Changed lines with as much around them as makes each SEARCH part unique."""
    matcher = difflib.SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    ranges = [code[1:] for code in matcher.get_opcodes() if code[0] != "equal"]
    text = "\n" + "\n".join(old.keys) + "\n"
    merged: list[tuple[int, int, int, int]] = []
    for old_start, old_stop, new_start, new_stop in ranges:
        grown = _grown(old.keys, text, old_start, old_stop)
        piece = (grown[0], grown[1], new_start - (old_start - grown[0]), new_stop + (grown[1] - old_stop))
        while merged and merged[-1][1] > piece[0]:
            first = merged.pop()
            piece = (min(first[0], piece[0]), max(first[1], piece[1]), min(first[2], piece[2]), max(first[3], piece[3]))
        merged.append(piece)
    return [(_marked(old, start, stop), _marked(new, first, last)) for start, stop, first, last in merged]


def _grown(keys: Sequence[str], text: str, start: int, stop: int) -> tuple[int, int]:
    while start > 0 or stop < len(keys):
        needle = "\n" + "\n".join(keys[start:stop]) + "\n"
        found = text.find(needle)
        filled = any(key.strip() for key in keys[start:stop])
        if stop > start and filled and text.find(needle, found + 1) < 0:
            break
        start, stop = max(0, start - 1), min(len(keys), stop + 1)
    return start, stop


def _marked(source: Source, start: int, stop: int) -> list[str]:
    lines = list(source.keys[start:stop])
    if start < stop == len(source.lines) and not source.lines[-1].endswith("\n"):
        lines.append(NO_NEWLINE)
    return lines


def _all_lines(content: bytes) -> list[str]:
    """Carriage returns and a BOM included."""
    text = content.decode("utf-8", "surrogateescape")
    if not text:
        return []
    return text[:-1].split("\n") if text.endswith("\n") else [*text.split("\n"), NO_NEWLINE]


def _block(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """With markers longer than any in the text."""
    runs = [len(match[0]) for line in (*search, *replace) for match in re.finditer(r"<{4,}|={5,}|>{4,}", line)]
    run = max([7, *(length + 1 for length in runs)])
    plain = _PLAIN_PATH.fullmatch(path) is not None
    head = f"{path}\n{'<' * run} SEARCH" if plain else f"{'<' * run} SEARCH {path}"
    return "\n".join([head, *search, "=" * run, *replace, f"{'>' * run} REPLACE", ""])


def _as_whole(change: FileChange, _: Mapping[str, bytes]) -> str | None:
    lines = _all_lines(change.content or b"")
    fence = "`" * max(3, longest_run(lines) + 1)
    label = change.path if _PLAIN_PATH.fullmatch(change.path) else f"File: {change.path}"
    return "\n".join([label, fence + (language_of_path(change.path) or ""), *lines, fence, ""])


def _as_definitions(change: FileChange, files: Mapping[str, bytes]) -> str | None:
    """The top-level definitions and imports that differ."""
    language = language_of_path(change.path)
    if language is None or change.content is None or change.path not in files:
        return None
    old, new = read_source(files[change.path]), read_source(change.content)
    texts = [
        ["\n".join(source.keys[item.lead : item.stop]) for item in outline(language, source.keys, branches=True).items]
        for source in (old, new)
    ]
    given = "\n\n".join(text for text in texts[1] if text not in texts[0])
    fence = "`" * max(3, longest_run(given.split("\n")) + 1)
    return "\n".join([change.path, fence + language, given, fence, ""]) if given else None
