"""A base tree's files as a mapping, read when asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from swe_tasks.basetree import BaseTree, files, mode_of, read

MAX_BYTES = 512 * 1024
"""A larger file is data, generated or vendored: never worth a whole context."""


def readable(content: bytes) -> str | None:
    """The text of a file that may be worth showing; None for binary and oversized ones."""
    if len(content) > MAX_BYTES or b"\0" in content[:8192]:
        return None
    return content.decode("utf-8", errors="replace")


class TreeFiles(Mapping[str, bytes]):
    """Path -> content of every regular file of a base tree."""

    def __init__(self, base: BaseTree) -> None:
        self._base = base

    @cached_property
    def _paths(self) -> dict[str, None]:
        return dict.fromkeys(path for path in files(self._base) if path not in self.symlinks)

    @cached_property
    def symlinks(self) -> frozenset[str]:
        """Paths that are symbolic links: never read through, never edited through."""
        return frozenset(path for path in files(self._base) if mode_of(self._base, path) == "symlink")

    @cached_property
    def executables(self) -> frozenset[str]:
        """Paths that keep their executable bit when they are edited."""
        return frozenset(path for path in files(self._base) if mode_of(self._base, path) == "executable")

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        return read(self._base, path)

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
