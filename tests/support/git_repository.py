"""Real git repositories for tests."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
}


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run a git command as the repository's owner would, and return what it printed."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], input=stdin, capture_output=True, env=_ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def make_repository(path: Path, files: Mapping[str, str | bytes], *options: str) -> Path:
    """A repository with one commit that holds these files."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main", *options)
    write_files(path, files)
    commit_all(path)
    return path


def write_files(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, making the directories they lie in."""
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def commit_all(repository: Path, message: str = "work") -> str:
    """Commit everything and return the commit's id."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
    return git(repository, "rev-parse", "HEAD")


def fingerprint(root: Path) -> dict[str, str]:
    """A digest of every file and link below a directory, to see that nothing was written."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            place = Path(folder, name)
            kind = f"{place.lstat().st_mode:o} {place.lstat().st_mtime_ns} "
            if place.is_symlink():
                kind += str(place.readlink())
            elif place.is_file():
                kind += hashlib.sha256(place.read_bytes()).hexdigest()
            found[str(place.relative_to(root))] = kind
    return found
