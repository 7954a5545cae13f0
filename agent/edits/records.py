"""What reading a reply gives: an edit, or all that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from swe_tasks.task import FileChange

EditFormat = Literal["blocks", "definitions", "whole"]
"""How a model writes an edit: search/replace blocks, whole definitions, or whole files."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the base tree. Never empty: an edit without effect is a problem."""

    changes: tuple[FileChange, ...]
    """Relative to the original files, with complete new contents; sorted by path."""
    format: EditFormat
    """The format the reply was written in, whatever was asked for."""
    notes: tuple[str, ...] = ()
    """What was tolerated: re-indented, path guessed, usage example ignored."""


@dataclass(frozen=True, slots=True)
class Problem:
    message: str
    path: str | None = None
    line: int | None = None
    """Counted from 1, in the reply."""


@dataclass(frozen=True, slots=True)
class Problems:
    """Everything that is wrong with a reply. Nothing of it is applied."""

    problems: tuple[Problem, ...]
    no_edit: bool = False
    """The reply holds nothing that looks like an edit, in any format."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The base tree as the reader sees it; made by `agent.edits.paths.make_tree`."""

    files: Mapping[str, bytes]
    shown: tuple[str, ...]
    symlinks: frozenset[str]
    executable: frozenset[str]
    by_name: Mapping[str, tuple[str, ...]]
    """The paths of `files` by their last component."""
    folders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Splice:
    """New text for the lines `start` to `stop` (from 0, half open) of an original file."""

    start: int
    stop: int
    quoted: tuple[str, ...]
    """The replaced lines as the reply quotes them; where `lines` repeats one, the original line stays."""
    lines: tuple[str, ...]
    """Without line endings."""
    final_newline: bool | None = None
    """Only where the file's end is replaced: None keeps what the last line had if that line is kept."""
    line: int = 0
    """Where in the reply it comes from."""
