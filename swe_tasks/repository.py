"""A repository that belongs to the user: looked at, and never run or written to by looking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from swe_tasks.errors import RepositoryError
from swe_tasks.git import Git, user_settings, words

_POINTER = re.compile(r"gitdir: (.+)")


@dataclass(frozen=True, slots=True)
class Repository:
    top: Path | None
    """The root of the work tree; None in a bare repository."""
    git: Git
    objects: Path
    index: Path
    exclude: Path
    """The repository's own list of ignored files. It need not exist."""
    object_format: str
    settings: Mapping[str, str]
    """The user's and the repository's settings. Data: nothing that they name is ever run."""


def find_repository(path: Path) -> Repository:
    """The repository that a directory lies in.

    Raises:
        RepositoryError: no such directory, not in a repository, or one that git cannot read.
    """
    place = path.expanduser().absolute()
    if not place.is_dir():
        what = "is not a directory" if place.exists() else "does not exist"
        raise RepositoryError(f"{path} {what}; name a git work tree, or a repository's URL")
    # Found here and not by git, which would believe a setting that says the work tree is elsewhere.
    top, git_dir = _find(place.resolve())
    git = Git(git_dir)
    where = git.ask(
        "rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "index",
        "--git-path", "info/exclude", "--show-object-format",
    )  # fmt: skip
    lines = where.stdout.decode("utf-8", "surrogateescape").splitlines()
    if where.status or len(lines) != 4:
        raise RepositoryError(f"{git_dir} is not a repository that git can read: {words(where)}")
    objects, index, exclude = (Path(line) for line in lines[:3])
    return Repository(top, git, objects, index, exclude, lines[3], user_settings(git_dir))


def resolve_commit(git: Git, ref: str) -> str | None:
    """The id of the commit that a name stands for, or None when it stands for none."""
    if ref.startswith("-") or "\0" in ref or not ref:
        return None
    answer = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return answer.stdout.decode("ascii").strip() if answer.status == 0 else None


def _find(place: Path) -> tuple[Path | None, Path]:
    for folder in (place, *place.parents):
        inside = folder / ".git"
        if inside.is_dir() and (inside / "HEAD").exists():
            return folder, inside
        if inside.is_file():
            return folder, _follow(inside)
        bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
        if bare and folder.name != ".git":
            return None, folder
    raise RepositoryError(f"{place} is not in a git repository; `git init` and a first commit make it one")


def _follow(pointer: Path) -> Path:
    """Linked work trees and submodules have a file where others have a directory."""
    match = _POINTER.match(pointer.read_text(encoding="utf-8", errors="surrogateescape"))
    git_dir = (pointer.parent / match[1].rstrip("\n")).resolve() if match else None
    if git_dir is None or not git_dir.is_dir():
        raise RepositoryError(f"{pointer} does not name the directory of a repository")
    return git_dir
