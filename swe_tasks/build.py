"""Makes base trees on disk, each all at once or not at all."""

import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from swe_tasks.basetree import (
    CHECKOUT,
    FACTS,
    HISTORY,
    INDEX,
    STORE,
    BaseTree,
    Facts,
    describe,
    is_intact,
    read_facts,
)
from swe_tasks.errors import RepositoryError
from swe_tasks.git import Git
from swe_tasks.history import Recent, write_recent

# What the tree's own .gitattributes say must not change a byte: no line ends, filters, keywords or encodings,
# and text or binary by content alone. This file of the store has the last word over those of the tree.
RAW_ATTRIBUTES = "* -text !eol !crlf -ident !filter !working-tree-encoding !diff !merge !whitespace\n"


def new_store(git_dir: Path, object_format: str) -> Git:
    """An empty bare repository without hooks, remotes or refs."""
    git_dir.mkdir(parents=True)
    git = Git(git_dir)
    git.run("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}")
    (git_dir / "info").mkdir(exist_ok=True)
    return git


def make_raw(git: Git) -> None:
    """From now on, bytes go in and out of this store as they are."""
    (git.git_dir / "info" / "attributes").write_text(RAW_ATTRIBUTES, encoding="ascii")


@contextmanager
def scratch_store(object_format: str, *, near: Path | None = None) -> Generator[Git, None, None]:
    """An empty store that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=near) as folder:
        yield new_store(Path(folder) / STORE, object_format)


def seeing(git: Git, objects: Path) -> Git:
    """The same store, with the objects of another repository visible, whose settings are not asked. Commands
    that write objects must not be run so: git would renew the times of equal ones over there."""
    quoted = str(objects).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return replace(git, variables={**git.variables, "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'})


def check_free(into: Path) -> None:
    """Make sure that a base tree can be made at this place.

    Raises:
        RepositoryError: something is there already.
    """
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise RepositoryError(f"{into} is already there; open it, or remove it first")


def build(
    source: Git,
    into: Path,
    *,
    commit: str,
    tree: str,
    object_format: str,
    notes: Sequence[str],
    recent: Recent = (),
) -> BaseTree:
    """Make a base tree of a tree that `source` sees. `into` appears when everything is in place. `recent` is all
    that is known of the commits before it.

    Raises:
        RepositoryError: the place is taken, objects are missing, or the tree cannot be checked out.
    """
    check_free(into)
    for leftover in into.parent.glob(f".{into.name}.making-*"):
        remove_tree(leftover)
    facts = Facts(commit=commit, tree=tree, notes=tuple(notes))
    making = Path(tempfile.mkdtemp(prefix=f".{into.name}.making-", dir=into.parent))
    try:
        whole = making / "base"
        store = new_store(whole / STORE, object_format)
        make_raw(store)
        _copy_objects(source, store, tree)
        replace(store, index=store.git_dir / INDEX).run("read-tree", tree)
        (whole / FACTS).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write_recent(whole / HISTORY, recent)
        _check_out(describe(whole, facts))
        whole.rename(into)
    finally:
        remove_tree(making)
    return describe(into, facts)


def open_base(into: Path) -> BaseTree:
    """A base tree made before. Its checkout is made anew when it is missing or incomplete.

    Raises:
        RepositoryError: there is no base tree, or its store is damaged.
    """
    base = describe(into, read_facts(into))
    if not is_intact(base):
        _check_out(base)
    return base


def remove_base(into: Path) -> None:
    """Remove a base tree; its directories are read-only, so a plain removal fails."""
    remove_tree(into)


def _copy_objects(source: Git, store: Git, tree: str) -> None:
    packs = store.git_dir / "objects" / "pack"
    packs.mkdir(exist_ok=True)
    answer = source.ask("pack-objects", "-q", "--revs", "--window=0", str(packs / "pack"), stdin=f"{tree}\n".encode())
    if answer.status:
        raise RepositoryError(
            f"the repository does not hold all objects of the tree {tree}: {answer.stderr.strip()}\n"
            "A partial clone has only those it once needed; `git fetch --refetch --no-filter` brings all."
        )


def _check_out(base: BaseTree) -> None:
    into = base.git_dir.parent
    for leftover in into.glob(f".{CHECKOUT}.making-*"):
        remove_tree(leftover)
    making = Path(tempfile.mkdtemp(prefix=f".{CHECKOUT}.making-", dir=into))
    try:
        index = base.git_dir / INDEX
        store = Git(base.git_dir, work_tree=making, index=index)
        if not index.is_file():
            store.run("read-tree", base.tree)
        store.run("checkout-index", "--all", "--quiet")
        _make_read_only(making)
        remove_tree(base.path)
        making.rename(base.path)
    finally:
        remove_tree(making)


def _make_read_only(root: Path) -> None:
    for folder, _, names in os.walk(root, topdown=False):
        for name in names:
            place = Path(folder, name)
            if not place.is_symlink():
                place.chmod(0o555 if place.stat().st_mode & 0o100 else 0o444)
        Path(folder).chmod(0o555)


def remove_tree(root: Path) -> None:
    """Remove a directory, read-only ones within it included. One that is not there is no error."""
    if not root.is_dir():
        return
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o700)
    shutil.rmtree(root)
