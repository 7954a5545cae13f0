"""Base trees of plain directories, such as a repository taken out of an image: no history, nothing ignored."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from swe_tasks.basetree import CHECKOUT, FACTS, INDEX, STORE, BaseTree, Facts
from swe_tasks.build import check_free, make_raw, new_store, open_base, remove_tree
from swe_tasks.errors import PatchError, RepositoryError
from swe_tasks.git import Git, listed, raw
from swe_tasks.paths import refuse_unsafe

# Every file goes into one pack as it is read, instead of into a file of its own that has to be packed again; and
# a base tree lives as long as a run, so that packing it well is not worth the time.
_QUICK = {"core.bigFileThreshold": "1", "core.compression": "1"}


def materialise_directory(
    source: Path, into: Path, *, commit: str, notes: Sequence[str] = (), move: bool = False
) -> BaseTree:
    """Make the base tree of everything in a directory, ignored and built files included.

    Bytes, executable bits and symbolic links stay as they are. Left out, with a note, is what git cannot hold:
    `.git` directories below the top (the files beside one are kept), devices, sockets, pipes. The directory's own
    `.git` is left out, as are empty directories, without a note. `commit` is what the directory is said to be.

    With `move`, `source` may become the base tree's checkout: it is gone, or changed, afterwards.

    Raises:
        RepositoryError: no such directory, no commit's id, a file that cannot be read, or `into` is taken.
    """
    source, into = source.absolute(), into.absolute()
    if source.is_symlink() or not source.is_dir():
        raise RepositoryError(f"{source} is not a directory")
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        raise RepositoryError(f"{commit!r} is not the full id of a commit")
    check_free(into)
    into.parent.mkdir(parents=True, exist_ok=True)
    for leftover in into.parent.glob(f".{into.name}.making-*"):
        remove_tree(leftover)
    making = Path(tempfile.mkdtemp(prefix=f".{into.name}.making-", dir=into.parent))
    try:
        whole = making / "base"
        store = new_store(whole / STORE, "sha1" if len(commit) == 40 else "sha256")
        make_raw(store)
        found = _find(source)
        tree = _add(store, source, found.names)
        facts = Facts(commit=commit, tree=tree, notes=(*notes, *found.notes()))
        (whole / FACTS).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        replace(store, index=store.git_dir / INDEX).run("read-tree", tree)
        if move:
            _adopt(source, whole / CHECKOUT)
        # Makes the checkout, unless what was moved there is just that.
        base = open_base(whole)
        whole.rename(into)
    finally:
        remove_tree(making)
    return replace(base, path=into / CHECKOUT, git_dir=into / STORE)


@dataclass(slots=True)
class _Found:
    names: list[str] = field(default_factory=list[str])
    """Files and symbolic links, relative."""
    nested: list[str] = field(default_factory=list[str])
    special: list[str] = field(default_factory=list[str])
    odd: list[str] = field(default_factory=list[str])

    def notes(self) -> list[str]:
        kinds = (
            (self.nested, "repositories within the tree are left without their history"),
            (self.special, "neither files nor directories nor links, and left out"),
            (self.odd, "names that a repository cannot hold, left out"),
        )
        return [f"{what}: {listed(sorted(names))}" for names, what in kinds if names]


def _find(source: Path) -> _Found:
    found = _Found()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(source / prefix) as entries:
                for entry in entries:
                    _sort(entry, prefix, found, folders)
        except OSError as error:
            raise RepositoryError(f"{source / prefix} cannot be read: {error.strerror}") from error
    return found


def _sort(entry: "os.DirEntry[str]", prefix: str, found: _Found, folders: list[str]) -> None:
    path = f"{prefix}{entry.name}"
    if entry.name == ".git":
        if prefix:
            found.nested.append(prefix)
        return
    is_folder = entry.is_dir(follow_symlinks=False)
    try:
        refuse_unsafe(path)
        if is_folder:
            refuse_unsafe(f"{path}/x")
    except PatchError:
        found.odd.append(path)
        return
    if is_folder:
        folders.append(f"{path}/")
    elif entry.is_symlink() or entry.is_file():
        found.names.append(path)
    else:
        found.special.append(path)


def _add(store: Git, source: Path, names: Sequence[str]) -> str:
    """Write the files into the store, and return the id of their tree."""
    git = replace(store, work_tree=source, index=store.git_dir / "adding.index", settings=_QUICK)
    assert git.index is not None
    git.run("update-index", "-z", "--add", "--stdin", stdin=b"".join(raw(name) + b"\0" for name in sorted(names)))
    tree = git.line("write-tree")
    git.index.unlink(missing_ok=True)
    return tree


def _adopt(source: Path, checkout: Path) -> None:
    try:
        source.rename(checkout)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return  # from another file system, moving would be copying
        raise RepositoryError(f"{source} cannot be moved: {error.strerror}") from error
    for folder, _, names in os.walk(checkout, topdown=False):
        for name in names:
            place = Path(folder, name)
            mode = place.lstat().st_mode
            if stat.S_ISREG(mode):
                place.chmod(0o555 if mode & 0o100 else 0o444)
        if not os.listdir(folder) and Path(folder) != checkout:  # noqa: PTH208 - quicker than a Path of each entry
            os.rmdir(folder)  # noqa: PTH106 - as above
        else:
            Path(folder).chmod(0o555)
