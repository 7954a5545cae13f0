"""Directories for what lives no longer than the process: made, removed at the end, found again after a crash.

Each has a lock file beside it that its owner holds. The kernel lets go of the lock when the owner dies,
however it dies, so whatever is not locked is stale; no process id can mislead.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import UserError


def scratch_root() -> Path:
    """Where all scratch directories of this user lie: below TMPDIR, or /tmp."""
    return Path(tempfile.gettempdir()) / f"shrewd-{os.getuid()}"


@contextmanager
def scratch_directory(root: Path | None = None) -> Generator[Path]:
    """An empty directory that is removed at the end. What dead processes left beside it goes, too.

    Raises:
        UserError: somebody else owns the place where it should be.
    """
    place = _private(scratch_root() if root is None else root)
    remove_stale_scratch(place)
    handle, lock = _locked(place)
    directory = lock.with_suffix("")
    try:
        directory.mkdir(mode=0o700)
        yield directory
    finally:
        _remove(directory)
        lock.unlink(missing_ok=True)
        os.close(handle)


def stale_scratch(root: Path | None = None) -> tuple[Path, ...]:
    """Directories whose owners have died."""
    place = scratch_root() if root is None else root
    return tuple(path.with_suffix("") for path in sorted(place.glob("*.lock")) if _is_stale(path))


def remove_stale_scratch(root: Path | None = None) -> tuple[Path, ...]:
    """Remove what dead processes left; returns what was removed."""
    place = scratch_root() if root is None else root
    removed: list[Path] = []
    for lock in sorted(place.glob("*.lock")):
        handle = _take(lock)
        if handle is None:
            continue
        _remove(lock.with_suffix(""))
        lock.unlink(missing_ok=True)
        os.close(handle)
        removed.append(lock.with_suffix(""))
    return tuple(removed)


def _private(place: Path) -> Path:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = place.lstat()
    if found.st_uid != os.getuid() or place.is_symlink():
        raise UserError(f"{place} belongs to somebody else; remove it, or set TMPDIR to another directory")
    return place


def _locked(place: Path) -> tuple[int, Path]:
    while True:
        handle, name = tempfile.mkstemp(suffix=".lock", dir=place)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _same(handle, Path(name)):
            return handle, Path(name)
        os.close(handle)  # somebody swept it away between the two steps


def _take(lock: Path) -> int | None:
    """The open lock file, if nobody holds it."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if not _same(handle, lock):
        os.close(handle)
        return None
    return handle


def _is_stale(lock: Path) -> bool:
    handle = _take(lock)
    if handle is None:
        return False
    os.close(handle)
    return True


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _remove(directory: Path) -> None:
    if not directory.exists():
        return
    # A base tree is read-only, and a file cannot be removed from a directory that cannot be written to.
    for folder, _, _ in os.walk(directory):
        Path(folder).chmod(0o700)
    shutil.rmtree(directory)
