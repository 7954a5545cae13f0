"""The tree that all work on a task starts from: a read-only checkout and the git objects behind it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from swe_tasks.errors import RepositoryError
from swe_tasks.git import Git, text
from swe_tasks.history import Recent, read_recent
from swe_tasks.paths import SUBMODULE, SYMLINK

FACTS = "base.json"
CHECKOUT = "tree"
STORE = "store.git"
INDEX = "base.index"
HISTORY = "history.json"

Mode = Literal["file", "executable", "symlink"]
MODES: Mapping[str, Mode] = MappingProxyType({"100644": "file", "100755": "executable", SYMLINK: "symlink"})


@dataclass(frozen=True, slots=True)
class BaseTree:
    """The facts. Safe to share between threads."""

    commit: str
    """The commit that the tree is, or that uncommitted changes were made on."""
    tree: str
    """Git's id of the tree."""
    path: Path
    """A read-only checkout, byte for byte what the tree holds."""
    git_dir: Path
    """A bare store with the objects of this tree only: no history, no other refs, no remotes, no hooks."""
    notes: tuple[str, ...] = ()
    """What a user should be told about it."""
    entries: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)
    """Every path with git's mode, submodules included, in sorted order."""


@dataclass(frozen=True, slots=True)
class Blob:
    """What git calls a file's content, and how many bytes it has."""

    id: str
    size: int


class Facts(BaseModel):
    """`base.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    commit: str
    tree: str
    notes: tuple[str, ...] = ()


def files(base: BaseTree) -> tuple[str, ...]:
    """The paths of all files and symlinks, sorted. Submodules are left out."""
    return tuple(path for path, mode in base.entries.items() if mode != SUBMODULE)


def blobs(base: BaseTree) -> dict[str, Blob]:
    """The content of every regular file, by path, in sorted order."""
    return blobs_of(Git(base.git_dir), base.tree)


def blobs_of(git: Git, tree: str) -> dict[str, Blob]:
    """The content of every regular file of a tree, by path, in sorted order."""
    found: dict[str, Blob] = {}
    for item in git.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree).split(b"\0"):
        head, tab, name = item.partition(b"\t")
        if tab:
            mode, _, blob, size = text(head).split()
            if MODES.get(mode) in {"file", "executable"}:
                found[text(name)] = Blob(blob, int(size))
    return dict(sorted(found.items()))


def recent(base: BaseTree) -> Recent:
    """Which paths the last commits changed, as far as the base tree's source told."""
    return read_recent(base.path.parent / HISTORY)


def mode_of(base: BaseTree, path: str) -> Mode | None:
    """What lies at a path of the tree, or None when nothing does (or a submodule)."""
    return MODES.get(base.entries.get(path, ""))


def read(base: BaseTree, path: str, most: int = -1) -> bytes:
    """The bytes of one file of the tree, `most` from its beginning if that is not negative.

    Raises:
        RepositoryError: there is no such file, or it is a symlink: those are never followed.
    """
    mode = mode_of(base, path)
    if mode is None:
        raise RepositoryError(f"the base tree has no file {path!r}")
    if mode == "symlink":
        target = (base.path / path).readlink()
        raise RepositoryError(f"{path!r} is a symlink to {str(target)!r}, and symlinks are not followed")
    descriptor = os.open(base.path / path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(most)


def read_facts(into: Path) -> Facts:
    """What was written when the base tree was made.

    Raises:
        RepositoryError: there is no base tree, or its facts cannot be read.
    """
    try:
        return Facts.model_validate_json((into / FACTS).read_bytes())
    except FileNotFoundError as error:
        raise RepositoryError(f"{into} holds no base tree: it has no {FACTS}") from error
    except (OSError, ValidationError) as error:
        raise RepositoryError(f"{into / FACTS} cannot be read: {error}") from error


def describe(into: Path, facts: Facts) -> BaseTree:
    """The record of a base tree whose store is in place.

    Raises:
        RepositoryError: the store lacks the tree.
    """
    store = Git(into / STORE)
    if not store.git_dir.is_dir() or store.ask("cat-file", "-e", f"{facts.tree}^{{tree}}").status:
        raise RepositoryError(f"{store.git_dir} does not hold the tree {facts.tree}; make the base tree anew")
    return BaseTree(
        commit=facts.commit,
        tree=facts.tree,
        path=into / CHECKOUT,
        git_dir=store.git_dir,
        notes=facts.notes,
        entries=MappingProxyType(list_tree(store, facts.tree)),
    )


def list_tree(git: Git, tree: str) -> dict[str, str]:
    """Every path of a tree with git's mode, in sorted order."""
    entries: dict[str, str] = {}
    for item in git.run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
        head, tab, name = item.partition(b"\t")
        if tab:
            entries[text(name)] = text(head.split(b" ", 1)[0])
    return dict(sorted(entries.items()))


def is_intact(base: BaseTree) -> bool:
    """Whether the checkout has every file of the tree, of the right kind, and nothing else."""
    if not base.path.is_dir():
        return False
    found: dict[str, Mode | None] = {}
    root = os.fspath(base.path)
    for folder, folders, names in os.walk(root):
        # A symlink to a directory is listed among the directories, and not walked into.
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *links):
            place = Path(folder, name)
            found[os.path.relpath(place, root)] = _kind(place)
    return found == {path: mode_of(base, path) for path in files(base)}


def _kind(place: Path) -> Mode | None:
    if place.is_symlink():
        return "symlink"
    if not place.is_file():
        return None
    return "executable" if place.stat().st_mode & 0o100 else "file"
