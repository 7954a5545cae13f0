"""What a trajectory asks to see beside the files that it was shown: a file by its path, a definition by its name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.context.index import Index
from agent.context.shown import GAP, show_file

_FOUND = 4
"""Definitions of one name that are shown."""


@dataclass(frozen=True, slots=True)
class Library:
    """Where texts come from, and how long they may be."""

    index: Index
    read: Callable[[str], str]
    count: Callable[[str], int]


def look_up(library: Library, wanted: Sequence[str], *, budget: int) -> str:
    """The texts that are wanted, each within its share of `budget` tokens; what is not there is said to be so.

    A name is a file's path, the end of one that no other file has, a definition, or `path:definition`.
    """
    share = budget // max(1, len(wanted))
    return "\n".join(_look(library, one.strip(), share) for one in wanted)


def _look(library: Library, wanted: str, budget: int) -> str:
    index = library.index
    path, _, name = wanted.partition(":")
    if (file := _file(index, path)) is not None:
        parts = [part for part in index.defined(_plain(name)) if index.file_of[part] == file] if name else []
        if name and not parts:
            return f"{index.paths[file]} defines no {_plain(name)}.\n"
        return _show(library, file, parts, budget)
    found = index.defined(_plain(wanted))
    if not found:
        return f"The repository has no file and no definition called {wanted}.\n"
    if len(found) > _FOUND:
        places = ", ".join({index.paths[int(index.file_of[part])]: None for part in found[:12]})
        return f"{wanted} is defined {len(found)} times: in {places}. Ask for path:{wanted}.\n"
    return "\n".join(_show(library, int(index.file_of[part]), [part], budget // len(found)) for part in found)


def _file(index: Index, path: str) -> int | None:
    path = path.strip().removeprefix("./")
    ending = [file for file, known in enumerate(index.paths) if known == path or known.endswith(f"/{path}")]
    exact = [file for file in ending if index.paths[file] == path]
    return exact[0] if exact else ending[0] if len(ending) == 1 and path else None


def _plain(name: str) -> str:
    return name.strip(": ").removesuffix("()")


def _show(library: Library, file: int, parts: Sequence[int], budget: int) -> str:
    """A file, or these of its parts, cut at the end where it is too long."""
    path = library.index.paths[file]
    lines = library.read(path).split("\n")
    rows = list(_rows(library.index, file, parts)) if parts else list(range(len(lines)))
    whole = len(rows)
    while True:
        kept = "\n".join(lines[row] for row in rows)
        cut = "" if len(rows) == whole else f"\n{GAP} cut here"
        shown = show_file(path, kept + cut, f" (lines {rows[0] + 1} to {rows[-1] + 1})" if rows else "")
        if not rows or library.count(shown) <= budget:
            return shown
        rows = rows[: len(rows) * 3 // 4]


def _rows(index: Index, file: int, parts: Sequence[int]) -> Iterator[int]:
    meta = index.meta(file)
    for part in parts:
        for start, stop in meta.parts[part - int(index.first[file])].rows:
            yield from range(start, stop)
