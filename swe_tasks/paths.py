"""Which paths a patch may name."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from swe_tasks.errors import PatchError
from swe_tasks.git import raw
from swe_tasks.task import FileChange

SYMLINK = "120000"
SUBMODULE = "160000"
_NAME_BYTES = 255
_PATH_BYTES = 4095

# Code points that Apple's file systems leave out of names, so that they could hide in `.git`.
_IGNORED_BY_HFS = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF], None)


def refuse_unsafe(path: str) -> None:
    """Refuse a path that does not stay inside a repository, or that goes into its `.git`.

    Raises:
        PatchError: with the path and what is wrong with it.
    """
    try:
        raw(path)
    except UnicodeEncodeError as error:
        raise PatchError(f"{path!r} cannot be changed: it holds a code point that no name can hold") from error
    wrong = _fault(path)
    if wrong:
        raise PatchError(f"{path!r} cannot be changed: {wrong}")


def refuse_conflicts(entries: Mapping[str, str], names: Sequence[str], changes: Sequence[FileChange]) -> None:
    """Refuse changes that no tree can hold together.

    `entries` are the base tree's paths with git's modes, `names` the same paths sorted.

    Raises:
        PatchError: a path is changed twice, deleted though it is not there, lies below a file, a symlink or a
            submodule, or would replace a directory that still holds files.
    """
    removed = {change.path for change in changes if change.content is None}
    written = {change.path for change in changes if change.content is not None}
    if len(removed) + len(written) != len(changes) or removed & written:
        seen: set[str] = set()
        twice = next(c.path for c in changes if c.path in seen or seen.add(c.path))
        raise PatchError(f"{twice!r} is changed twice")
    for path in sorted(removed):
        if path not in entries:
            raise PatchError(f"{path!r} cannot be deleted: the base tree has no such file")
    for path in sorted(removed | written):
        if entries.get(path) == SUBMODULE:
            raise PatchError(f"{path!r} cannot be changed: it is a submodule")
    for path in sorted(written):
        _refuse_position(entries, names, removed, written, path)


def _refuse_position(
    entries: Mapping[str, str], names: Sequence[str], removed: set[str], written: set[str], path: str
) -> None:
    for parent in _parents(path):
        if parent in written:
            raise PatchError(f"{path!r} cannot be written: the same patch makes {parent!r} a file")
        if parent in entries and parent not in removed:
            kind = {SYMLINK: "a symlink", SUBMODULE: "a submodule"}.get(entries[parent], "a file")
            raise PatchError(f"{path!r} cannot be written: {parent!r} is {kind}, not a directory")
    below = f"{path}/"
    position = bisect_left(names, below)
    while position < len(names) and names[position].startswith(below):
        if names[position] not in removed:
            raise PatchError(f"{path!r} cannot be a file: it is a directory that holds {names[position]!r}")
        position += 1


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _fault(path: str) -> str | None:
    parts = path.split("/")
    # Windows takes a backslash for a separator.
    pieces = [piece for part in parts for piece in part.split("\\")]
    faults = (
        (not path, "the path is empty"),
        ("\0" in path, "it holds a NUL character"),
        (path.startswith("/"), "it is an absolute path; paths start at the repository's root"),
        # Git makes patches with such names that it cannot read when they have no lines, as for an empty file.
        (" /" in path, "the name of a directory in it ends with a blank"),
        (not {"", ".", ".."}.isdisjoint(parts), "it has an empty component, a '.' or a '..'"),
        (any(_is_git_directory(piece) for piece in pieces), "it goes into the repository's own .git"),
        (len(raw(path)) > _PATH_BYTES, f"it is longer than {_PATH_BYTES} bytes"),
        (
            any(len(raw(part)) > _NAME_BYTES for part in parts),
            f"a name in it is longer than {_NAME_BYTES} bytes",
        ),
    )
    return next((wrong for holds, wrong in faults if holds), None)


def _is_git_directory(part: str) -> bool:
    """Whether any file system takes this name for `.git`: case, invisible characters, trailing dots and
    blanks, streams, and Windows' short name."""
    plain = part.translate(_IGNORED_BY_HFS).casefold()
    return plain.partition(":")[0].rstrip(". ") in {".git", "git~1"}
