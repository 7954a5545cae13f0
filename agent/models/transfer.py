"""What the sources of a model's file have in common: how they report, fail and ask for room."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ModelSetupError

MARGIN = 16 << 20
"""Bytes left free beside what a pull needs, so that it does not fill the user's disk to the brim."""


class SourceFailed(Exception):
    """One source cannot give the file; the next one may. The message is the reason, in one line."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told about a pull."""

    say: Callable[[str], None]
    """A line of text for the user."""
    moved: Callable[[int], None]
    """How many bytes of the file are here by now."""


def silent() -> Watcher:
    """Tells nobody."""
    return Watcher(say=lambda _text: None, moved=lambda _count: None)


def need_room(folder: Path, wanted: int) -> None:
    """Stop before a disk fills up.

    Raises:
        ModelSetupError: fewer than `wanted` bytes, and a margin, are free.
    """
    free = shutil.disk_usage(folder).free
    if free < wanted + MARGIN:
        raise ModelSetupError(
            f"not enough room in {folder}: {_mib(wanted + MARGIN)} are needed and {_mib(free)} are free. "
            "Free some, or set SHREWD_CACHE to a folder on a larger disk."
        )


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
