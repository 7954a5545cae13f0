"""Whether a tree differs from the base tree in what a patch says, and in nothing else."""

import os
from collections import Counter
from collections.abc import Sequence

from swe_tasks import basetree
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import changes
from swe_tasks.git import listed
from swe_tasks.patchtext import FilePatch, Lines, count_lines
from swe_tasks.paths import refuse_unsafe


def discrepancy(base: BaseTree, tree: str, files: Sequence[FilePatch], level: int, *, exact: bool) -> str | None:
    """What is wrong with a tree that git made of a patch; None if nothing is. Places are git's matter: looked at are
    the files that differ, and how often each line is in them. Not `exact`: blanks at the ends of lines and blank lines
    do not count.

    Raises:
        PatchError: a path is unsafe.
    """
    now = {change.path: change.content or b"" for change in changes(base, tree)}
    for path in now:
        refuse_unsafe(path)
    expected = _expected(base, files, level)
    if beyond := [path for path in now if path not in expected]:
        return f"the patch does not name what it would change: {listed(beyond)}"
    for path, lines in expected.items():
        made = count_lines(now[path] if path in now else content_before(base, path) or b"")
        if lines is not None and (made != lines if exact else _bare(made) != _bare(lines)):
            return f"other lines of {listed([path])} would change than the patch says"
    return None


def lacking(base: BaseTree, files: Sequence[FilePatch], level: int) -> str | None:
    """What a patch shows of a file, as context or to be removed, and the file does not have; None if nothing. Blanks at
    the ends of lines do not count."""
    for file in files:
        there = _bare(count_lines(content_before(base, path_of(file.old, level)) or b""))
        if missing := {line.rstrip() for line in file.wanted()} - there.keys() - {b""}:
            return f"{listed([file.old or ''])} has no line {min(missing).decode(errors='replace')[:80]!r}"
    return None


def path_of(name: str | None, level: int) -> str | None:
    """The path that a patch means by a name."""
    return name if name is None or not level else name.partition("/")[2]


def content_before(base: BaseTree, path: str | None) -> bytes | None:
    """What a file of the base tree holds, or where a symlink leads. None: there is neither."""
    mode = basetree.mode_of(base, path) if path else None
    if path is None or mode is None:
        return None
    return os.fsencode((base.path / path).readlink()) if mode == "symlink" else basetree.read(base, path)


def _expected(base: BaseTree, files: Sequence[FilePatch], level: int) -> dict[str, Lines | None]:
    """The lines of every file that the patch names; None where it does not show them."""
    expected: dict[str, Lines | None] = {}
    for file in files:
        old, new = path_of(file.old, level), path_of(file.new, level)
        known = expected.get(old) if old in expected and not file.moves else None
        before = known if known is not None else count_lines(content_before(base, old) or b"")
        if old is not None and (new is None or file.moves):
            expected[old] = Counter()
        name = new if new is not None else old
        if name is not None:
            expected[name] = None if file.binary else file.apply(before)
    return expected


def _bare(lines: Lines) -> Lines:
    bare: Lines = Counter()
    for line, count in lines.items():
        bare[line.rstrip()] += count
    # Blank lines at the end of a file are not told from one that has no end.
    return Counter({line: count for line, count in bare.items() if count and line})
