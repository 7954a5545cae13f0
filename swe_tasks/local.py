"""Base trees of repositories on this machine."""

from pathlib import Path
from typing import Literal

from swe_tasks.basetree import BaseTree, list_tree
from swe_tasks.build import build, check_free, scratch_store, seeing
from swe_tasks.capture import capture
from swe_tasks.difference import changed_paths
from swe_tasks.errors import RepositoryError
from swe_tasks.git import Git, listed
from swe_tasks.history import recent_changes
from swe_tasks.paths import SUBMODULE
from swe_tasks.repository import Repository, find_repository, resolve_commit


def materialise_local(
    repository: Path, into: Path, *, ref: str | None, uncommitted: Literal["include", "refuse"]
) -> BaseTree:
    """Make the base tree of a git work tree (any directory in it will do), or of a bare repository.

    Uncommitted changes, new files that are not ignored among them, are part of the base tree or refused.
    Nothing of the repository is written to, and nothing that it names is run.

    Raises:
        RepositoryError: no repository, no such commit, no commit at all, uncommitted changes refused, or
            `into` is taken.
    """
    into = into.absolute()
    check_free(into)
    found = find_repository(repository)
    head = resolve_commit(found.git, "HEAD")
    commit = _commit(found, head, ref)
    into.parent.mkdir(parents=True, exist_ok=True)
    with scratch_store(found.object_format, near=into.parent) as scratch:
        reader = seeing(scratch, found.objects)
        tree, notes = reader.line("rev-parse", "--verify", f"{commit}^{{tree}}"), list[str]()
        if found.top is not None:
            if found.top != repository.expanduser().resolve():
                notes.append(f"{repository} lies in the repository {found.top}; all of it is used")
            captured = capture(found, scratch, without=(into, scratch.git_dir.parent))
            changed = changed_paths(reader, tree_of(reader, head), captured.tree)
            if changed:
                _refuse_changes(found.top, changed, uncommitted, None if commit == head else ref)
                tree = captured.tree
                notes.append(f"uncommitted changes are part of the base tree: {listed(changed)}")
            notes.extend(captured.notes)
        notes.extend(submodule_notes(reader, tree))
        return build(
            reader,
            into,
            commit=commit,
            tree=tree,
            object_format=found.object_format,
            notes=notes,
            recent=recent_changes(found.git, commit),
        )


def tree_of(git: Git, commit: str | None) -> str:
    """The tree of a commit, or the empty tree of no commit."""
    return git.line("rev-parse", "--verify", f"{commit}^{{tree}}") if commit else git.line("mktree")


def _commit(found: Repository, head: str | None, ref: str | None) -> str:
    place = found.top or found.git.git_dir
    if ref is None:
        if head is None:
            raise RepositoryError(f"{place} has no commit yet; work starts from one: git add -A && git commit")
        return head
    commit = resolve_commit(found.git, ref)
    if commit is None:
        raise RepositoryError(f"{place} has no commit {ref!r}; `git fetch` may bring it, `git log` lists those here")
    return commit


def _refuse_changes(
    top: Path, changed: tuple[str, ...], uncommitted: Literal["include", "refuse"], ref: str | None
) -> None:
    if ref is not None:
        raise RepositoryError(
            f"{top} has uncommitted changes, which do not belong to {ref!r}: {listed(changed)}\n"
            f"Commit or stash them, or leave out the ref."
        )
    if uncommitted == "refuse":
        raise RepositoryError(
            f"{top} has uncommitted changes: {listed(changed)}\n"
            "Commit or stash them, or make them part of the base tree with --uncommitted include."
        )


def submodule_notes(git: Git, tree: str) -> list[str]:
    """What to tell a user about the submodules of a tree."""
    names = [path for path, mode in list_tree(git, tree).items() if mode == SUBMODULE]
    return [f"submodules are left empty: {listed(names)}"] if names else []
