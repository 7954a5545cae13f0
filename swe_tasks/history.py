"""Which paths the last commits of a repository changed."""

import json
import re
from pathlib import Path
from typing import cast

from swe_tasks.git import Git, text

Recent = tuple[tuple[str, ...], ...]
"""The paths that each commit changed, the newest commit first."""
MOST = 300
_COMMIT = re.compile(rb"[0-9a-f]{40}([0-9a-f]{24})?")
_WIDE = 200
"""Paths of a commit that are kept; one that changes more moves everything."""


def recent_changes(git: Git, commit: str) -> Recent:
    """What the commits before and with this one changed, merges left out. Nothing where there is no history, as in a
    shallow clone that ends here."""
    listed = git.ask("rev-list", "--no-merges", f"--max-count={MOST}", commit)
    if listed.status:
        return ()
    # Plumbing: it heeds no setting of the repository, and runs none of its programs.
    answer = git.ask(
        "diff-tree",
        "--stdin",
        "-r",
        "-z",
        "--root",
        "--name-only",
        "--no-renames",
        "--no-ext-diff",
        stdin=listed.stdout,
    )
    found: list[list[str]] = []
    for item in answer.stdout.split(b"\0"):
        if _COMMIT.fullmatch(item):
            found.append([])
        elif item and found and len(found[-1]) < _WIDE:
            found[-1].append(text(item))
    return tuple(tuple(paths) for paths in found)


def write_recent(place: Path, recent: Recent) -> None:
    place.write_text(json.dumps(recent, ensure_ascii=True), encoding="ascii")


def read_recent(place: Path) -> Recent:
    """What was written there; nothing if that was never done."""
    if not place.is_file():
        return ()
    kept = cast("list[list[str]]", json.loads(place.read_text(encoding="ascii")))
    return tuple(tuple(paths) for paths in kept)
