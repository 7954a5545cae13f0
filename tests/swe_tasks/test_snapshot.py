"""Checkouts that are working repositories of one commit."""

import os
from pathlib import Path

import pytest
from support.git_repository import commit_all, fingerprint, git, make_repository, write_files

from swe_tasks.errors import RepositoryError
from swe_tasks.snapshot import Snapshot, open_source, snapshot


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits, the first of them tagged, and a version that is taken from tags."""
    build = '[build-system]\nrequires = ["setuptools_scm"]\n'
    place = make_repository(tmp_path / "shop", {"a.py": "a = 1\n", "pyproject.toml": build})
    git(place, "tag", "-a", "-m", "one", "v1.0")
    write_files(place, {"a.py": "a = 2\n", "run.sh": "#!/bin/sh\n"})
    (place / "run.sh").chmod(0o755)
    (place / "link").symlink_to("a.py")
    commit_all(place)
    write_files(place, {"a.py": "a = 3\n", "secret.py": "the fix\n"})
    commit_all(place)
    git(place, "tag", "v2.0")
    return place


def take(repository: str | Path, ref: str | None, into: Path) -> Snapshot:
    with open_source(str(repository)) as source:
        return snapshot(source, source.commit(ref), into)


@pytest.mark.parametrize("address", ["{}", "file://{}"], ids=["directory", "address"])
def test_the_commit_is_the_true_one_and_alone(repository: Path, tmp_path: Path, address: str) -> None:
    """Its id, its files, a clean status; no parent, no later file, no remote, no reflog."""
    taken = take(address.format(repository), git(repository, "rev-parse", "HEAD~1"), tmp_path / "x")

    assert taken.commit == git(tmp_path / "x", "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD~1")
    assert (tmp_path / "x" / "a.py").read_text() == "a = 2\n"
    assert os.access(tmp_path / "x" / "run.sh", os.X_OK)
    assert (tmp_path / "x" / "link").readlink() == Path("a.py")
    assert git(tmp_path / "x", "status", "--porcelain") == ""
    assert git(tmp_path / "x", "rev-list", "--all", "--count") == "1"
    assert git(tmp_path / "x", "remote") == ""
    assert not (tmp_path / "x" / ".git" / "logs").exists()
    blobs = git(tmp_path / "x", "cat-file", "--batch-all-objects", "--batch-check").splitlines()
    assert not [line for line in blobs if line.split()[0] == git(repository, "rev-parse", "HEAD:secret.py")]
    git(tmp_path / "x", "fsck", "--strict")


@pytest.mark.parametrize("address", ["{}", "file://{}"], ids=["directory", "address"])
def test_a_version_from_tags_is_near_the_true_one(repository: Path, tmp_path: Path, address: str) -> None:
    """The nearest tag of the past is on the commit itself; tags of the future are not there."""
    taken = take(address.format(repository), git(repository, "rev-parse", "HEAD~1"), tmp_path / "x")
    assert (taken.tag, git(tmp_path / "x", "tag")) == ("v1.0", "v1.0")
    assert git(tmp_path / "x", "describe", "--tags") == "v1.0"


def test_no_tag_where_nobody_asks_for_one(tmp_path: Path) -> None:
    """A tag that is on another commit is laid only where the version depends on it."""
    place = make_repository(tmp_path / "plain", {"setup.py": "setup(version='1.0')\n"})
    git(place, "tag", "v1.0")
    assert take(place, None, tmp_path / "x").tag is None


def test_a_harness_can_work_in_it(repository: Path, tmp_path: Path) -> None:
    """It checks files out of the commit by its id, applies patches, and commits."""
    taken = take(repository, "HEAD~1", tmp_path / "x")
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 2\n+a = 9\n"
    git(taken.path, "apply", "-", stdin=patch)
    assert (taken.path / "a.py").read_text() == "a = 9\n"
    git(taken.path, "checkout", taken.commit, "a.py")
    assert (taken.path / "a.py").read_text() == "a = 2\n"
    assert git(taken.path, "rev-parse", f"{commit_all(taken.path)}~1") == taken.commit


def test_the_repository_is_not_touched(repository: Path, tmp_path: Path) -> None:
    """No ref, no pack, no lock: it may be somebody else's."""
    before = fingerprint(repository)
    take(repository, "HEAD~1", tmp_path / "x")
    assert fingerprint(repository) == before


def test_a_first_commit_needs_no_shallow_mark(tmp_path: Path) -> None:
    """It has no history to leave out."""
    place = make_repository(tmp_path / "new", {"a": "a\n"})
    assert not (take(place, None, tmp_path / "x").path / ".git" / "shallow").exists()


@pytest.mark.parametrize("address", ["{}", "file://{}"], ids=["directory", "address"])
def test_a_commit_that_is_not_there_is_named(repository: Path, tmp_path: Path, address: str) -> None:
    """Both in a directory and at an address."""
    with pytest.raises(RepositoryError, match="no-such-branch"):
        take(address.format(repository), "no-such-branch", tmp_path / "x")


def test_a_ref_is_never_an_option(repository: Path, tmp_path: Path) -> None:
    """A data set's row could name one."""
    with pytest.raises(RepositoryError, match="not a branch"):
        take(f"file://{repository}", "--upload-pack=touch /tmp/x", tmp_path / "x")


def test_a_source_reads_files_and_dates_of_other_commits(repository: Path) -> None:
    """Requirements are those of the commit that set an environment up."""
    with open_source(f"file://{repository}") as source:
        commit = source.commit(git(repository, "rev-parse", "HEAD"))
        assert source.read(commit, "a.py") == b"a = 3\n"
        assert source.read(commit, "nothing.py") is None
        assert source.date(commit).year == 2024
