"""The sample repository and its history."""

import subprocess
import sys
from pathlib import Path

import pytest
from sample_repository import FILES, HISTORY, make_repository
from support.git_repository import git


def test_the_same_ids_every_time(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the user's git settings nor the place make a difference."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n[commit]\n\tgpgsign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    assert make_repository(tmp_path / "again") == git(repository, "rev-parse", "HEAD")


def test_a_history_of_fixed_commits(repository: Path) -> None:
    """Every commit has its own author, date and message, and the work tree is clean at the end."""
    log = git(repository, "log", "--reverse", "--format=%an <%ae>|%cI|%s").splitlines()
    assert log == [f"{commit.author}|{commit.date}|{commit.message}" for commit in HISTORY]
    assert git(repository, "status", "--porcelain") == ""


def test_every_file_is_committed_once(repository: Path) -> None:
    """The last commit holds exactly the plain files."""
    plain = {
        path.relative_to(FILES).as_posix()
        for path in FILES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    named = [name for commit in HISTORY for name in commit.files]
    assert sorted(named) == sorted(plain)
    assert set(git(repository, "ls-files").splitlines()) == plain


def test_the_tests_pass_at_every_commit(repository: Path, tmp_path: Path) -> None:
    """The repository's own tests know nothing of the issues' faults."""
    copy = tmp_path / "copy"
    git(tmp_path, "clone", "--quiet", str(repository), str(copy))
    for commit in git(repository, "rev-list", "HEAD").splitlines():
        git(copy, "checkout", "--quiet", commit)
        command = [sys.executable, "-B", "-W", "error", "-m", "unittest", "--quiet"]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (commit, done.stderr)


def test_an_existing_place_is_refused(tmp_path: Path) -> None:
    """Nothing is ever written into a directory that was there before."""
    with pytest.raises(FileExistsError):
        make_repository(tmp_path)
