"""A directory of an image, taken out of it without running anything. All of it blocks.

Nobody vouches for an image. Nothing is ever written outside the directory that is asked for: files and folders
are made first, in an empty place where no link lies yet, and links last, where nothing is written through them.
"""

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from sandbox.docker_engine import Engine
from sandbox.docker_images import archive
from sandbox.docker_owner import labels
from sandbox.errors import ImageError
from sandbox.images import GIB, check_name
from sandbox.records import Owner

MAX_BYTES = 4 * GIB
MAX_ENTRIES = 500_000
_SHOWN = 10
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was written."""

    files: int
    links: int
    size: int
    """Bytes of all files."""
    notes: tuple[str, ...]
    """What a user should be told: kinds of things that were left out, with some of their names."""


def extract(
    image: str,
    path: str,
    into: Path,
    *,
    owner: Owner,
    without: tuple[str, ...] = (".git",),
    max_bytes: int = MAX_BYTES,
) -> Extracted:
    """Copy the directory `path` of an image to `into`, which is empty or not there yet.

    Everything becomes the caller's own, files 644 or 755. Symbolic links are kept word for word, those that leave
    the directory too (the image has what they name), and are never followed. Of hard links each becomes a file.
    Devices, sockets and pipes are left out, as is every entry whose name is in `without`, at any depth.

    Raises:
        ImageError: no such image or directory, or more than `max_bytes` or `MAX_ENTRIES` in it. What was written
            until then is removed.
        OSError: this machine's disk is full, or `into` cannot be written.
        SandboxBroken: the engine failed.
        SandboxUnavailable: no engine answers.
        ValueError: `path` is not absolute, or `into` is not empty.
    """
    check_name(image)
    place = PurePosixPath(path)
    if not place.is_absolute() or ".." in place.parts or len(place.parts) == 1 or "\0" in path:
        raise ValueError(f"what is taken from an image is an absolute path below /, not {path!r}")
    with closing(Engine.connect()) as engine:
        # Never started, so what it would run does not matter, but one without a command is refused.
        container = engine.create(image, {}, entrypoint=["none"], command=[], labels=labels(owner))
        try:
            with archive(engine, container, str(place)) as chunks:
                return unpack(chunks, into, without=without, max_bytes=max_bytes)
        except ImageError as error:
            raise ImageError(f"the image {image}: {error}") from error
        finally:
            engine.remove(container)


def unpack(
    chunks: Iterator[bytes], into: Path, *, without: tuple[str, ...] = (), max_bytes: int = MAX_BYTES
) -> Extracted:
    """Lay a tar stream, whose first entry is the directory itself, into `into`; see `extract`.

    Raises:
        ImageError: it is no such stream, or it is larger than allowed.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise ValueError(f"{into} is not empty")
    unpacking = _Unpacking(into, frozenset(without), max_bytes)
    try:
        with tarfile.open(
            fileobj=cast("IO[bytes]", _Stream(chunks)), mode="r|", bufsize=_COPY, encoding="utf-8"
        ) as source:
            for entry in source:
                unpacking.take(source, entry)
        return unpacking.finish()
    except (tarfile.TarError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        # The latter: one name for two things, which no directory has.
        _empty(into)
        raise ImageError(f"what the engine sent is not the archive of a directory: {error}") from error
    except BaseException:
        _empty(into)
        raise


@dataclass(slots=True)
class _Unpacking:
    into: Path
    without: frozenset[str]
    max_bytes: int
    root: str | None = None
    entries: int = 0
    size: int = 0
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    """Of each file that was written."""
    folders: set[str] = field(default_factory=lambda: {""})
    links: dict[str, str] = field(default_factory=dict[str, str])
    skipped: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def take(self, source: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
        """Lay one entry."""
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise ImageError(f"the directory has more than {MAX_ENTRIES} entries")
        if self.root is None:
            if not entry.isdir():
                raise ImageError("what is there is not a directory")
            self.root = entry.name
            return
        path = self._relative(entry.name)
        if path is None:
            self._skip("names that leave the directory", entry.name)
        elif self.without.isdisjoint(path.split("/")):
            self._lay(source, entry, path)
        elif "/" in path and path.rpartition("/")[2] in self.without:
            self._skip("within the tree, whatever is called " + " or ".join(sorted(self.without)), path)

    def _relative(self, name: str) -> str | None:
        """The path below the directory, None for what is not below it."""
        root = self.root
        assert root is not None
        name = name if name == root or root in {".", "./"} else name.removeprefix(f"{root}/")
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if name.startswith("/") or ".." in parts or not parts or "\0" in name:
            return None
        return "/".join(parts)

    def _lay(self, source: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> None:
        if entry.isdir():
            self._folder(path)
        elif entry.issym():
            self.links[path] = entry.linkname
        elif entry.isfile():
            data = source.extractfile(entry)
            assert data is not None
            self._write(path, data, entry.size, executable=bool(entry.mode & 0o100))
        elif entry.islnk():
            self._copy(entry, path)
        else:
            self._skip("what is neither file nor folder nor link", path)

    def _copy(self, entry: tarfile.TarInfo, path: str) -> None:
        original = self._relative(entry.linkname)
        if original in self.links:
            self.links[path] = self.links[original]
        elif original in self.sizes:
            with (self.into / original).open("rb") as data:
                self._write(path, data, self.sizes[original], executable=bool(entry.mode & 0o100))
        else:
            self._skip("hard links to what is not there", path)

    def _write(self, path: str, data: IO[bytes], size: int, *, executable: bool) -> None:
        self.size += size
        if self.size > self.max_bytes:
            raise ImageError(f"the directory has more than {self.max_bytes} bytes of files")
        self._folder(path.rpartition("/")[0])
        # Exclusive: never over, or through, anything that is there.
        with os.fdopen(os.open(self.into / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(data, file, _COPY)
            os.fchmod(file.fileno(), 0o755 if executable else 0o644)
        self.sizes[path] = size

    def _folder(self, path: str) -> None:
        if path in self.folders:
            return
        self._folder(path.rpartition("/")[0])
        (self.into / path).mkdir()
        (self.into / path).chmod(0o755)
        self.folders.add(path)

    def _skip(self, kind: str, name: str) -> None:
        self.skipped.setdefault(kind, []).append(name)

    def finish(self) -> Extracted:
        """Make the links, when nothing else is written any more."""
        if self.root is None:
            raise ImageError("the archive is empty")
        for path in self.links:
            self._folder(path.rpartition("/")[0])
        for path, target in self.links.items():
            (self.into / path).symlink_to(target)
        notes = tuple(f"{kind} was left out: {_listed(names)}" for kind, names in self.skipped.items())
        return Extracted(len(self.sizes), len(self.links), self.size, notes)


class _Stream(io.RawIOBase):
    """The chunks of an answer as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _listed(names: list[str]) -> str:
    shown = ", ".join(name if name.isprintable() else ascii(name) for name in (one[:200] for one in names[:_SHOWN]))
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
