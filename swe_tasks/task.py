"""One issue in one repository at one base commit."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Task:
    id: str
    """Letters, digits, `.`, `_` and `-`; names the task's directory."""
    issue: str
    """The text as a model reads it, in Markdown."""
    repository: str
    """Where it came from: an absolute path or a URL. For people; nothing reads it back."""
    base_commit: str
    base_tree: str
    """Git's id of the tree all work starts from, uncommitted changes included."""
    workdir: str
    """The absolute path at which programs see the tree."""
    image: str | None = None
    """The container image that holds the task's environment."""
    python: str | None = None
    """The interpreter (an absolute host path) that has the repository's dependencies."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that differs from the base tree. `content` None means deleted; a symlink's content is its
    target."""

    path: str
    content: bytes | None
    mode: Literal["file", "executable", "symlink"] = "file"
