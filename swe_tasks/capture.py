"""The state of a user's work tree as one git tree, without a write to their checkout, index or objects.

What counts as changed is what git itself says, except that no filter program is asked. A changed file's bytes
are then taken as they lie.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from swe_tasks.build import make_raw, seeing
from swe_tasks.errors import RepositoryError
from swe_tasks.git import Git, listed, raw, text, user_ignore_file, words
from swe_tasks.repository import Repository

# Settings without which a clean work tree looks changed. They are values; none names a program.
_INERT = (
    "core.filemode", "core.symlinks", "core.ignorecase", "core.trustctime", "core.checkstat",
    "core.precomposeunicode", "core.autocrlf", "core.eol",
)  # fmt: skip
_LFS_POINTER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Captured:
    tree: str
    notes: tuple[str, ...]


def capture(repository: Repository, scratch: Git, *, without: Sequence[Path] = ()) -> Captured:
    """Write the work tree as it is, ignored files left out, into `scratch`: its trees, and the blobs that the
    repository does not have.

    `without` are directories to leave out: what is being made, should that be within the work tree.

    Raises:
        RepositoryError: unresolved conflicts, unreadable files, or files that git cannot hold.
    """
    top = repository.top
    assert top is not None
    git = replace(scratch, work_tree=top, index=scratch.git_dir / "index", settings=inert_settings(repository.settings))
    _copy_state(repository, git)
    # The only step that needs the repository's objects: an index may name a directory instead of its files.
    reader = seeing(git, repository.objects)
    refreshed = reader.ask("update-index", "-q", "--unmerged", "--refresh")
    if refreshed.status not in {0, 1}:
        raise RepositoryError(f"the index of {top} cannot be read: {words(refreshed)}")
    _refuse_conflicts(git, top)
    altered = _altered(reader, top)
    new, nested = _untracked(git, repository, without)
    _refuse_special(top, (*altered, *new))
    # Only now: whether a file is changed was decided with the user's line ends in mind.
    make_raw(git)
    names = b"".join(raw(name) + b"\0" for name in (*altered, *new))
    git.run("update-index", "-z", "--add", "--replace", "--remove", "--stdin", stdin=names)
    notes = [f"{listed([name])} is a repository of its own and is left out" for name in nested]
    return Captured(git.line("write-tree", "--missing-ok"), tuple(notes))


def inert_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Those of a repository's settings that say how its files lie on the disk."""
    return {key: settings[key] for key in _INERT if key in settings}


def _copy_state(repository: Repository, git: Git) -> None:
    assert git.index is not None
    if repository.index.is_file():
        # With its times: they tell git which of its entries were written too recently to be believed.
        shutil.copy2(repository.index, git.index)
        for shared in repository.index.parent.glob("sharedindex.*"):
            shutil.copy2(shared, git.git_dir / shared.name)
    if repository.exclude.is_file():
        shutil.copyfile(repository.exclude, git.git_dir / "info" / "exclude")


def _refuse_conflicts(git: Git, top: Path) -> None:
    items = git.run("ls-files", "-z", "--unmerged").split(b"\0")
    names = sorted({text(item.partition(b"\t")[2]) for item in items if item})
    if names:
        raise RepositoryError(f"{top} has unresolved merge conflicts in {listed(names)}; resolve them first")


def _altered(git: Git, top: Path) -> list[str]:
    """Tracked paths that differ from the index, those that are gone first."""
    said = git.run("diff-files", "-z", "--raw", "--no-abbrev", "--no-renames", "--ignore-submodules=all")
    parts = said.split(b"\0")
    gone: list[str] = []
    changed: list[str] = []
    for head, name in zip(parts[::2], parts[1::2], strict=False):
        _, _, blob, _, status = text(head).split(" ")
        path = text(name)
        if status == "D":
            gone.append(path)
        elif not (status == "M" and _is_large_file_of(git, blob, top / path)):
            changed.append(path)
    return gone + changed


def _untracked(git: Git, repository: Repository, without: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Files that are neither tracked nor ignored, and repositories within the work tree."""
    ignore = user_ignore_file(repository.settings)
    listing = replace(git, settings={**git.settings, "core.excludesFile": str(ignore)}) if ignore.is_file() else git
    items = listing.run("ls-files", "-z", "--others", "--exclude-standard").split(b"\0")
    names = [text(item) for item in items if item]
    top = git.work_tree
    assert top is not None
    own = tuple(f"{place.relative_to(top).as_posix()}/" for place in without if place.is_relative_to(top))
    names = [name for name in names if not name.startswith(own)]
    return [name for name in names if name[-1] != "/"], [name for name in names if name[-1] == "/"]


def _refuse_special(top: Path, names: tuple[str, ...]) -> None:
    for name in names:
        place = top / name
        if os.path.lexists(place) and not (place.is_symlink() or place.is_file() or place.is_dir()):
            raise RepositoryError(f"{place} is neither a file nor a directory nor a symlink; ignore or remove it")


def _is_large_file_of(git: Git, blob: str, place: Path) -> bool:
    """Whether a file is just what a Git LFS pointer in the index stands for. Git would ask LFS itself."""
    if place.is_symlink() or not place.is_file():
        return False
    size = git.ask("cat-file", "-s", blob)
    if size.status or int(size.stdout) > _LFS_POINTER_BYTES:
        return False
    pointer = git.run("cat-file", "blob", blob)
    if not pointer.startswith(b"version https://git-lfs.github.com/spec/v1\n"):
        return False
    if f"\nsize {place.stat().st_size}\n".encode() not in pointer:
        return False
    with place.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return f"\noid sha256:{digest}\n".encode() in pointer
