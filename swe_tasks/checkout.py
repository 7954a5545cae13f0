"""Brings a patch into the user's own repository, only ever when they ask for it."""

import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from swe_tasks.build import scratch_store, seeing
from swe_tasks.capture import capture, inert_settings
from swe_tasks.difference import changed_paths
from swe_tasks.edits import apply_to_index
from swe_tasks.errors import PatchError, RepositoryError
from swe_tasks.git import Git, listed, text, words
from swe_tasks.local import tree_of
from swe_tasks.repository import Repository, find_repository, resolve_commit

_OLD_BLOB = re.compile(rb"^index ([0-9a-f]{7,64})\.\.[0-9a-f]{7,64}( [0-7]{6})?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Applied:
    """A patch that is now in the user's work tree. Nothing is staged or committed."""

    paths: tuple[str, ...]
    undo: str
    """The command line that takes it back, quoted for a shell."""


def apply_to_checkout(repository: Path, patch: bytes, *, patch_file: Path) -> Applied:
    """Apply a patch to a work tree, all of it or nothing. `patch_file` is where the same patch lies on disk,
    for the undo line.

    Raises:
        RepositoryError: a path of the patch has uncommitted changes or cannot be written, or the patch does
            not apply; nothing was changed.
    """
    found = find_repository(repository)
    if found.top is None:
        raise RepositoryError(f"{repository} is a bare repository; there is no work tree to apply a patch to")
    undo = f"git -C {shlex.quote(str(found.top))} apply -R {shlex.quote(str(patch_file.absolute()))}"
    if not patch:
        return Applied((), undo)
    paths = _patched_paths(found, patch)
    _refuse_overlap(found, found.top, paths)
    for path in paths:
        _refuse_unwritable(found.top, path)
    # A store that is not the user's own repository: settings there could name programs, which git would run.
    with scratch_store(found.object_format) as scratch:
        git = replace(scratch, work_tree=found.top, settings=inert_settings(found.settings))
        answer = git.ask("apply", "--whitespace=nowarn", "-", stdin=patch)
    if answer.status:
        raise RepositoryError(f"the patch does not fit {found.top}; nothing was changed\n{words(answer)}")
    return Applied(paths, undo)


def commit_to_branch(repository: Path, name: str, patch: bytes, *, base_commit: str, message: str) -> str:
    """Make a branch with one commit, the patch on top of `base_commit`, and return the commit's id. Checkout
    and index stay as they are.

    Raises:
        RepositoryError: the branch exists, its name is not one, there is no such commit, the patch rests on
            uncommitted changes, or git knows no author.
    """
    found = find_repository(repository)
    branch = _check_branch(found, name)
    parent = resolve_commit(found.git, base_commit)
    if parent is None:
        raise RepositoryError(f"{repository} has no commit {base_commit!r}")
    author = _author(found)
    with scratch_store(found.object_format) as scratch:
        git = replace(seeing(scratch, found.objects), index=scratch.git_dir / "index")
        git = replace(git, variables={**git.variables, **author})
        git.run("read-tree", parent)
        _refuse_uncommitted(git, parent, patch)
        tree = _applied(git, patch, parent)
        if tree == tree_of(git, parent):
            raise RepositoryError("the patch is empty; there is nothing to commit")
        # Once more, now that nothing can go wrong, with the objects written where they have to stay.
        git.run("read-tree", parent)
        kept = replace(git, objects=found.objects)
        tree = _applied(kept, patch, parent)
        commit = kept.line("commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode())
    missing = "0" * len(commit)
    replace(found.git, variables=author).run("update-ref", "-m", "shrewd: patch", branch, commit, missing)
    return commit


def _patched_paths(found: Repository, patch: bytes) -> tuple[str, ...]:
    """All paths that a patch changes, makes or removes."""
    paths: set[str] = set()
    with scratch_store(found.object_format) as scratch:
        # A rename is listed under its new name; backwards, under its old one.
        for direction in ((), ("-R",)):
            said = scratch.run("apply", *direction, "--numstat", "-z", "-", stdin=patch)
            paths.update(text(line.split(b"\t", 2)[2]) for line in said.split(b"\0") if line)
    return tuple(sorted(paths))


def _refuse_overlap(found: Repository, top: Path, paths: tuple[str, ...]) -> None:
    head = resolve_commit(found.git, "HEAD")
    with scratch_store(found.object_format) as scratch:
        captured = capture(found, scratch)
        reader = seeing(scratch, found.objects)
        uncommitted = set(changed_paths(reader, tree_of(reader, head), captured.tree))
    overlap = tuple(path for path in paths if path in uncommitted)
    if overlap:
        raise RepositoryError(
            f"{top} has uncommitted changes where the patch would change files: {listed(overlap)}\n"
            "Nothing was changed. Commit or stash them first, or apply the patch by hand with `git apply`."
        )


def _refuse_unwritable(top: Path, path: str) -> None:
    """Git would find out half-way."""
    folder = (top / path).parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise RepositoryError(f"{folder} is read-only, so {path!r} cannot be written; nothing was changed")


def _check_branch(found: Repository, name: str) -> str:
    branch = f"refs/heads/{name}"
    if name.startswith("-") or "\0" in name or found.git.ask("check-ref-format", branch).status or name == "HEAD":
        raise RepositoryError(f"{name!r} cannot be the name of a branch")
    if found.git.ask("rev-parse", "--verify", "--quiet", branch).status == 0:
        raise RepositoryError(f"the branch {name!r} exists already; choose another name, or `git branch -D` it")
    return branch


def _author(found: Repository) -> dict[str, str]:
    name, email = found.settings.get("user.name"), found.settings.get("user.email")
    if not name or not email:
        raise RepositoryError(
            "git does not know who commits; tell it: git config --global user.name NAME, "
            "git config --global user.email ADDRESS"
        )
    return {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", email))
    }


def _refuse_uncommitted(git: Git, parent: str, patch: bytes) -> None:
    """The patch says which blobs it starts from; all of them must be in the commit."""
    listing = git.run("ls-tree", "-r", "-z", "--full-tree", parent).split(b"\0")
    blobs = sorted(item.split(b"\t", 1)[0].split(b" ")[2] for item in listing if item)
    for match in _OLD_BLOB.finditer(patch):
        blob = match[1]
        if blob.strip(b"0") and not any(known.startswith(blob) for known in blobs):
            raise RepositoryError(
                f"the patch rests on a file that the commit {parent[:12]} lacks (blob {text(blob)[:12]}): "
                "it was made on uncommitted changes, or on another commit.\n"
                "Commit those changes and solve again, or apply the patch to the work tree instead."
            )


def _applied(git: Git, patch: bytes, parent: str) -> str:
    try:
        return apply_to_index(git, patch, merge=False) if patch else tree_of(git, parent)
    except PatchError as error:
        raise RepositoryError(
            f"the patch does not apply to the commit {parent[:12]}: it rests on uncommitted changes, or on "
            f"another commit.\n{error}"
        ) from error
