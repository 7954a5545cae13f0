"""A repository whose every setting tries to run a program, and whose tree tries to get out."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.git_repository import commit_all, fingerprint, git, make_repository, write_files

from swe_tasks import edits
from swe_tasks.basetree import read
from swe_tasks.checkout import apply_to_checkout, commit_to_branch
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-rewrite", "pre-applypatch", "pre-auto-gc", "pre-commit", "pre-merge-commit",
    "prepare-commit-msg", "reference-transaction", "sendemail-validate", "update",
)  # fmt: skip
PROGRAMS = (
    "core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "core.askPass", "core.gitProxy",
    "core.alternateRefsCommand", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
    "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "gpg.program", "gpg.ssh.program",
    "credential.helper", "uploadpack.packObjectsHook", "trailer.x.command", "pager.diff", "sequence.editor",
    "interactive.diffFilter", "hook.evil.command", "fsmonitor.hookCommand",
)  # fmt: skip
COMMANDS = ("rev-parse", "ls-files", "apply", "diff-tree", "update-index", "config", "cat-file", "update-ref")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a mark when it runs."""
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{tmp_path}/mark'\ncat\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def sprung(tmp_path: Path) -> Callable[[], str]:
    def read_mark() -> str:
        mark = tmp_path / "mark"
        return mark.read_text() if mark.exists() else ""

    return read_mark


@pytest.fixture
def hostile(tmp_path: Path, trap: Path) -> Path:
    repository = make_repository(tmp_path / "hostile", {"a.py": "a = 1\n", "b.bin": b"\0\1", "c/d.txt": "d\n"})
    write_files(repository, {".gitattributes": "* filter=evil diff=evil merge=evil text ident\n"})
    commit_all(repository)
    git(repository, "config", "user.name", "Ann")
    git(repository, "config", "user.email", "ann@example.org")
    for hook in HOOKS:
        (repository / ".git" / "hooks").mkdir(exist_ok=True)
        (repository / ".git" / "hooks" / hook).symlink_to(trap)
    for setting in PROGRAMS:
        git(repository, "config", "--add", setting, str(trap))
    for command in COMMANDS:
        git(repository, "config", f"alias.{command}", f"!{trap}")
    git(repository, "config", "filter.evil.required", "true")
    git(repository, "config", "commit.gpgSign", "true")
    git(repository, "config", "protocol.allow", "always")
    git(repository, "config", "protocol.ext.allow", "always")
    git(repository, "config", "remote.origin.url", f"ext::{trap}")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "hook.evil.event", "reference-transaction")
    return repository


def test_trap_does_spring_when_git_is_run_carelessly(hostile: Path, sprung: Callable[[], str]) -> None:
    """The traps are real: one plain `git status` and they snap."""
    write_files(hostile, {"a.py": "a = 2\n"})

    with contextlib.suppress(AssertionError):
        git(hostile, "status")

    assert sprung() != ""


def test_making_a_base_tree_runs_nothing(hostile: Path, tmp_path: Path, sprung: Callable[[], str]) -> None:
    """Neither reading the commit nor taking in changes starts a program, and nothing is written."""
    write_files(hostile, {"a.py": "a = 2\n", "new.py": "", "c/d.txt": "changed\n"})
    before = fingerprint(hostile)

    base = materialise_local(hostile, tmp_path / "base", ref=None, uncommitted="include")
    tree = edits.write_tree(base, [FileChange("a.py", b"a = 3\n"), FileChange("b.bin", b"\0\2")])
    edits.apply_patch(base, edits.diff(base, tree))

    assert read(base, "a.py") == b"a = 2\n"
    assert (fingerprint(hostile), sprung()) == (before, "")


def test_applying_and_committing_run_nothing(hostile: Path, tmp_path: Path, sprung: Callable[[], str]) -> None:
    """Bringing a patch back does not start a program either."""
    base = materialise_local(hostile, tmp_path / "base", ref=None, uncommitted="include")
    patch = edits.diff(base, edits.write_tree(base, [FileChange("a.py", b"a = 3\n")]))

    commit_to_branch(hostile, "fix", patch, base_commit=base.commit, message="Fix")
    apply_to_checkout(hostile, patch, patch_file=tmp_path / "patch.diff")

    assert (hostile / "a.py").read_bytes() == b"a = 3\n"
    assert sprung() == ""


def test_missing_objects_are_not_fetched(hostile: Path, tmp_path: Path, sprung: Callable[[], str]) -> None:
    """A promised object is not asked for, since asking runs the remote's program."""
    blob = git(hostile, "rev-parse", "HEAD:a.py")
    git(hostile, "config", "extensions.partialClone", "origin")
    (hostile / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(RepositoryError, match="does not hold all objects"):
        materialise_local(hostile, tmp_path / "base", ref=None, uncommitted="include")
    with pytest.raises(RepositoryError, match="has no commit"):
        materialise_local(hostile, tmp_path / "base", ref="1234567", uncommitted="include")

    assert sprung() == ""


def test_submodules_settings_are_not_followed(tmp_path: Path, trap: Path, sprung: Callable[[], str]) -> None:
    """Whether a submodule is changed is not asked, since asking runs git inside of it."""
    repository = make_repository(tmp_path / "r", {"a": ""})
    inner = make_repository(repository / "sub", {"x": ""})
    commit_all(repository)
    git(inner, "config", "core.fsmonitor", str(trap))
    write_files(inner, {"x": "changed"})

    materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")

    assert sprung() == ""


def test_setting_that_the_work_tree_is_elsewhere_is_not_believed(tmp_path: Path) -> None:
    """A repository cannot name somebody else's directory as its own work tree."""
    write_files(tmp_path / "private", {"secret.txt": "secret"})
    repository = make_repository(tmp_path / "r", {"a": ""})
    git(repository, "config", "core.worktree", str(tmp_path / "private"))

    base = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="include")

    assert tuple(base.entries) == ("a",)


def test_link_out_of_the_tree_is_a_link_and_not_followed(tmp_path: Path) -> None:
    """A link is checked out as a link, and reading it is refused."""
    (tmp_path / "secret").write_text("secret")
    repository = make_repository(tmp_path / "r", {"a": ""})
    (repository / "out").symlink_to(tmp_path / "secret")
    (repository / "folder").symlink_to("/etc")
    commit_all(repository)

    base = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")

    assert (base.path / "out").is_symlink()
    assert (base.path / "folder").is_symlink()
    with pytest.raises(RepositoryError, match="symlinks are not followed"):
        read(base, "out")
    with pytest.raises(RepositoryError, match="no file"):
        read(base, "folder/passwd")


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "git~1", ".git ", ".g\u200cit"])
def test_tree_with_a_name_that_gets_out_is_refused(tmp_path: Path, name: str) -> None:
    """A tree made by hand cannot write above the checkout or into a .git."""
    repository = make_repository(tmp_path / "r", {"a": ""})
    blob = git(repository, "rev-parse", "HEAD:a")
    inner = git(repository, "mktree", "-z", stdin=f"100644 blob {blob}\tconfig\0".encode())
    raw = b"40000 " + name.encode() + b"\0" + bytes.fromhex(inner)
    tree = git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)
    commit = git(repository, "commit-tree", tree, "-m", "evil")

    with pytest.raises(RepositoryError, match=r"(?i)invalid path|malformed|does not hold"):
        materialise_local(repository, tmp_path / "base", ref=commit, uncommitted="refuse")

    assert not (tmp_path / "base").exists()
