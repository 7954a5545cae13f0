"""Makes the sample repository, with its history, from the plain files in `timeslip/`."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).resolve().parent / "timeslip"

_FIRST_INIT = '"""Plain text time sheets."""\n'
"""`timeslip/__init__.py` until the last commit, which has everything to export."""


@dataclass(frozen=True, slots=True)
class Commit:
    date: str
    author: str
    message: str
    files: tuple[str, ...]


_LENE = "Lene Maribo <lene@timeslip.example>"
_OTIS = "Otis Farrow <otis@timeslip.example>"

HISTORY = (
    Commit(
        "2024-02-03T10:12:00+01:00",
        _LENE,
        "Read times of day and durations",
        (".gitignore", "pyproject.toml", "tests/__init__.py", "tests/test_clock.py", "timeslip/clock.py"),
    ),
    Commit(
        "2024-02-04T16:40:00+01:00",
        _LENE,
        "Read a time sheet",
        ("tests/test_parser.py", "timeslip/entry.py", "timeslip/parser.py"),
    ),
    Commit(
        "2024-02-11T11:05:00+01:00",
        _OTIS,
        "Add up by project, day, week and tag",
        ("tests/test_totals.py", "timeslip/totals.py"),
    ),
    Commit(
        "2024-02-18T20:31:00+01:00",
        _OTIS,
        "Find breaks and overlapping entries",
        ("tests/test_breaks.py", "timeslip/breaks.py"),
    ),
    Commit(
        "2024-03-02T09:54:00+01:00",
        _LENE,
        "Tables, CSV and a command line",
        ("tests/test_cli.py", "timeslip/cli.py", "timeslip/export.py", "timeslip/table.py"),
    ),
    Commit(
        "2024-03-03T17:20:00+01:00",
        _LENE,
        "One place to import from, and a README",
        ("README.md", "timeslip/__init__.py"),
    ),
)


def make_repository(destination: Path) -> str:
    """Build the repository in `destination`, which must not exist; the id of its last commit.

    The same files give the same ids on every machine.

    Raises:
        FileExistsError: there is something at `destination`.
        subprocess.CalledProcessError: git failed; what it said went to stderr.
    """
    destination.mkdir(parents=True)
    _git(destination, "init", "--quiet", "--object-format=sha1", "--initial-branch=main", "--template=")
    _write(destination / "timeslip" / "__init__.py", _FIRST_INIT.encode())
    for commit in HISTORY:
        for name in commit.files:
            _write(destination / name, (FILES / name).read_bytes())
        _git(destination, "add", "--all")
        _git(destination, "commit", "--quiet", "--no-verify", f"--message={commit.message}", commit=commit)
    return _git(destination, "rev-parse", "HEAD").strip()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def _git(repository: Path, *arguments: str, commit: Commit | None = None) -> str:
    program = shutil.which("git")
    if program is None:
        raise FileNotFoundError("the demo needs git: apt-get install git")
    # Nothing of the user's configuration or environment may change the ids, or sign the commits.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    if commit is not None:
        name, _, mail = commit.author.rstrip(">").partition(" <")
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {
                f"GIT_{role}_NAME": name,
                f"GIT_{role}_EMAIL": mail,
                f"GIT_{role}_DATE": commit.date,
            }
    done = subprocess.run(
        [program, *arguments], cwd=repository, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
