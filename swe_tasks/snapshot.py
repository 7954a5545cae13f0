"""A checkout of one commit that is a working repository of that commit alone: no history, remotes or reflogs.

It is for images of tasks: what a later commit says cannot be found in it, and the commit's id is the true one.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from swe_tasks.build import check_free, new_store, scratch_store, seeing
from swe_tasks.errors import RepositoryError
from swe_tasks.fetchfailure import fetch_failure
from swe_tasks.git import Git, text, words
from swe_tasks.local import submodule_notes
from swe_tasks.remote import fetch_settings, hide_credentials, is_url
from swe_tasks.repository import find_repository, resolve_commit

_FROM_TAGS = re.compile(
    rb"setuptools[-_]scm|use_scm_version|hatch[-_]vcs|versioneer|versioningit|dunamai|dynamic[-_]versioning"
    rb"|\bpbr\b|git[-_]versioning|vcs[-_]versioning|git.{1,20}describe",
    re.IGNORECASE,
)
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

# What git itself forbids in names; here it also keeps a name from being an option or a mapping of refs.
_ODD_REF = re.compile(r"^-|^$|[\s\x00-\x1f\x7f~^:?*\[\\+]|\.\.|@\{|\.lock$|/$|\.$")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A checkout that was made."""

    path: Path
    commit: str
    tag: str | None
    """The tag that the commit carries there, so that a version that is taken from tags is about the true one."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A repository that snapshots are made of."""

    place: str
    """As a user may be told: without credentials."""
    git: Git
    """Sees its objects; nothing is written to the repository itself."""
    own: Git | None
    """The repository, when it is on this machine."""
    object_format: str
    token: str | None

    def commit(self, ref: str | None) -> str:
        """The id of the commit that a branch, tag or commit id means; None is what is checked out, or the
        default branch. A remote one is fetched.

        Raises:
            RepositoryError: there is no such commit, or it cannot be had.
            NetworkError: the host cannot be reached.
        """
        if self.own is None:
            return self._fetch(ref)
        found = resolve_commit(self.own, ref or "HEAD")
        if found is None:
            raise RepositoryError(f"{self.place} has no commit {ref or 'HEAD'!r}; `git fetch` may bring it")
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """A file of a commit, or None if there is none."""
        answer = self.git.ask("cat-file", "blob", f"{commit}:{path}")
        return None if answer.status else answer.stdout

    def date(self, commit: str) -> datetime:
        """When a commit was made."""
        return datetime.fromisoformat(self.git.line("show", "--no-patch", "--format=%cI", commit))

    def nearest_tag(self, commit: str) -> str | None:
        """The newest tag with a number in it that is part of a commit's past, if there is one."""
        arguments = ("describe", "--tags", "--abbrev=0", "--match=*[0-9]*", commit)
        if self.own is not None:
            answer = self.own.ask(*arguments)
        else:
            with scratch_store(self.object_format) as scratch:
                git = replace(scratch, network=True, settings=self.git.settings, variables=self.git.variables)
                # Commits and tags, no trees, no files.
                wanted = (commit, "refs/tags/*:refs/tags/*")
                fetched = git.ask("fetch", "--quiet", "--filter=tree:0", *_FETCH, "source", *wanted)
                if fetched.status:
                    raise fetch_failure(hide_credentials(words(fetched)), self.place, commit)
                answer = scratch.ask(*arguments)
        return text(answer.stdout).strip() or None if answer.status == 0 else None

    def _fetch(self, ref: str | None) -> str:
        if ref is not None and _ODD_REF.search(ref):
            raise RepositoryError(f"{ref!r} is not a branch, a tag or a whole commit id")
        git = replace(self.git, network=True)
        answer = git.ask("fetch", "--quiet", "--depth=1", "--no-tags", *_FETCH, "source", ref or "HEAD")
        if answer.status:
            raise fetch_failure(hide_credentials(words(answer)), self.place, ref or "HEAD")
        return self.git.line("rev-parse", "--verify", "FETCH_HEAD^{commit}")


_FETCH = ("--no-recurse-submodules", "--no-auto-maintenance")


@contextmanager
def open_source(repository: str, *, token: str | None = None) -> Generator[Source]:
    """A repository in a directory (a work tree or bare), or at an https, ssh or file address.

    `token` is sent to https://github.com and to nobody else.

    Raises:
        RepositoryError: there is none, or git cannot read it.
    """
    if is_url(repository):
        with scratch_store("sha1") as scratch:
            settings, variables = fetch_settings(repository, token), {"GIT_ALLOW_PROTOCOL": "https:ssh:file"}
            git = replace(scratch, settings=settings, variables=variables)
            yield Source(hide_credentials(repository), git, None, "sha1", token)
        return
    found = find_repository(Path(repository))
    with scratch_store(found.object_format) as scratch:
        yield Source(repository, seeing(scratch, found.objects), found.git, found.object_format, token)


def snapshot(source: Source, commit: str, into: Path) -> Snapshot:
    """Lay the files of a commit into `into`, with a repository that has this commit on its branch `main`.

    Where the version is taken from tags, the nearest tag of the commit's past is laid on the commit itself,
    because the commit that has it is not there.

    Raises:
        RepositoryError: `into` is taken, or objects are missing.
        NetworkError: the tags of a remote repository could not be fetched.
    """
    check_free(into)
    store = new_store(into / ".git", source.object_format)
    packs = store.git_dir / "objects" / "pack"
    packs.mkdir(exist_ok=True)
    wanted = f"--shallow {commit}\n{commit}\n".encode()
    answer = source.git.ask("pack-objects", "-q", "--revs", "--window=0", str(packs / "pack"), stdin=wanted)
    if answer.status:
        raise RepositoryError(
            f"{source.place} does not hold all objects of {commit}: {words(answer)}\n"
            "A partial clone has only those it once needed; `git fetch --refetch --no-filter` brings all."
        )
    if re.search(rb"^parent ", store.run("cat-file", "commit", commit).partition(b"\n\n")[0], re.MULTILINE):
        (store.git_dir / "shallow").write_text(f"{commit}\n", encoding="ascii")
    store.run("update-ref", "refs/heads/main", commit)
    store.run("symbolic-ref", "HEAD", "refs/heads/main")
    tag = source.nearest_tag(commit) if _version_from_tags(source, commit) else None
    if tag is not None:
        store.run("update-ref", f"refs/tags/{tag}", commit)
    store.run("config", "core.bare", "false")
    checkout = replace(store, work_tree=into)
    checkout.run("read-tree", commit)
    checkout.run("checkout-index", "--all", "--quiet", "--index")
    return Snapshot(into, commit, tag, tuple(submodule_notes(store, f"{commit}^{{tree}}")))


def _version_from_tags(source: Source, commit: str) -> bool:
    return any(_FROM_TAGS.search(source.read(commit, name) or b"") for name in _BUILD_FILES)
