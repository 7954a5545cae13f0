"""Which paths differ between two trees."""

import re
from dataclasses import dataclass

from swe_tasks.errors import PatchError
from swe_tasks.git import Git, text
from swe_tasks.paths import SUBMODULE

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    mode: str
    """Git's mode of what is there now; zeros when nothing is."""
    blob: str


def checked_id(name: str) -> str:
    """The name itself, when it is a whole object id and so can be nothing else on a command line.

    Raises:
        PatchError: it is not.
    """
    if _ID.fullmatch(name) is None:
        raise PatchError(f"{name!r} is not the id of a tree")
    return name


def differences(git: Git, old: str, new: str) -> tuple[Difference, ...]:
    """The paths at which the second tree differs from the first, sorted as git does. No renames.

    Raises:
        PatchError: a tree is not there, or a submodule differs.
    """
    said = git.run(
        "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", checked_id(old), checked_id(new),
        error=PatchError,
    )  # fmt: skip
    parts = said.split(b"\0")
    rows: list[Difference] = []
    for head, name in zip(parts[::2], parts[1::2], strict=False):
        before, after, _, blob, _ = text(head).removeprefix(":").split(" ")
        path = text(name)
        if SUBMODULE in {before, after}:
            raise PatchError(f"{path!r} is a submodule, and those cannot be changed")
        rows.append(Difference(path, after, blob))
    return tuple(rows)


def changed_paths(git: Git, old: str, new: str) -> tuple[str, ...]:
    """The paths at which two trees differ, submodules included.

    Raises:
        PatchError: a tree is not there.
    """
    said = git.run(
        "diff-tree",
        "-r",
        "-z",
        "--name-only",
        "--no-renames",
        checked_id(old),
        checked_id(new),
        error=PatchError,
    )
    return tuple(text(name) for name in said.split(b"\0") if name)
