"""Which paths the last commits changed."""

import subprocess
from pathlib import Path

from support.git_repository import make_repository, write_files

from swe_tasks import materialise_local
from swe_tasks.basetree import recent


def commit(repository: Path, message: str) -> None:
    for command in (["add", "-A"], ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", message]):
        subprocess.run(["git", *command], cwd=repository, check=True)


def test_the_last_commits_are_known(tmp_path: Path) -> None:
    """The newest first, with every path that each changed; odd names too."""
    repository = make_repository(tmp_path / "r", {"a.py": "1\n"})
    write_files(repository, {"b.py": "1\n", "odd name\n.py": "2\n"})
    commit(repository, "two")
    write_files(repository, {"a.py": "2\n"})
    commit(repository, "three")
    base = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")
    assert recent(base) == (("a.py",), ("b.py", "odd name\n.py"), ("a.py",))


def test_later_commits_are_not_known(tmp_path: Path) -> None:
    """Work starts from a commit: what came after it is the future."""
    repository = make_repository(tmp_path / "r", {"a.py": "1\n"})
    first = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True)
    write_files(repository, {"a.py": "2\n", "future.py": "x\n"})
    commit(repository, "later")
    base = materialise_local(repository, tmp_path / "base", ref=first.stdout.strip(), uncommitted="refuse")
    assert recent(base) == (("a.py",),)


def test_without_history_nothing_is_known(tmp_path: Path) -> None:
    """A shallow clone has its own commit to tell of."""
    repository = make_repository(tmp_path / "r", {"a.py": "1\n"})
    write_files(repository, {"a.py": "2\n"})
    commit(repository, "two")
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repository}", str(tmp_path / "s")], check=True)
    base = materialise_local(tmp_path / "s", tmp_path / "base", ref=None, uncommitted="refuse")
    assert recent(base) == (("a.py",),)
    (base.path.parent / "history.json").unlink()
    assert recent(base) == ()
